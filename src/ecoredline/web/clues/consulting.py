"""Consultation 会商: who met, and what was agreed about each clue, before the list is final."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.clues.models import Consultation, ConsultationItem
from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm

Outcome = ConsultationItem.Outcome


@transaction.atomic
def consult(*, by, participants: str, summary: str, outcomes, held_on=None) -> Consultation:
    """Write a consultation down and do what it agreed.

    `outcomes` are (clue, outcome, opinion): keep puts a clue on the list, remove takes it off,
    again leaves it where it is. All or nothing: raises `BadForm`, `NotAllowed`, `StepNotAllowed`.
    """
    outcomes = list(outcomes)
    held_on = held_on or clock.today()
    check(participants, summary, outcomes, held_on)
    for clue, _outcome, _opinion in outcomes:
        require(by, "clue.consult", clue)
    found = Consultation.objects.create(
        unit=by.unit, held_on=held_on, participants=participants, summary=summary, by=by,
        created_at=clock.now(), is_demo=any(c.is_demo for c, _, _ in outcomes),
    )  # fmt: skip
    for clue, outcome, opinion in outcomes:
        ConsultationItem.objects.create(
            consultation=found, clue=clue, outcome=outcome, opinion=opinion
        )
        carry(found, clue, outcome, opinion, by=by)
    return found


def check(participants: str, summary: str, outcomes, held_on) -> None:
    """Raise `BadForm` with everything that is missing."""
    faults = []
    if not participants.strip():
        faults.append(_("须填写参加单位和人员"))
    if not summary.strip():
        faults.append(_("须填写会商意见"))
    if not outcomes:
        faults.append(_("须选择至少一条线索"))
    if held_on > clock.today():
        faults.append(_("会商日期不能晚于今天"))
    for clue, outcome, opinion in outcomes:
        if outcome not in Outcome.values:
            faults.append(_("%(number)s 未选择意见") % {"number": clue.number})
        elif outcome == Outcome.REMOVE and not opinion.strip():
            faults.append(_("%(number)s 不列入须说明理由") % {"number": clue.number})
    if faults:
        raise BadForm(*faults)


def carry(found: Consultation, clue, outcome: str, opinion: str, *, by) -> None:
    """The steps of one clue's outcome."""
    said = {"record": f"consultation:{found.pk}", "outcome": outcome, "held_on": str(found.held_on)}
    move(clue, "consult", by=by, reason=opinion, details=said)
    if outcome == Outcome.KEEP and clue.state == "raised":
        move(clue, "list", by=by, reason=opinion, details=said)
    elif outcome == Outcome.REMOVE and clue.state == "listed":
        move(clue, "unlist", by=by, reason=opinion, details=said)
