"""Cases on the one map, by state."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE
from ecoredline.web.cases.models import Case
from ecoredline.web.maps.registry import MapLayer

LAYERS = [
    MapLayer(
        "cases", _("生态破坏问题"), Case.objects.visible_to,
        ("id", "number", "state", "county", "redline_area_ha"), "number", "case",
        dict(CASE_LIFECYCLE.states), "case.view", ("redline_area_ha",), points=True, dataset="cases",
    )
]  # fmt: skip
