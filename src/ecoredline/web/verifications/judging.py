"""What the levels above say about a verification: each adds its own word, none alters another's."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.clues.models import Clue
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked
from ecoredline.web.verifications.models import Judgement, Verification
from ecoredline.web.verifications.route import (
    correction_due,
    end_dispatch,
    give_back,
    last_submitted,
    own_due,
    unit_above,
)

Verdict = Verification.Verdict


def judged(clue, action: str, by) -> tuple[Clue, Verification]:
    """The clue, locked, and its newest submitted verification; raises `NotAllowed`, `Blocked`."""
    row = Clue.objects.select_for_update(of=("self",), no_key=True).get(pk=clue.pk)
    require(by, f"clue.{action}", row)
    verification = last_submitted(row)
    if verification is None:
        raise Blocked(_("还没有上报的核实结果"))
    return row, verification


def judge(verification, *, kind: str, agrees: bool, said: str, by, missing=(), spot_check=None):
    """Write a level's word down."""
    return Judgement.objects.create(
        verification=verification, unit=by.unit, kind=kind, agrees=agrees, said=said.strip(),
        missing=list(missing), by=by, spot_check=spot_check,
    )  # fmt: skip


def needed(reason: str, what: str) -> str:
    """A reason that was given; raises `BadForm` (422.4)."""
    if not (reason or "").strip():
        raise BadForm(_("请写明%(what)s") % {"what": what})
    return reason.strip()


@transaction.atomic
def endorse(clue, *, by, said="", seen=None) -> Judgement:
    """Agree and pass it up to the next level; at the owner there is none, which confirms or clears.

    Raises `Blocked` (409.6), `NotAllowed` (403.1), `StepNotAllowed` (409.4), `MovedMeanwhile` (409.5).
    """
    row, verification = judged(clue, "endorse", by)
    if row.holder_id == row.owner_id:
        raise Blocked(_("已到立线索单位，请认定、排除或退回"))
    above = unit_above(row, row.holder)
    word = judge(verification, kind="endorse", agrees=True, said=said, by=by)
    end_dispatch(row, row.holder, "submitted", by=by)
    move(
        clue, "endorse", by=by, seen=seen, holder=above, due_on=own_due(row, above), reason=said,
        details={"record": f"judgement:{word.pk}", "verification": verification.pk},
    )  # fmt: skip
    return word


@transaction.atomic
def send_back(clue, *, by, reason, missing=(), due_on=None, seen=None) -> Judgement:
    """Send it back to the unit that verified, with what is missing and until when.

    Raises as `endorse`, and `BadForm` (422.4) without a reason.
    """
    row, verification = judged(clue, "send_back", by)
    reason = needed(reason, _("退回理由"))
    missing = [item.strip() for item in missing if item.strip()]
    word = judge(verification, kind="send_back", agrees=False, said=reason, missing=missing, by=by)
    due_on = due_on or correction_due(row)
    give_back(row, verification.unit, kind="send_back", due_on=due_on, reason=reason, by=by)
    move(
        clue, "send_back", by=by, seen=seen, holder=verification.unit, due_on=due_on, reason=reason,
        details={"record": f"judgement:{word.pk}", "verification": verification.pk,
                 "missing": missing, "due_on": due_on.isoformat()},
    )  # fmt: skip
    return word


@transaction.atomic
def clear(clue, *, by, reason, seen=None) -> Judgement:
    """Set the clue aside: not true, or lawful. The owner decides, against the verdict only with its reason.

    Raises as `endorse`, and `BadForm` (422.4) without a reason.
    """
    row, verification = judged(clue, "clear", by)
    reason = needed(reason, _("排除理由"))
    agrees = verification.verdict in (Verdict.FALSE, Verdict.LAWFUL)
    word = judge(verification, kind="clear", agrees=agrees, said=reason, by=by)
    end_dispatch(row, row.holder, "submitted", by=by)
    move(
        clue, "clear", by=by, seen=seen, holder=row.owner, reason=reason,
        details={"record": f"judgement:{word.pk}", "verification": verification.pk,
                 "verdict": verification.verdict},
    )  # fmt: skip
    return word


@transaction.atomic
def reopen(clue, *, by, reason, to_unit=None, due_on=None, seen=None) -> Judgement:
    """Have a cleared clue verified again, by the unit that did it before unless told otherwise."""
    row, verification = judged(clue, "reopen", by)
    reason = needed(reason, _("重新核实的理由"))
    to_unit, due_on = to_unit or verification.unit, due_on or correction_due(row)
    word = judge(verification, kind="reopen", agrees=False, said=reason, by=by)
    give_back(row, to_unit, kind="reopen", due_on=due_on, reason=reason, by=by)
    move(
        clue, "reopen", by=by, seen=seen, holder=to_unit, due_on=due_on, reason=reason,
        details={"record": f"judgement:{word.pk}", "verification": verification.pk,
                 "due_on": due_on.isoformat()},
    )  # fmt: skip
    return word
