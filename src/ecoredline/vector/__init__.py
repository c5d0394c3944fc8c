"""The rim for vector files: any GDAL layer, in any state, as clean features in EPSG:4490.

Whatever was guessed, mended or left out on the way stands in `Layer.notes`, in Chinese,
because users read it.
"""

from ecoredline.vector.gcj02 import GcjFinding, check_gcj02
from ecoredline.vector.layer import Layer, read_layer
from ecoredline.vector.roles import (
    read_divisions,
    read_places,
    read_protected_areas,
    read_redline,
)

__all__ = [
    "GcjFinding",
    "Layer",
    "check_gcj02",
    "read_divisions",
    "read_layer",
    "read_places",
    "read_protected_areas",
    "read_redline",
]
