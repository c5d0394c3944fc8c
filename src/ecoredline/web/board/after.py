"""Every step of clue and case is looked at: does it reach a stage, did the place change?"""

from ecoredline.web.board.reaching import reached
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE

BEGINNINGS = ("begin", "raise", "open")

AFTER = {
    f"{lifecycle.name}.{action}": [reached]
    for lifecycle in (CLUE_LIFECYCLE, CASE_LIFECYCLE)
    for action in (*BEGINNINGS, *(s.action for s in lifecycle.steps))
}
