"""Terrain of a real DEM: pits and flats resolved, flow, slope, slope length and LS."""

from ecoredline.terrain.flats import flow_directions
from ecoredline.terrain.flow import accumulate, fill_pits
from ecoredline.terrain.gradient import aspect_degrees, relief, slope_of_dem
from ecoredline.terrain.run import derive_terrain
from ecoredline.terrain.spread import FLOWS, accumulate_flow, flow_shares

__all__ = [
    "FLOWS",
    "accumulate",
    "accumulate_flow",
    "aspect_degrees",
    "derive_terrain",
    "fill_pits",
    "flow_directions",
    "flow_shares",
    "relief",
    "slope_of_dem",
]
