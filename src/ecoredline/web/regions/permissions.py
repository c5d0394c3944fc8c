"""Who may read and load the list of divisions."""

from ecoredline.web.accounts.permissions import anyone_with_a_unit, has_role

RULES = {
    "division.view": [anyone_with_a_unit],
    "division.load": [has_role("administrator")],
}
