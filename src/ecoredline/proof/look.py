"""One image's look at one polygon: mean index inside and in the ring around it.

Pixels count by the share of them that lies inside (exact), or wholly when touched.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely

from ecoredline.ecosystem.vegetation import ndvi
from ecoredline.errors import InputError
from ecoredline.grid import Grid
from ecoredline.proof.tables import limit
from ecoredline.raster import Scene, read
from ecoredline.zonal.coverage import covered_cells, on_grid

NDVI, BRIGHTNESS = "ndvi", "brightness"
EXACT, TOUCHED = "exact", "touched"
DEGREE_M = 111_320.0


@dataclass(frozen=True)
class Look:
    """What one image shows: means over valid pixels, None where nothing was seen.

    `valid_share` is the seen part of the polygon, 0..1. With `index` brightness more is barer.
    """

    on: date | None
    index: str
    inside: float | None
    ring: float | None
    valid_share: float

    @property
    def relative(self) -> float | None:
        """Inside less the land around: free of most of season, sensor and haze; None when unseen.

        Of brightness the sign is turned, so that more is always greener.

        >>> round(Look(None, NDVI, 0.3, 0.7, 1.0).relative, 2)
        -0.4
        """
        if self.inside is None or self.ring is None:
            return None
        found = self.inside - self.ring
        return -found if self.index == BRIGHTNESS else found


def look(
    scene: Scene,
    polygon,
    *,
    others=None,
    hidden=None,
    counting: str = EXACT,
    index: str = "",
    ring_m: float | None = None,
) -> Look:
    """Look at a polygon (lon, lat, EPSG:4490) in a scene.

    `others` (a lon, lat geometry) are left out of the ring: the other disturbed places. `hidden`
    is what the image could not show (cloud, shadow). `counting` is exact or touched; `index` ndvi
    or brightness, by default NDVI where the scene has red and nir. Raises `InputError`,
    `SourceError`; a polygon outside the scene gives a valid share of 0.
    """
    if counting not in (EXACT, TOUCHED):
        raise InputError(f"got counting {counting!r}; wanted {EXACT} or {TOUCHED}")
    index, bands = index_of(scene, index)
    day = scene.acquired_on or date.max
    width = limit("ring_m", day) if ring_m is None else ring_m
    place, cut = (on_grid(np.array([g]), scene.grid)[0] for g in (polygon, others or EMPTY))
    ring = ring_of(place, scene.grid, width, limit("ring_gap", day)).difference(cut)
    window = window_around(shapely.union_all([place, ring]), scene.grid)
    if window is None:
        return Look(scene.acquired_on, index, None, None, 0.0)
    values = index_values(read(scene, window, bands), index)
    if hidden is not None and not hidden.is_empty:
        cells = covered_cells(on_grid(np.array([hidden]), scene.grid), window)[0].cells
        values.ravel()[cells] = np.nan
    (inside, seen), (around, _) = (mean_in(g, values, window, counting) for g in (place, ring))
    return Look(scene.acquired_on, index, inside, around, seen)


EMPTY = shapely.Polygon()


def index_of(scene: Scene, wanted: str) -> tuple[str, tuple[str, ...]]:
    """The index and the bands it needs; NDVI where it can be had, else brightness."""
    can = {"red", "nir"} <= scene.bands.keys()
    chosen = wanted or (NDVI if can else BRIGHTNESS)
    if chosen not in (NDVI, BRIGHTNESS) or (chosen == NDVI and not can):
        has = ", ".join(scene.bands)
        raise InputError(f"got index {wanted!r} for bands {has}; ndvi needs red and nir")
    visible = tuple(b for b in ("blue", "green", "red") if b in scene.bands)
    return chosen, ("red", "nir") if chosen == NDVI else visible or tuple(scene.bands)[:1]


def index_values(bands: np.ndarray, index: str) -> np.ndarray:
    """Index (rows, cols) of reflectances (bands, rows, cols); NaN = nodata."""
    if index == NDVI:
        return np.asarray(ndvi(bands[1], bands[0]), dtype=float)
    return bands.mean(axis=0).astype(float)


def ring_of(place, grid: Grid, width_m: float, gap_px: float):
    """The band around a polygon in the grid's coordinates: `gap_px` pixels off, `width_m` wide.

    >>> from affine import Affine; from pyproj import CRS
    >>> g = Grid(CRS.from_epsg(4543), Affine(10, 0, 0, 0, -10, 900), 90, 90)
    >>> ring = ring_of(shapely.box(300, 300, 400, 400), g, 100, 1.5)
    >>> [round(v) for v in ring.bounds]
    [185, 185, 515, 515]
    """
    unit = 1.0 if not grid.crs.is_geographic else DEGREE_M
    stretch = math.cos(math.radians(place.centroid.y)) if grid.crs.is_geographic else 1.0
    gap = gap_px * grid.pixel_size_m
    square = shapely.transform(place, lambda c: c * [unit * stretch, unit])
    ring = square.buffer(gap + width_m).difference(square.buffer(gap))
    return shapely.transform(ring, lambda c: c / [unit * stretch, unit])


def window_around(geometry, grid: Grid) -> Grid | None:
    """The part of the grid that a geometry (in its coordinates) touches; None when there is none."""
    west, south, east, north = geometry.bounds
    back = ~grid.transform
    (first_col, first_row), (last_col, last_row) = back * (west, north), back * (east, south)
    row, col = max(0, math.floor(first_row)), max(0, math.floor(first_col))
    rows = min(grid.rows, math.ceil(last_row)) - row
    cols = min(grid.cols, math.ceil(last_col)) - col
    return grid.window(row, col, rows, cols) if rows > 0 and cols > 0 else None


def mean_in(place, values: np.ndarray, grid: Grid, counting: str) -> tuple[float | None, float]:
    """Weighted mean of the valid cells in a polygon, and the share of the polygon they are.

    What lies outside the grid counts as not seen.
    """
    if place.is_empty:
        return None, 0.0
    found = covered_cells([place], grid)[0]
    weights = np.ones_like(found.share) if counting == TOUCHED else found.share
    cells = values.ravel()[found.cells]
    seen = np.isfinite(cells)
    covered = found.share[seen].sum() * abs(grid.transform.a * grid.transform.e)
    share = float(min(1.0, covered / place.area)) if place.area else 0.0
    if not weights[seen].sum():
        return None, 0.0
    return float(np.average(cells[seen], weights=weights[seen])), share


def looks(scenes: Sequence[Scene], polygon, **options) -> list[Look]:
    """A look of every scene, oldest first; those without a date come last."""
    found = [look(scene, polygon, **options) for scene in scenes]
    return sorted(found, key=lambda one: one.on or date.max)
