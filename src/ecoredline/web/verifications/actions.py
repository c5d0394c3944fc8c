"""Verifying a clue: a draft kept as often as wanted, its photographs, and its going up."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked, MovedMeanwhile, NotFound, StepNotAllowed
from ecoredline.web.files import actions as files
from ecoredline.web.verifications.facts import read_approvals, read_facts
from ecoredline.web.verifications.judging import clear, endorse, reopen, send_back
from ecoredline.web.verifications.missing import files_of, missing_of, record_name
from ecoredline.web.verifications.models import Verification
from ecoredline.web.verifications.route import end_dispatch, own_due, unit_above
from ecoredline.web.verifications.spot_checks import draw_spot_check, record_spot_check
from ecoredline.web.verifications.terms import check_items

__all__ = [
    "add_file", "clear", "draw_spot_check", "endorse", "record_spot_check", "remove_file",
    "reopen", "save_draft", "send_back", "submit",
]  # fmt: skip


@transaction.atomic
def save_draft(*, clue, by, client_key="", seen=None, approvals=None, **facts) -> Verification:
    """Keep what was found so far; called again it changes the same draft of the person's unit.

    `facts` are fields of `Verification` in any form a page or program has them; only those given
    are changed. `approvals` replace all: {kind, has, number, issuer, dated} each. `client_key`
    makes a resend harmless: a key that was submitted gives that verification back unchanged.
    `seen` is the draft's `saves` the person looked at.

    Raises `NotAllowed` (403.1), `StepNotAllowed` (409.4), `MovedMeanwhile` (409.5: a colleague
    saved meanwhile), `BadForm` (422.4) with all faults.
    """
    row = Clue.objects.select_for_update(of=("self",), no_key=True).get(pk=clue.pk)
    if sent := resent(row, by, client_key):
        return sent
    require(by, "clue.submit", row)
    if row.state != "dispatched":
        raise StepNotAllowed(row.get_state_display())
    found, rows = checked(facts, approvals)
    draft = draft_of(row, by) or new_draft(row, by)
    if seen is not None and draft.pk and draft.saves != seen:
        if says_the_same(draft, found, rows):  # a resend whose answer was lost
            return draft
        raise MovedMeanwhile(_("本单位同事已保存了新的内容"), draft.by.display_name)
    for name, value in found.items():
        setattr(draft, name, value)
    draft.saves += 1
    draft.client_key = client_key or draft.client_key
    draft.save()
    if rows is not None:
        draft.approvals.all().delete()
        for approval in rows:
            approval.verification = draft
            approval.save()
    return draft


def resent(clue, by, client_key: str) -> Verification | None:
    """The verification that was submitted under this key, when its answer was lost on the way."""
    if not client_key:
        return None
    mine = Verification.objects.filter(clue=clue, unit=by.unit, client_key=client_key)
    return mine.filter(submitted_at__isnull=False).first()


def checked(facts: dict, approvals) -> tuple[dict, list | None]:
    """Facts and approvals read, with the faults of both together."""
    faults, found, rows = [], {}, None
    try:
        found = read_facts(facts)
    except BadForm as problem:
        faults += problem.details
    try:
        rows = None if approvals is None else read_approvals(approvals)
    except BadForm as problem:
        faults += problem.details
    if faults:
        raise BadForm(*faults)
    return found, rows


def says_the_same(draft, found: dict, rows) -> bool:
    """Does the draft hold just this already?"""

    def plain(approvals):
        return sorted((a.kind, a.has, a.number, a.issuer, str(a.dated)) for a in approvals)

    equal = all(getattr(draft, name) == value for name, value in found.items())
    return equal and (rows is None or plain(rows) == plain(draft.approvals.all()))


def draft_of(clue, by) -> Verification | None:
    """The open draft of the person's unit."""
    mine = Verification.objects.filter(clue=clue, unit=by.unit, submitted_at=None)
    return mine.select_related("clue", "by").first()


def new_draft(clue, by) -> Verification:
    """A draft of the next round, carrying on from what the unit said in the last one."""
    last = Verification.objects.filter(clue=clue, unit=by.unit).order_by("-round").first()
    draft = Verification(clue=clue, unit=by.unit, by=by, round=last.round + 1 if last else 1)
    if last is not None:
        for name in CARRIED:
            setattr(draft, name, getattr(last, name))
    return draft


