"""Two versions of the redline compared in place, a delivery read with every fault, distances from the line."""

from ecoredline.boundary.coarse import coarse
from ecoredline.boundary.difference import (
    CountyChange,
    Difference,
    Part,
    PolygonChange,
    Reason,
    compare,
    reasons_for_approval,
)
from ecoredline.boundary.line import LineIndex
from ecoredline.boundary.markers import MarkerReading, read_markers
from ecoredline.boundary.reading import DeliveryReading, read_delivery

__all__ = [
    "CountyChange",
    "DeliveryReading",
    "Difference",
    "LineIndex",
    "MarkerReading",
    "Part",
    "PolygonChange",
    "Reason",
    "coarse",
    "compare",
    "read_delivery",
    "read_markers",
    "reasons_for_approval",
]
