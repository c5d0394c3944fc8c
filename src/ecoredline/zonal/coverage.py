"""Which share of every cell lies in a polygon: exact, by exactextract."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from pyproj import Transformer

from ecoredline.grid import STORAGE_CRS, Grid

ROWS_AT_ONCE = 64
POLYGONAL = (3, 6)  # GEOS type numbers of Polygon and MultiPolygon
TOLERANCE, TOLERANCE_CELLS = 1e-6, 1e-3  # exactextract keeps shares in single precision
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
    shapes = sound(np.asarray(shapes, dtype=object))
    if (empty := shapely.is_empty(shapes)).any():
        there = iter(covered_cells(shapes[~empty], grid) if not empty.all() else ())
        nothing = Covered(np.empty(0, np.int64), np.empty(0))
        return [nothing if is_empty else next(there) for is_empty in empty]
    source = raster_of(np.zeros((grid.rows, grid.cols), np.uint8), grid)
    found = exact_extract(source, zones_of(shapes, grid), ["cell_id", "coverage"], output="pandas")
    made = [
        Covered(np.asarray(c, np.int64), np.asarray(s, np.float64))
        for c, s in zip(found["cell_id"], found["coverage"], strict=True)
    ]
    off = miscounted(np.array([c.share.sum() for c in made]), shapes, grid)
    for k in np.flatnonzero(off):
        made[k] = covered_slowly(shapes[k], grid)
    return made


def raster_of(values: np.ndarray, grid: Grid, name: str = "map") -> NumPyRasterSource:
    """Values (rows, cols) on a grid, as exactextract takes them: by `name` it tells rasters of one call apart."""
    west, south, east, north = grid.bounds
    return NumPyRasterSource(values, west, south, east, north, name=name, srs_wkt=grid.crs.to_wkt())


def zones_of(shapes: np.ndarray, grid: Grid) -> gpd.GeoDataFrame:
    """Polygons in a grid's coordinates, as exactextract takes them."""
    return gpd.GeoDataFrame(geometry=shapely.force_2d(shapes), crs=grid.crs)


def miscounted(cells: np.ndarray, shapes: np.ndarray, grid: Grid) -> np.ndarray:
    """Where the number of cells found differs from the polygon's own area on the grid."""
    cell, inside = abs(grid.transform.a * grid.transform.e), shapely.box(*grid.bounds)
    whole = shapely.contains(inside, shapes)
    wanted = shapely.area(np.where(whole, shapes, shapely.intersection(shapes, inside))) / cell
    return ~(np.abs(cells - wanted) <= TOLERANCE_CELLS + TOLERANCE * wanted)


def sound(shapes: np.ndarray) -> np.ndarray:
    """Polygons that bending sides onto the grid left invalid, made valid: exactextract 0.3.0 crashes on them.

    Of a collection, as a difference leaves it, the polygons are kept.

    >>> flat = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(2, 2), (4, 4), (3, 3), (2, 2)]])
    >>> made = sound(np.array([flat], dtype=object))[0]
    >>> made.is_valid, made.area
    (True, 81.0)
    """
    bad = ~shapely.is_valid(shapes) | ~np.isin(shapely.get_type_id(shapes), POLYGONAL)
    if not bad.any():
        return shapes
    made = shapes.copy()
    for k in np.flatnonzero(bad):
        parts = shapely.get_parts(shapely.make_valid(shapes[k]))
        parts = shapely.get_parts(parts[shapely.area(parts) > 0])
        polygons = parts[np.isin(shapely.get_type_id(parts), POLYGONAL)]
        made[k] = shapely.MultiPolygon(list(shapely.get_parts(shapely.union_all(polygons))))
    return made


def covered_slowly(shape, grid: Grid) -> Covered:
    """The same by cutting cell after cell; for slivers along cell sides, which exactextract miscounts.

    >>> from affine import Affine; from pyproj import CRS
    >>> g = Grid(CRS.from_epsg(4543), Affine(10, 0, 0, 0, -10, 20), 2, 2)
    >>> covered_slowly(shapely.box(0, 5, 5, 20), g).share.tolist()
    [0.5, 0.25]
    """
    west, south, east, north = shape.bounds
    (c0, r0), (c1, r1) = ~grid.transform * (west, north), ~grid.transform * (east, south)
    cols = np.arange(max(0, int(c0)), min(grid.cols, int(np.ceil(c1)) + 1))
    rows = np.arange(max(0, int(r0)), min(grid.rows, int(np.ceil(r1)) + 1))
    shape = shapely.make_valid(shape)
    parts = [
        cut_cells(shape, grid, rows[k : k + ROWS_AT_ONCE], cols)
        for k in range(0, len(rows), ROWS_AT_ONCE)
    ]
    if not parts:
        return Covered(np.empty(0, np.int64), np.empty(0))
    return Covered(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def cut_cells(shape, grid: Grid, rows: np.ndarray, cols: np.ndarray) -> Covered:
    """Shares of the cells of some rows and columns, by cutting."""
    row, col = (a.ravel() for a in np.meshgrid(rows, cols, indexing="ij"))
    t = grid.transform
    boxes = shapely.box(t.c + col * t.a, t.f + (row + 1) * t.e, t.c + (col + 1) * t.a, t.f + row * t.e)  # fmt: skip
    shapely.prepare(shape)
    share = shapely.contains_properly(shape, boxes).astype(float)
    edge = (share == 0) & shapely.intersects(shape, boxes)
    share[edge] = shapely.area(shapely.intersection(shape, boxes[edge])) / abs(t.a * t.e)
    kept = share > 0
    return Covered((row * grid.cols + col)[kept], share[kept])
