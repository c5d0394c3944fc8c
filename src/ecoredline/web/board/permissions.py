"""Who sees the board."""

from ecoredline.web.accounts.permissions import has_role

RULES = {
    "board.inbox": [has_role("analyst", "checker", "officer", "supervisor")],
    "board.view": [has_role("analyst", "checker", "officer", "supervisor", "auditor")],
    "board.export": [has_role("analyst", "checker", "officer", "supervisor", "auditor")],
    "board.annual": [has_role("supervisor")],
}
