"""The sums of a block's zones, gathered by exactextract cell by cell; no list of cells is made."""

import numpy as np
from exactextract import exact_extract
from exactextract.operation import Operation

from ecoredline.grid import Grid
from ecoredline.zonal.coverage import covered_slowly, miscounted, raster_of, sound, zones_of
from ecoredline.zonal.tally import Sums

OF_VALUES = ("count", "sum", "min", "max")
BY_AREA = ("weighted_sum", "weighted_mean", "weighted_variance")


def block_sums(values: np.ndarray, areas: np.ndarray, shapes: np.ndarray, grid: Grid) -> list[Sums]:
    """What each polygon (in the grid's coordinates) covers of a block; NaN is left out.

    `values` and `areas` (m²) are (rows, cols). A polygon whose cells do not add up to its own area
    is cut cell by cell, as in `covered_cells`.

    >>> import shapely; from affine import Affine; from pyproj import CRS
    >>> g = Grid(CRS.from_epsg(4543), Affine(10, 0, 0, 0, -10, 20), 2, 2)
    >>> zone = np.array([shapely.box(0, 5, 5, 20)], dtype=object)
    >>> block_sums(np.array([[4.0, 9], [8, 9]]), np.full((2, 2), 100.0), zone, g)[0]
    Sums(area=75.0, weighted=400.0, squares=2400.0, shares=4.0, low=4.0, high=8.0)
    """
    shapes = sound(np.asarray(shapes, dtype=object))
    if not len(shapes):
        return []
    found = gathered(values, areas, zones_of(shapes, grid), grid)
    off = miscounted(found["cells"], shapes, grid)
    return [
        slow_sums(values, areas, shapes[k], grid) if off[k] else sums_of({n: float(v[k]) for n, v in found.items()})
        for k in range(len(shapes))
    ]  # fmt: skip


def gathered(values: np.ndarray, areas: np.ndarray, zones, grid: Grid) -> dict[str, np.ndarray]:
    """Exactextract's numbers of every zone; `cells` counts those without a value too."""
    missing = np.isnan(values)
    numbers, cells = (
        raster_of(values, grid),
        raster_of(np.where(missing, np.nan, areas), grid, "cells"),
    )
    asked = [Operation(name, name, numbers, cells) for name in (*OF_VALUES, *BY_AREA)]
    asked.append(Operation("sum", "area", cells))
    whole = raster_of(
        np.zeros(values.shape, np.uint8), grid, "whole"
    )  # an operation does not keep its raster
    if missing.any():
        asked.append(Operation("count", "cells", whole))
    table = exact_extract(numbers, zones, asked, output="pandas")
    found = {name: np.asarray(table[name], float) for name in table}
    return {"cells": found["count"], **found}


def sums_of(one: dict[str, float]) -> Sums:
    """Exactextract's numbers of one polygon as sums that add up."""
    if not one["area"] > 0:
        return Sums()
    squares = one["area"] * (one["weighted_variance"] + one["weighted_mean"] ** 2)
    return Sums(one["area"], one["weighted_sum"], squares, one["sum"], one["min"], one["max"])


def slow_sums(values: np.ndarray, areas: np.ndarray, shape, grid: Grid) -> Sums:
    """The same of one polygon, cell by cell."""
    covered = covered_slowly(shape, grid)
    values, areas = values.ravel()[covered.cells], areas.ravel()[covered.cells]
    seen = ~np.isnan(values)
    if not seen.any():
        return Sums()
    values, share = values[seen], covered.share[seen]
    area = share * areas[seen]
    both = area * values
    sums = (area.sum(), both.sum(), (both * values).sum(), (share * values).sum())
    return Sums(*map(float, (*sums, values.min(), values.max())))
