"""Who may draw a spot check. Verifying and judging are steps of the clue."""

from ecoredline.web.accounts.permissions import Grant, anyone_with_a_unit

above_county = ("ministry", "province", "city")

RULES = {
    "verification.view": [anyone_with_a_unit],
    "spot_check.draw": [Grant(("supervisor",), "anybody", above_county)],
    "spot_check.view": [
        Grant(("supervisor", "checker", "analyst", "auditor"), "anybody", above_county)
    ],
}
