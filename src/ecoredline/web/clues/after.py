"""What follows a clue's steps: the letter it came with is received and answered with it, typed once."""

from django.utils.translation import gettext as _

from ecoredline.web.clues.models import Clue, Dispatch
from ecoredline.web.core import clock
from ecoredline.web.letters import actions as letters
from ecoredline.web.letters.models import Letter


def letters_of(clue, unit, states) -> list[Letter]:
    """The letters by which the unit was given the clue and that stand in one of these states."""
    found = Letter.objects.filter(
        dispatches__clue=clue, dispatches__to_unit=unit, to_unit=unit, state__in=states
    )
    return list(found.distinct())


def receive_with(clue: Clue, transition) -> None:
    """Who signs for the clue signs for its letter."""
    if transition.person is None:
        return
    for letter in letters_of(clue, transition.unit, ("sent",)):
        letters.receive_letter(letter, by=transition.person)


def answer_with(clue: Clue, transition) -> None:
    """When the last clue of a letter has gone up, the letter is answered."""
    if transition.person is None:
        return
    unit = transition.unit
    for letter in letters_of(clue, unit, ("sent", "received")):
        waiting = Dispatch.objects.filter(letter=letter, to_unit=unit, ended_at=None)
        if waiting.exclude(clue=clue).exists():
            continue
        said = _("清单所列线索已全部通过平台反馈核实结果。")
        letters.reply_to_letter(letter, by=transition.person, said=said, dated=clock.today())


AFTER = {
    "clue.receive": [receive_with],
    "clue.submit": [answer_with],
    "clue.endorse": [answer_with],
}
