"""Who may see the data catalogue, take data out and edit the catalogue."""

from ecoredline.web.accounts.permissions import Grant, anyone_with_a_unit

RULES = {
    "data.view": [anyone_with_a_unit],
    "data.export": [anyone_with_a_unit],
    "data.catalogue": [Grant(("administrator",), "anybody")],
}
