"""Who assesses, who keeps the rules, who looks."""

from ecoredline.web.accounts.permissions import Grant, has_role

ABOVE = ("ministry", "province", "city")
EVERYBODY = has_role("analyst", "checker", "officer", "supervisor", "auditor", "administrator")
RULES = {
    "assessment.view": [EVERYBODY],
    "assessment.run": [Grant(("supervisor", "analyst"), "anybody", ABOVE)],
    "rules.view": [EVERYBODY],
    "rules.edit": [Grant(("supervisor", "administrator"), "anybody", ABOVE)],
    "rules.sign": [Grant(("supervisor",), "anybody", ABOVE)],
    "numbers.upload": [has_role("analyst", "officer", "supervisor")],
    "ecology.view": [EVERYBODY],
    "ecology.register": [Grant(("analyst", "supervisor", "administrator"), "anybody", ABOVE)],
    "drawing.run": [Grant(("analyst", "supervisor"), "anybody", ABOVE)],
    "impact.describe": [Grant(("analyst", "checker", "officer", "supervisor"), "sees")],
}
