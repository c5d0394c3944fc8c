"""What follows a clue's steps: who signs for the clue signs for its letter, once."""

from ecoredline.web.clues.models import Clue
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


AFTER = {"clue.receive": [receive_with]}
