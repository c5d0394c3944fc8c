"""From maps to cells with their reasons, strip by strip: memory grows with the width of a map, not its size."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
import rasterio.features
import shapely
from rasterio.windows import Window
from shapely.geometry import shape

from ecoredline.delineation.config import Config, Part
from ecoredline.delineation.grade import thresholds_of_blocks
from ecoredline.errors import InputError
from ecoredline.formula_rasters.sources import cell_areas
from ecoredline.grid import Grid
from ecoredline.raster import open_dataset
from ecoredline.raster.layers import open_map, read_part
from ecoredline.record import Job
from ecoredline.series.run import one_grid

STRIP_CELLS = 1 << 22
STRIP_ROWS = 64  # a strip has a multiple of it, as the areas of cells have
CACHE_BYTES = 128 << 20  # of GDAL's, which would take a share of the machine otherwise
MOST_REASONS = 31  # bits of a cell's code
EXTREME_GRADE, EXTREME_ABOVE = 3.0, 4.0  # codes/sensitivity_grades.csv
GRADED = ("services", "sensitivities")


class Cells(NamedTuple):
    """A map of codes (bit k: reason k holds), its grid, and the reasons: role and Chinese name."""

    path: Path
    grid: Grid
    reasons: tuple[tuple[str, str], ...]
    nowhere: tuple[str, ...] = ()  # what no cell reaches, in words

    def words(self, code: int, role: str) -> str:
        """The reasons of one role in a code, joined."""
        named = enumerate(self.reasons)
        return "、".join(zh for k, (own, zh) in named if own == role and code >> k & 1)

    def bits(self, role: str) -> int:
        """All bits of one role."""
        return sum(1 << k for k, (own, _) in enumerate(self.reasons) if own == role)


def strips_of(grid: Grid) -> Iterator[Window]:
    """Windows as wide as the map, from north to south.

    >>> from affine import Affine; from pyproj import CRS
    >>> g = Grid(CRS.from_epsg(4543), Affine(30, 0, 0, 0, -30, 0), 5000, 40_000)
    >>> [w.height for w in strips_of(g)][:1], sum(w.height for w in strips_of(g))
    ([64], 5000)
    """
    rows = max(STRIP_ROWS, STRIP_CELLS // grid.cols // STRIP_ROWS * STRIP_ROWS)
    for top in range(0, grid.rows, rows):
        yield Window(0, top, grid.cols, min(rows, grid.rows - top))


def write_cells(config: Config, path: Path, job: Job) -> Cells:
    """Write the map of codes: where each service is 极重要 and each sensitivity 极敏感.

    Raises `GridMismatch` (all maps), `NotEnoughData` for a service of 0 everywhere, `InputError`.
    """
    parts = [(role, part) for role, part in config.parts if role in GRADED]
    if len(parts) > MOST_REASONS:
        raise InputError(f"got {len(parts)} services and sensitivities; wanted {MOST_REASONS}")
    with ExitStack() as files:
        opened = [files.enter_context(open_dataset(part.path)) for _, part in parts]
        grid = one_grid(opened, [part.path for _, part in parts])
        limits = []
        for done, ((role, part), dataset) in enumerate(zip(parts, opened, strict=True)):
            job.at("grade", done / len(parts))
            limits.append(least(role, part, dataset, grid, config.parameters.cuts))
        made = files.enter_context(open_map(path, grid, dtype="int32", zh="划定依据", unit="code"))
        reached = 0
        for window in strips_of(grid):
            codes = np.zeros((window.height, window.width), np.int32)
            for k, ((_, part), dataset) in enumerate(zip(parts, opened, strict=True)):
                values = read_part(dataset, part.path, 1, window)
                codes |= (values >= limits[k]).astype(np.int32) << k  # NaN never is
            made.write(codes, 1, window=window)
            reached |= int(np.bitwise_or.reduce(codes, axis=None))
        legend = {f"ECOREDLINE_BIT_{k}": part.zh for k, (_, part) in enumerate(parts)}
        made.update_tags(**legend)
    nowhere = tuple(
        f"{part.zh}（界值 {limits[k]:g}）"
        for k, (_, part) in enumerate(parts)
        if not reached >> k & 1
    )
    return Cells(path, grid, tuple((role, part.zh) for role, part in parts), nowhere)


def least(role: str, part: Part, dataset, grid: Grid, cuts) -> float:
    """From which value on a map is 极重要 or 极敏感."""
    if role == "sensitivities":
        return extreme_from(part, dataset) if part.extreme is None else part.extreme

    def blocks():
        for window in strips_of(grid):
            yield read_part(dataset, part.path, 1, window), cell_areas(grid, window)

    return thresholds_of_blocks(blocks, cuts)[0]


def extreme_from(part: Part, dataset) -> float:
    """From which value on a map of our own formulas is 极敏感; raise `InputError` for another map.

    A map of `sensitivity_grade` has 3 for it, an index of 1 to 5 is extreme above 4 (not from 4 on).
    """
    made = dataset.tags().get("ECOREDLINE_FORMULA", "")
    if made == "sensitivity_grade":
        return EXTREME_GRADE
    if made.endswith("_sensitivity"):
        return float(np.nextafter(np.float32(EXTREME_ABOVE), np.float32(np.inf)))
    raise InputError(
        f"got sensitivities {part.zh} ({part.path.name}) without extreme, and the map does not say "
        "what made it; wanted extreme = the least value that is 极敏感"
    )


def code_strips(cells: Cells) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, codes int32) of each strip."""
    with rasterio.open(cells.path) as dataset:
        for window in strips_of(cells.grid):
            yield window.row_off, dataset.read(1, window=window)


def polygons_by_code(strips: Iterator[tuple[int, np.ndarray]], grid: Grid) -> dict[int, object]:
    """Each code of strips (0 = nothing) as one geometry in the grid's coordinates; seams do not show."""
    found: dict[int, list] = {}
    for top, codes in strips:
        place = grid.window(top, 0, codes.shape[0], grid.cols).transform
        for geometry, code in rasterio.features.shapes(
            np.ascontiguousarray(codes, np.int32), codes != 0, transform=place
        ):
            found.setdefault(int(code), []).append(shape(geometry))
    return {code: corners_only(shapely.union_all(parts)) for code, parts in sorted(found.items())}


def corners_only(geometry):
    """Outlines along cell sides without the points that lie on a straight side.

    >>> corners_only(shapely.Polygon([(0, 0), (1, 0), (2, 0), (2, 1), (0, 1)])).wkt
    'POLYGON ((0 0, 2 0, 2 1, 0 1, 0 0))'
    """
    rebuilt = []
    for polygon in shapely.get_parts(geometry):
        rings = [turns(np.asarray(ring.coords)) for ring in (polygon.exterior, *polygon.interiors)]
        rebuilt.append(shapely.Polygon(rings[0], rings[1:]))
    return rebuilt[0] if len(rebuilt) == 1 else shapely.MultiPolygon(rebuilt)


def turns(ring: np.ndarray) -> np.ndarray:
    """The points of a closed ring at which it turns."""
    points = ring[:-1]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    return points[(before[:, 0] == 0) != (after[:, 0] == 0)]
