"""Who may run the year."""

from ecoredline.web.accounts.permissions import has_role

RULES = {
    "plan.view": [
        has_role("analyst", "checker", "officer", "supervisor", "auditor", "administrator")
    ],
    "plan.edit": [has_role("supervisor", "administrator")],
    "site.view": [
        has_role("analyst", "checker", "officer", "supervisor", "auditor", "administrator")
    ],
}
