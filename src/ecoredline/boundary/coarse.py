"""Areas shown to the public: whole cells of a coarse grid, so that nothing finer than the grid is told."""

import numpy as np
import rasterio
import shapely
from rasterio.features import rasterize, shapes

from ecoredline.errors import InputError

PARTS = 8  # a cell is sampled at 8 by 8 places
HALF = 0.5
MOST_CELLS = 400_000
DECIMALS = 6


class CoarseGrid:
    """Cells of `step` degrees whose corners are multiples of it, over bounds (west, south, east, north).

    Raises `InputError` when the step is no size or the cells are more than 400,000.

    >>> CoarseGrid(0.01, (101.504, 26.601, 101.518, 26.612)).shape
    (2, 2)
    """

    def __init__(self, step: float, bounds: tuple[float, float, float, float]):
        if not 0 < step <= 1 or not np.isfinite(bounds).all():
            raise InputError(
                f"got a step of {step} and bounds {bounds}; wanted 0 to 1 degree and an area"
            )
        self.step = step
        west, south, east, north = (round(v / step, DECIMALS) for v in bounds)
        self.left, self.top = int(np.floor(west)), int(np.ceil(north))
        rows, cols = self.top - int(np.floor(south)), int(np.ceil(east)) - self.left
        self.shape = (max(rows, 1), max(cols, 1))
        if self.shape[0] * self.shape[1] > MOST_CELLS:
            raise InputError(
                f"got {self.shape[0]} × {self.shape[1]} cells of {step} degrees; "
                f"wanted at most {MOST_CELLS}: use a wider grid"
            )

    def shares(self, geometry) -> np.ndarray:
        """Which part of each cell a lon, lat geometry covers: 0 to 1 in steps of 1/64, rows from the top."""
        rows, cols = self.shape
        fine = rasterio.Affine(
            self.step / PARTS, 0, self.left * self.step, 0, -self.step / PARTS, self.top * self.step
        )
        if geometry is None or geometry.is_empty:
            return np.zeros(self.shape)
        found = rasterize([geometry], out_shape=(rows * PARTS, cols * PARTS), transform=fine)
        return found.reshape(rows, PARTS, cols, PARTS).mean(axis=(1, 3))

    def outline(self, chosen: np.ndarray):
        """The chosen cells as one geometry whose every vertex is a corner of the grid."""
        pieces = shapes(chosen.astype(np.uint8), mask=chosen, connectivity=4)
        found = shapely.union_all([shapely.from_geojson(as_json(piece)) for piece, _ in pieces])
        return shapely.transform(found, self.corners)

    def corners(self, places: np.ndarray) -> np.ndarray:
        """Columns and rows as degrees, rounded to what the step itself has of decimals."""
        lon = (self.left + np.rint(places[:, 0])) * self.step
        lat = (self.top - np.rint(places[:, 1])) * self.step
        return np.round(np.column_stack([lon, lat]), DECIMALS)


def as_json(piece: dict) -> str:
    """A polygon of GDAL as GeoJSON text."""
    rings = [[list(map(float, place)) for place in ring] for ring in piece["coordinates"]]
    return f'{{"type": "Polygon", "coordinates": {rings}}}'


def coarse(areas: dict, counties: dict, step: float) -> dict:
    """For each county two outlines of whole cells: (what lies in it of the area, the county itself).

    `areas` and `counties` are lon, lat geometries by code. A cell belongs to the county that covers most of it
    and counts as area when at least half of the cell is covered; so an area that fills no half cell is not
    drawn, and neighbouring counties never share a cell.

    >>> box = shapely.box(101.5, 26.6, 101.52, 26.62)
    >>> found = coarse({"510422": shapely.box(101.5, 26.6, 101.511, 26.609)}, {"510422": box}, 0.01)
    >>> [round(shape.area / 0.01**2) for shape in found["510422"]]
    [1, 4]
    """
    if not counties:
        return {}
    codes = sorted(counties)
    grid = CoarseGrid(step, shapely.total_bounds([counties[code] for code in codes]))
    most, owner = np.zeros(grid.shape), np.full(grid.shape, -1)
    covered = np.zeros(grid.shape)
    for number, code in enumerate(codes):
        share = grid.shares(counties[code])
        owner = np.where(share > most, number, owner)
        most = np.maximum(most, share)
        covered += grid.shares(areas.get(code))
    found = {}
    for number, code in enumerate(codes):
        mine = (owner == number) & (most > 0)
        inside = mine & (covered >= HALF)
        found[code] = (grid.outline(inside), grid.outline(mine))
    return found
