"""Who may deliver a version, bring it into force, enter floors, and look after markers."""

from ecoredline.web.accounts.permissions import Grant, anyone_with_a_unit

ABOVE_COUNTY = ("ministry", "province", "city")
OWNERS = Grant(("supervisor",), "owns", ABOVE_COUNTY)

RULES = {
    "redline.view": [anyone_with_a_unit],
    "redline.deliver": [Grant(("supervisor", "analyst"), "anybody", ABOVE_COUNTY)],
    "redline.check": [OWNERS],
    "redline.approval": [OWNERS],
    "redline.accept": [OWNERS],
    "redline.refuse": [OWNERS],
    "redline.supersede": [OWNERS],
    "redline.floor": [Grant(("supervisor", "administrator"), "anybody")],
    "redline.recompute": [Grant(("supervisor", "analyst", "auditor"), "anybody")],
    "marker.edit": [Grant(("supervisor", "officer", "analyst"), "anybody")],
    "marker.patrol": [Grant(("supervisor", "officer", "analyst"), "sees")],
}
