"""Which share of every cell lies in a polygon: exact, by exactextract."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from pyproj import Transformer

from ecoredline.grid import STORAGE_CRS, Grid

LONGEST_SIDE_DEG = 0.005  # sides are straight in lon, lat: cut before they are bent by a projection


class Covered(NamedTuple):
    """Flat indices of the cells a polygon touches, and the covered share of each, 0..1."""

    cells: np.ndarray
    share: np.ndarray


def on_grid(shapes: np.ndarray, grid: Grid) -> np.ndarray:
    """Polygons in lon, lat (EPSG:4490) as polygons in the grid's coordinates."""
    shapes = np.asarray(shapes, dtype=object)
    if grid.crs == STORAGE_CRS or grid.crs.is_geographic:
        return shapes
    step = Transformer.from_crs(STORAGE_CRS, grid.crs, always_xy=True)
    cut = shapely.segmentize(shapes, LONGEST_SIDE_DEG)
    return shapely.transform(cut, step.transform, interleaved=False)


def covered_cells(shapes, grid: Grid) -> list[Covered]:
    """For each polygon (in the grid's coordinates) the cells it covers and how much of each.

    >>> from affine import Affine; from pyproj import CRS
    >>> g = Grid(CRS.from_epsg(4543), Affine(10, 0, 0, 0, -10, 20), 2, 2)
    >>> found = covered_cells([shapely.box(0, 5, 5, 20)], g)[0]
    >>> found.cells.tolist(), found.share.tolist()
    ([0, 2], [0.5, 0.25])
    """
    west, south, east, north = grid.bounds
    source = NumPyRasterSource(
        np.zeros((grid.rows, grid.cols), np.uint8), west, south, east, north,
        srs_wkt=grid.crs.to_wkt(),
    )  # fmt: skip
    zones = gpd.GeoDataFrame(
        geometry=shapely.force_2d(np.asarray(shapes, dtype=object)), crs=grid.crs
    )
    found = exact_extract(source, zones, ["cell_id", "coverage"], output="pandas")
    return [
        Covered(np.asarray(c, np.int64), np.asarray(s, np.float64))
        for c, s in zip(found["cell_id"], found["coverage"], strict=True)
    ]
