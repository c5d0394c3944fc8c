"""What detection gives: the change map as runs of pixels, and the map of what was not seen."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
from affine import Affine
from rasterio import features
from shapely.geometry import shape

from ecoredline.change.normalise import Radiometry
from ecoredline.change.warp import ShiftField
from ecoredline.codes import code_list
from ecoredline.grid import ELLIPSOID, STORAGE_CRS, Grid

UNSEEN_REASONS = tuple(code_list("unseen_reasons"))  # code = place in this list + 1, 0 = seen
UNSEEN_CODES = {name: code for code, name in enumerate(UNSEEN_REASONS, start=1)}
SQUARE_METRES_PER_HECTARE = 10_000


@dataclass
class ChangeRuns:
    """A sparse change map: maximal horizontal runs of changed pixels, sorted by (row, start).

    A run covers the columns [start, stop) of its row. `strong` counts its pixels at or
    above the high threshold; `score`, `tolerant` and, per band, `before` and `after`
    (reflectance, after brought to before's radiometry) are sums over its pixels; so is
    `probability`, which only a trained detector gives.
    """

    row: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    strong: np.ndarray
    score: np.ndarray
    before: np.ndarray
    after: np.ndarray
    tolerant: np.ndarray
    probability: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.row)

    @property
    def pixels(self) -> np.ndarray:
        """Number of pixels of each run."""
        return self.stop - self.start

    def to_mask(self, rows: int, cols: int) -> np.ndarray:
        """The runs as a bool raster (rows, cols): for small grids and for tests."""
        edges = np.zeros((rows, cols + 1), np.int32)
        np.add.at(edges, (self.row, self.start), 1)
        np.add.at(edges, (self.row, self.stop), -1)
        return np.cumsum(edges, axis=1)[:, :cols] > 0


@dataclass
class UnseenMap:
    """Why places could not be seen, per date, as codes uint8 (rows, cols) on a coarse grid.

    0 = seen; the other codes are `UNSEEN_CODES`. One cell is `factor` × `factor` pixels.
    """

    grid: Grid
    factor: int
    before: np.ndarray
    after: np.ndarray

    def share(self) -> dict[str, dict[str, float]]:
        """Share of cells by date and reason."""
        return {
            date: {
                name: float(np.mean(codes == code))
                for name, code in UNSEEN_CODES.items()
                if (codes == code).any()
            }
            for date, codes in (("before", self.before), ("after", self.after))
        }

    def polygons(self) -> gpd.GeoDataFrame:
        """Polygons (EPSG:4490) with reason, date (before or after) and area_ha on the ellipsoid."""
        rows = []
        for date, codes in (("before", self.before), ("after", self.after)):
            found = features.shapes(codes, mask=codes > 0, transform=self.grid.transform)
            rows += [
                (UNSEEN_REASONS[int(code) - 1], date, shape(outline)) for outline, code in found
            ]
        frame = gpd.GeoDataFrame(
            {"reason": [r[0] for r in rows], "date": [r[1] for r in rows]},
            geometry=[r[2] for r in rows], crs=self.grid.crs.to_wkt(),
        ).to_crs(STORAGE_CRS)  # fmt: skip
        areas = [abs(ELLIPSOID.geometry_area_perimeter(g)[0]) for g in frame.geometry]
        frame["area_ha"] = np.round(np.array(areas, float) / SQUARE_METRES_PER_HECTARE, 4)
        return frame


@dataclass
class ChangeMap:
    """The whole outcome of `detect`; the dicts are plain JSON for the run record."""

    grid: Grid
    runs: ChangeRuns
    unseen: UnseenMap
    band_names: tuple[str, ...]
    method: str
    threshold: float
    low_threshold: float
    shift: ShiftField | None = None  # for `aligned_pair`
    radiometry: Radiometry | None = None
    registration: dict = field(default_factory=dict)
    normalisation: dict = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def coarse_grid(grid: Grid, factor: int) -> Grid:
    """The grid of cells of `factor` × `factor` pixels; the last cells may reach past the edge."""
    rows, cols = -(-grid.rows // factor), -(-grid.cols // factor)
    return Grid(grid.crs, grid.transform * Affine.scale(factor), rows, cols)
