"""Who may have a delivery checked and repaired."""

from ecoredline.web.accounts.permissions import Grant, has_role

everybody = ("analyst", "checker", "officer", "supervisor", "auditor", "administrator")
WORKERS = ("analyst", "checker", "officer", "supervisor", "administrator")
RULES = {
    "delivery.view": [has_role(*everybody)],
    "delivery.check": [has_role(*WORKERS)],
    "delivery.repair": [Grant(WORKERS, "sees")],
}
