"""What is drawn of the cells: all of a small map; of a large one what small holes and dust leave."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
import shapely
from pyproj import CRS

from ecoredline.delineation import shapes as sh
from ecoredline.delineation.cells import Cells, code_strips, polygons_by_code, strips_of
from ecoredline.delineation.config import Parameters
from ecoredline.delineation.dust import DUST, KEPT, without_dust

DRAWN_CELLS = 16_000_000  # above this, dust is found in cells before anything is drawn
LARGE_NOTE = "栅格较大：小于下限的零星小斑块和小空洞先按像元处理，未绘入 01—06 图层（见 cells.tif），不影响候选范围"
EMPTY = shapely.Polygon()


class Drawn(NamedTuple):
    """Geometries in the plane: of each code, of all cells that stay, of dust a redline in force holds."""

    by_code: dict[int, object]
    union: object
    dust: object


def drawn(
    cells: Cells, rules: Parameters, required, in_force, plane: CRS, folder: Path
) -> tuple[Drawn, bool]:
    """The outlines of the cells, and whether dust was left out.

    `required` and `in_force` (or None) are geometries in the plane; `folder` takes what is needed on the way.
    """
    grid = cells.grid
    if grid.rows * grid.cols <= DRAWN_CELLS:
        by_code = moved(polygons_by_code(code_strips(cells), grid), grid.crs, plane)
        union = polygons_by_code(((t, codes != 0) for t, codes in code_strips(cells)), grid)
        return Drawn(by_code, moved(union, grid.crs, plane).get(KEPT, EMPTY), EMPTY), False
    path = without_dust(cells, rules, sh.moved(required, plane, grid.crs), folder)
    kept = polygons_by_code(((t, made == KEPT) for t, made in strips(path, cells)), grid)
    codes = (
        (top, np.where(made == KEPT, code, 0))
        for (top, code), (_, made) in zip(code_strips(cells), strips(path, cells), strict=True)
    )
    by_code = moved(polygons_by_code(codes, grid), grid.crs, plane)
    dust = dust_within(in_force, path, cells, rules, plane)
    return Drawn(by_code, moved(kept, grid.crs, plane).get(KEPT, EMPTY), dust), True


def strips(path: Path, cells: Cells) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, codes) of a map on the grid of the cells."""
    return code_strips(cells._replace(path=path))


def moved(found: dict[int, object], source: CRS, plane: CRS) -> dict[int, object]:
    """Geometries by code, in the plane."""
    return {code: sh.moved(geometry, source, plane) for code, geometry in found.items()}


def dust_within(in_force, path: Path, cells: Cells, rules: Parameters, plane: CRS):
    """Dust in or beside the redline in force, as the steps on shapes would have taken it out."""
    if in_force is None or in_force.is_empty:
        return EMPTY
    near, found = in_force.buffer(rules.merge_m + max(cells.grid.pixel_m)), []
    shapely.prepare(near)
    with rasterio.open(path) as source:
        for window in strips_of(cells.grid):
            codes = source.read(1, window=window) == DUST
            made = polygons_by_code(iter([(window.row_off, codes)]), cells.grid)
            parts = shapely.get_parts(sh.moved(made.get(1, EMPTY), cells.grid.crs, plane))
            found += list(parts[shapely.intersects(near, parts)])
    dust = sh.whole(found)
    return sh.filled(sh.merged(dust, rules.merge_m, dust.envelope), rules.hole_km2)
