"""Who may see, start, load and take away runs."""

from ecoredline.web.accounts.permissions import Grant, anyone_with_a_unit, has_role
from ecoredline.web.accounts.scoping import scope


def covers_whole_run(person, run) -> bool:
    """The person's divisions hold every patch of the run, kept and dropped.

    A run's own files name all of them, so whoever may not see one may not have the files,
    whoever started the run.
    """
    seen = scope(person)
    if seen is None or not seen.covers(run.county_codes):
        return False
    return seen.unplaced or run.unplaced == 0


starts_runs = has_role("analyst", "administrator")

RULES = {
    "run.view": [anyone_with_a_unit],
    "run.start": [starts_runs],
    "run.load": [starts_runs],
    "run.files": [covers_whole_run],
    # steps of the patch's lifecycle
    "patch.accept": [Grant(("analyst",))],
    "patch.dismiss": [Grant(("analyst", "checker"))],
    "patch.refine": [Grant(("analyst", "checker"))],
    "patch.undo": [Grant(("analyst",))],
    "patch.restore": [Grant(("analyst", "checker", "supervisor"))],
    "patch.release": [Grant(("checker", "supervisor"))],
    "patch.return": [Grant(("checker", "supervisor"))],
    "patch.raise": [Grant(("analyst", "checker", "supervisor"))],
    "patch.take_back": [Grant(("analyst", "checker", "supervisor"))],
}
