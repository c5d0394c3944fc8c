"""Who may have a delivery checked."""

from ecoredline.web.accounts.permissions import has_role

everybody = ("analyst", "checker", "officer", "supervisor", "auditor", "administrator")
RULES = {
    "delivery.view": [has_role(*everybody)],
    "delivery.check": [has_role("analyst", "checker", "officer", "supervisor", "administrator")],
}
