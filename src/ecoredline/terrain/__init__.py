"""Terrain of a real DEM: pits and flats resolved, flow, slope, slope length and LS."""

from ecoredline.terrain.flow import accumulate, flow_directions, resolve_pits
from ecoredline.terrain.gradient import aspect_degrees, relief, slope_of_dem
from ecoredline.terrain.run import derive_terrain, metric_dem

__all__ = [
    "accumulate",
    "aspect_degrees",
    "derive_terrain",
    "flow_directions",
    "metric_dem",
    "relief",
    "resolve_pits",
    "slope_of_dem",
]
