"""Clues on the one map, by state."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import Clue
from ecoredline.web.maps.registry import MapLayer

SHOWN = ("raised", "listed", "dispatched", "submitted")  # a confirmed clue is shown as its case


def rows(person):
    """Open clues in the person's divisions."""
    return Clue.objects.visible_to(person).filter(state__in=SHOWN)


LAYERS = [
    MapLayer(
        "clues", _("疑似问题"), rows,
        ("id", "number", "state", "county", "redline_area_ha"), "number", "clue",
        {code: CLUE_LIFECYCLE.states[code] for code in SHOWN}, "clue.view",
        ("redline_area_ha",), points=True, dataset="clues",
    )
]  # fmt: skip
