"""Who may work in the review; the steps themselves are ruled with the patch's lifecycle."""

from ecoredline.web.accounts.permissions import Grant, has_role

RULES = {
    "review.work": [has_role("analyst", "checker", "supervisor")],
    "review.first": [has_role("analyst")],
    "review.check": [has_role("checker", "supervisor")],
    "review.bulk": [has_role("analyst", "checker")],
    "review.share": [has_role("checker", "supervisor")],
    "review.blind": [has_role("analyst", "checker")],
    "review.separate": [Grant(("analyst", "checker", "supervisor"))],
    "review.counts": [has_role("analyst", "checker", "supervisor", "auditor")],
    "review.export": [Grant(("analyst", "checker", "supervisor"))],
}
