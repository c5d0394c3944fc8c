"""Any GDAL raster as a `Scene`, and its pixels as reflectance on a grid."""

from ecoredline.raster.bands import ALIASES, band_name
from ecoredline.raster.grids import common_bands, common_grid, on_lattice
from ecoredline.raster.pixels import missing, open_dataset
from ecoredline.raster.reader import Reader, read, to_reflectance
from ecoredline.raster.scene import DEMO_TAG, GREY_SCALES, Scene, find_date, open_scene

__all__ = [
    "ALIASES",
    "DEMO_TAG",
    "GREY_SCALES",
    "Reader",
    "Scene",
    "band_name",
    "common_bands",
    "common_grid",
    "find_date",
    "missing",
    "on_lattice",
    "open_dataset",
    "open_scene",
    "read",
    "to_reflectance",
]