CARRIED = (
    "kind", "verdict", "checkers", "found", "activity_type", "problem_type", "area_ha",
    "redline_area_ha", "land_class", "permitted_category", "builder", "started_on", "handling",
    "checklist",
)  # fmt: skip


@transaction.atomic
def add_file(verification, upload, *, item, by, caption="", told=None, is_sensitive=False):
    """Hang a photograph or document on a draft, for one line of the checklist; gives the attachment.

    The same bytes a second time for the same line are the first attachment (a resend on a bad line).
    """
    row = locked_draft(verification, by)
    items = {known.code: known for known in check_items(clock.today()) if known.kind != "answer"}
    if item not in items:
        raise BadForm(_("检查项“%(item)s”不接收文件") % {"item": item})
    sha256 = files.store.digest(upload)
    if known := files_of(row).filter(sha256=sha256, purpose=item).first():
        return known
    return files.attach(
        row.clue, upload, kind=items[item].kind, by=by, record=record_name(row), purpose=item,
        room="verifications", caption=caption, is_sensitive=is_sensitive, told=told,
    )  # fmt: skip


@transaction.atomic
def remove_file(verification, attachment_pk: int, *, by) -> None:
    """Take a photograph off a draft again."""
    row = locked_draft(verification, by)
    found = files_of(row).filter(pk=attachment_pk).first()
    if found is None:
        raise NotFound()
    files.detach(found, by=by)


def locked_draft(verification, by) -> Verification:
    """The draft, locked; raises `StepNotAllowed` (409.4) when it has gone up."""
    rows = Verification.objects.select_for_update(of=("self",)).select_related("clue")
    row = rows.get(pk=verification.pk)
    require(by, "clue.submit", row.clue)
    if row.submitted_at is not None or row.unit_id != by.unit_id:
        raise StepNotAllowed(_("已上报的核实结果不能更改"))
    return row


@transaction.atomic
def submit(verification, *, by, seen=None) -> Verification:
    """Send a complete verification up to the unit that gave the clue; it is never changed again.

    `seen` is the clue's version. A second click gives the same verification.

    Raises `Blocked` (409.6) with everything that is missing, `NotAllowed`, `StepNotAllowed`,
    `MovedMeanwhile`.
    """
    clue = Clue.objects.select_for_update(of=("self",), no_key=True).get(pk=verification.clue_id)
    row = Verification.objects.select_for_update(of=("self",)).get(pk=verification.pk)
    row.clue = clue
    if row.submitted_at is not None and row.unit_id == by.unit_id:
        return row
    require(by, "clue.submit", clue)
    if row.unit_id != by.unit_id:
        raise NotFound()
    if lacking := missing_of(row):
        raise Blocked(*lacking)
    row.submitted_at = clock.now()
    row.save(update_fields=["submitted_at"])
    above = unit_above(clue, clue.holder)
    end_dispatch(clue, clue.holder, "submitted", by=by)
    move(
        clue, "submit", by=by, seen=seen, holder=above, due_on=own_due(clue, above),
        details=said_in(row), reason=row.found,
    )  # fmt: skip
    return row


def said_in(row: Verification) -> dict:
    """What the history keeps of a verification, its files by their hashes."""
    area = {name: str(getattr(row, name)) for name in ("area_ha", "redline_area_ha")}
    approvals = [
        {"kind": a.kind, "has": a.has, "number": a.number, "issuer": a.issuer,
         "dated": a.dated.isoformat() if a.dated else ""}
        for a in row.approvals.all()
    ]  # fmt: skip
    return {
        "record": f"verification:{row.pk}", "round": row.round, "kind": row.kind,
        "verdict": row.verdict, "activity_type": row.activity_type,
        "problem_type": row.problem_type, "land_class": row.land_class,
        "permitted_category": row.permitted_category, "checklist": row.checklist, **area,
        "approvals": approvals, "files": list(files_of(row).values_list("sha256", flat=True)),
    }  # fmt: skip
