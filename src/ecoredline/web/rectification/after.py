"""What follows in this room: a run was loaded, so the closed cases in it are looked at."""

from ecoredline.web.rectification.jobs import start_observing
from ecoredline.web.rectification.proof import closed_cases_in


def after_load(run, transition) -> None:
    """Start looking when the run shows any closed case."""
    if closed_cases_in(run).exists():
        start_observing(run)


AFTER = {"run.load": [after_load]}
