"""销号: closing after a passed recheck, striking off what is not to be rectified, reopening."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.proof import watch_days
from ecoredline.web.cases.actions import grown
from ecoredline.web.cases.checks import Faults
from ecoredline.web.cases.models import Case
from ecoredline.web.cases.photos import keep, number_photos
from ecoredline.web.core import clock
from ecoredline.web.core.moves import lock, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import Blocked
from ecoredline.web.rectification.actions import end_item, refuse_open
from ecoredline.web.rectification.models import Observation, RectificationItem, WatchDate
from ecoredline.web.rectification.queries import (
    accepted_items,
    due_unit,
    open_items,
    present_recheck,
    unaccepted_items,
)

Outcome = Case.Outcome
STRUCK = (Outcome.LAWFUL, Outcome.NOT_OURS, Outcome.MERGED)


@transaction.atomic
def close_case(
    case: Case, *, by, outcome: str = Outcome.RECTIFIED, reason: str, documents=(),
    seen: int | None = None,
) -> Case:  # fmt: skip
    """Close a rectified case: every item accepted, the last recheck passed. Sets the watch dates.

    Raises `BadForm` (422.4), `Blocked` (409.6) with every item that stands in the way.
    """
    require(by, "case.close", case)
    lock(case, seen=seen)
    faults = Faults()
    why = faults.need(_("销号意见"), reason)
    if outcome != Outcome.RECTIFIED:
        faults.add(_("销号方式"), _("复核后的销号方式只能是“整改完成”；其他方式请用“不予整改销号”"))
    faults.stop()
    refuse_open(case)
    last = present_recheck(case)
    if case.state == "rechecking" and (last is None or not last.passed):
        raise Blocked(_("最近一轮现场复核不合格") if last else _("尚未现场复核"))
    waiting = [_("{item} 尚未验收").format(item=i.title) for i in unaccepted_items(case)]
    if case.state == "rechecking" and waiting:
        raise Blocked(*waiting)
    if case.state == "rechecking" and not accepted_items(case):
        raise Blocked(_("没有已验收的整改措施；无需整改的请用“不予整改销号”"))
    keep(case, documents, by=by, record="closing", kind="document")
    details = {"outcome": str(outcome), "record": f"recheck:{last.pk}" if last else ""}
    move(
        case, "close", by=by, reason=why, seen=seen, details=details, outcome=outcome,
        closed_on=clock.today(), holder=case.owner, due_on=None,
    )  # fmt: skip
    set_watch(case)
    return case


def set_watch(case: Case) -> None:
    """The days on which the satellite looks again."""
    days = watch_days(case.closed_on, case.division_code, case.damage_type)
    WatchDate.objects.bulk_create(WatchDate(case=case, rule=rule, due_on=day) for rule, day in days)


@transaction.atomic
def strike_off(
    case: Case, *, by, outcome: str, reason: str, merged_into: Case | None = None,
    cancel_items: bool = False, documents=(), seen: int | None = None,
) -> Case:  # fmt: skip
    """Close without rectification: lawful, not ours, or merged into another case.

    Blocked while items are open, unless `cancel_items` says that they fall with it. Merging
    takes the clues along into the other case. Raises `BadForm` (422.4), `Blocked` (409.6).
    """
    require(by, "case.strike_off", case)
    lock_both(case, merged_into, seen)
    faults = Faults()
    why = faults.need(_("理由"), reason)
    if outcome not in STRUCK:
        wanted = "、".join(str(o.label) for o in STRUCK)
        faults.add(_("销号方式"), _("“{got}”应为：{wanted}").format(got=outcome, wanted=wanted))
    if (outcome == Outcome.MERGED) != (merged_into is not None):
        faults.add(_("并入问题"), _("销号方式为“并入其他问题”时必填，其他方式不填"))
    if merged_into is not None and (merged_into.pk == case.pk or merged_into.state == "closed"):
        faults.add(_("并入问题"), _("应为另一个未销号的问题"))
    faults.stop()
    items = list(open_items(case))
    if not cancel_items:
        refuse_open(case)
    for item in items:
        end_item(item, RectificationItem.State.CANCELLED, why)
    keep(case, documents, by=by, record="closing", kind="document")
    details = {
        "outcome": str(outcome), "merged_into": str(merged_into or ""),
        "cancelled": [i.title for i in items],
    }  # fmt: skip
    move(
        case, "strike_off", by=by, reason=why, seen=seen, details=details, outcome=outcome,
        merged_into=merged_into, closed_on=clock.today(), holder=case.owner, due_on=None,
    )  # fmt: skip
    if merged_into is not None:
        take_in(merged_into, case, by=by, reason=why)
    return case


def lock_both(case: Case, other: Case | None, seen: int | None) -> None:
    """Lock the case and the one it is merged into, always in the same order."""
    for row in sorted({case, other} - {None}, key=lambda row: row.pk):
        lock(row, seen=seen if row.pk == case.pk else None)


def take_in(target: Case, case: Case, *, by, reason: str) -> None:
    """The other case takes the clues with their ground: annex 4 then speaks of all of it there."""
    number_photos(target)
    clues = list(case.clues.all())
    changes = grown(target, clues)
    details = {
        "merged": case.number, "clues": [clue.number for clue in clues],
        "area_ha": [str(target.area_ha), str(changes["area_ha"])],
    }  # fmt: skip
    move(target, "add_clue", by=by, reason=reason, details=details, **changes)
    target.clues.add(*clues)
    case.clues.clear()  # a clue stands in one case; what it was in is in the history
    number_photos(target)


@transaction.atomic
def reopen(
    case: Case, *, by, reason: str, due_on=None, observation: Observation | None = None,
    documents=(), seen: int | None = None,
) -> Case:  # fmt: skip
    """Open a closed case again: counted, with its reason; a new plan has to be made.

    The unit that put it right holds it. Watch dates still ahead fall away. What proposed it is
    marked as decided. Raises `BadForm` (422.4).
    """
    lock(case, seen=seen)
    if case.outcome == Outcome.MERGED:
        raise Blocked(_("已并入 {case}，请在该问题中处理").format(case=case.merged_into))
    faults = Faults()
    why = faults.need(_("重新立案理由"), reason)
    due = faults.due(_("整改期限"), due_on) if due_on else None
    faults.stop()
    details = {
        "record": f"observation:{observation.pk}" if observation else "",
        "was": {"outcome": case.outcome, "closed_on": str(case.closed_on or "")},
        "times": case.reopened_count + 1,
    }  # fmt: skip
    keep(case, documents, by=by, record="reopening", kind="document")
    move(
        case, "reopen", by=by, reason=why, seen=seen, details=details, holder=due_unit(case),
        due_on=due, outcome="", closed_on=None, merged_into=None,
        reopened_count=case.reopened_count + 1,
    )  # fmt: skip
    case.watch_dates.filter(done_at=None).delete()
    decide(case, "reopened", by, why)
    return case


@transaction.atomic
def keep_closed(case: Case, *, by, reason: str, seen: int | None = None) -> Case:
    """A person looked at what proposed reopening and keeps the case closed, with the reason."""
    faults = Faults()
    why = faults.need(_("维持销号理由"), reason)
    faults.stop()
    waiting = list(case.observations.filter(proposes_reopening=True, decided=""))
    if not waiting:
        raise Blocked(_("没有待处理的重新立案建议"))
    details = {"records": [f"observation:{row.pk}" for row in waiting]}
    move(case, "keep", by=by, reason=why, seen=seen, details=details)
    decide(case, "kept", by, why)
    return case


def decide(case: Case, how: str, by, reason: str) -> None:
    """Mark what was proposed as decided."""
    case.observations.filter(proposes_reopening=True, decided="").update(
        decided=how, decided_by=by, decided_at=clock.now(), decided_reason=reason
    )
