"""Who may work in the review; the steps themselves are ruled with the patch's lifecycle."""

from ecoredline.web.accounts.permissions import Grant, has_role
from ecoredline.web.patches.permissions import covers_whole_run


def judges_whole_run(person, run) -> bool:
    """An analyst, checker or supervisor whose divisions hold the whole run: its places lie anywhere."""
    able = has_role("analyst", "checker", "supervisor")(person, run)
    return able and (run is None or covers_whole_run(person, run))


def leads_whole_run(person, run) -> bool:
    """A checker or supervisor whose divisions hold the whole run."""
    able = has_role("checker", "supervisor")(person, run)
    return able and (run is None or covers_whole_run(person, run))


RULES = {
    "review.work": [has_role("analyst", "checker", "supervisor")],
    "review.first": [has_role("analyst")],
    "review.check": [has_role("checker", "supervisor")],
    "review.bulk": [has_role("analyst", "checker")],
    "review.share": [has_role("checker", "supervisor")],
    "review.blind": [has_role("analyst", "checker")],
    "review.separate": [Grant(("analyst", "checker", "supervisor"))],
    "review.audit": [judges_whole_run],
    "review.audit_plan": [leads_whole_run],
    "review.counts": [has_role("analyst", "checker", "supervisor", "auditor")],
    "review.export": [Grant(("analyst", "checker", "supervisor"))],
}
