"""Who may check projects, register approvals and change rules."""

from ecoredline.web.accounts.permissions import Grant, has_role

everybody = ("analyst", "checker", "officer", "supervisor", "auditor", "administrator")
RULES = {
    "admission.view": [has_role(*everybody)],
    "admission.check": [has_role("analyst", "checker", "officer", "supervisor")],
    "admission.approve": [Grant(("supervisor",))],
    "admission.rules": [has_role("supervisor", "administrator")],
}
