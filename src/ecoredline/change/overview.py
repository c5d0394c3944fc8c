"""Both dates small: what masks and local colour are learnt from."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from shapely.geometry import box
from shapely.prepared import prep

from ecoredline.change.maps import coarse_grid
from ecoredline.grid import Grid
from ecoredline.raster import Reader, Scene

PART_PX = 512
COARSE_SIDE = 2048  # pixels; with overviews in the file this costs next to nothing


@dataclass(frozen=True)
class Overview:
    """Reflectance float32 (bands, rows, cols) of both dates on `grid`, `factor` times coarser."""

    grid: Grid
    factor: int
    names: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    looked: np.ndarray | None = None  # cells (rows, cols) that were read; None = all


def read_overview(
    before: Scene, after: Scene, grid: Grid, names, threads: int, focus=None
) -> Overview:
    """Read both scenes with at most `COARSE_SIDE` cells a side, NaN = nodata.

    A file without overviews would have to be decoded whole for it: with a `focus` (a geometry in
    the grid's CRS) only what lies near it is then read of both; the rest is NaN and not `looked`.
    """
    factor = 1
    while max(grid.rows, grid.cols) > factor * COARSE_SIDE:
        factor *= 2  # as overviews are
    coarse = coarse_grid(grid, factor)
    scenes = (before, after)
    parts = [(0, 0, grid.rows, grid.cols)]
    if focus is not None and factor > 1 and not all(has_overviews(s, grid, names) for s in scenes):
        parts = parts_near(grid, factor, focus)

    def one(scene: Scene) -> np.ndarray:
        out = np.full((len(names), coarse.rows, coarse.cols), np.nan, np.float32)
        with Reader(scene, grid, names) as reader:
            for part in parts:
                place = cells(part, factor)
                shape = None if factor == 1 else out[place].shape[1:]
                out[place] = reader.reflectance(*part, shape)
        return out

    looked = np.zeros((coarse.rows, coarse.cols), bool)
    for part in parts:
        looked[cells(part, factor)[1:]] = True
    with ThreadPoolExecutor(threads) as pool:
        sides = pool.map(one, scenes)
        return Overview(
            coarse, factor, tuple(names), *sides, looked=None if looked.all() else looked
        )


def has_overviews(scene: Scene, grid: Grid, names) -> bool:
    """Does the file carry itself small as well?"""
    with Reader(scene, grid, names) as reader:
        return bool(reader.dataset.overviews(reader.indexes[0]))


def parts_near(grid: Grid, factor: int, focus) -> list[tuple[int, int, int, int]]:
    """Row, col, rows, cols of the squares of `PART_PX` that meet `focus`, whole cells each."""
    side, area = max(PART_PX, factor), prep(focus)
    squares = [
        (row, col, min(side, grid.rows - row), min(side, grid.cols - col))
        for row in range(0, grid.rows, side)
        for col in range(0, grid.cols, side)
    ]
    return [s for s in squares if area.intersects(box(*grid.window(*s).bounds))]


def cells(part: tuple[int, int, int, int], factor: int):
    """The cells (bands, rows, cols) of an overview that a part of the grid fills."""
    row, col, rows, cols = part
    return np.s_[
        :,
        row // factor : -(-(row + rows) // factor),
        col // factor : -(-(col + cols) // factor),
    ]
