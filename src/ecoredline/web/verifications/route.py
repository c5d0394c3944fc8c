"""The way of a clue between units: who gave it to whom, and who stands next above."""

from datetime import timedelta

from django.utils.translation import gettext as _

from ecoredline.web.clues.models import Dispatch
from ecoredline.web.core import clock
from ecoredline.web.letters.actions import reply_to_letter
from ecoredline.web.letters.models import Letter
from ecoredline.web.verifications.models import Verification
from ecoredline.web.verifications.terms import term

BACK = ("send_back", "reopen")  # hands downwards that leave levels out


def unit_above(clue, unit):
    """The unit next above on the way the clue came down; the owner without any.

    What a higher level sent back or opened again goes up by every level of that way once more.
    """
    hands = Dispatch.objects.filter(clue=clue, to_unit=unit).exclude(from_unit=unit)
    came = hands.exclude(kind__in=BACK)
    hand = came.filter(ended_at=None).last() or came.last() or hands.last()
    return hand.from_unit if hand else clue.owner


def own_due(clue, unit):
    """By when a unit itself has to have replied about the clue; None where nobody gave it a date."""
    hand = Dispatch.objects.filter(clue=clue, to_unit=unit, ended_at=None).last()
    return hand.due_on if hand and unit.pk != clue.owner_id else None


def end_dispatch(clue, unit, how: str, *, by) -> None:
    """The unit has done with what it was given; what it never signed for counts as received now."""
    given = Dispatch.objects.filter(clue=clue, to_unit=unit, ended_at=None)
    letters = list(Letter.objects.filter(dispatches__in=given))
    given.filter(received_at=None).update(received_at=clock.now(), received_by=by)
    given.update(ended_at=clock.now(), ended_how=how)
    for letter in letters:
        answer(letter, by)


def answer(letter: Letter, by) -> None:
    """The letter is answered when the last clue of its list has gone up."""
    waits = letter.waits and letter.dated <= clock.today()
    ours = by.unit_id in (letter.unit_id, letter.to_unit_id)
    if waits and ours and not letter.dispatches.filter(ended_at=None).exists():
        numbers = letter.dispatches.order_by("clue__number").values_list("clue__number", flat=True)
        said = _("已通过平台上报核实结果：%(numbers)s") % {
            "numbers": "、".join(dict.fromkeys(numbers))
        }
        reply_to_letter(letter, by=by, said=said, dated=clock.today())


def give_back(clue, to_unit, *, kind: str, due_on, reason: str, by) -> Dispatch:
    """A hand downwards that is not a first dispatch: sent back, or opened again."""
    return Dispatch.objects.create(
        clue=clue, from_unit=by.unit, to_unit=to_unit, kind=kind, sent_at=clock.now(),
        due_on=due_on, reason=reason, by=by,
    )  # fmt: skip


def last_submitted(clue) -> Verification | None:
    """The newest verification that went up."""
    gone = Verification.objects.filter(clue=clue, submitted_at__isnull=False)
    return gone.select_related("unit").order_by("-submitted_at", "-pk").first()


def correction_due(clue):
    """Until when what was sent back is to be completed: the clue's own date unless that is too near."""
    day = clock.today() + timedelta(days=int(term("correction_days", clock.today())))
    return max(day, clue.due_on) if clue.due_on else day
