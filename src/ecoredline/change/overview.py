"""Both dates small: what masks and local colour are learnt from."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ecoredline.change.maps import coarse_grid
from ecoredline.grid import Grid
from ecoredline.raster import Reader, Scene

COARSE_SIDE = 2048  # pixels; with overviews in the file this costs next to nothing


@dataclass(frozen=True)
class Overview:
    """Reflectance float32 (bands, rows, cols) of both dates on `grid`, `factor` times coarser."""

    grid: Grid
    factor: int
    names: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray


def read_overview(before: Scene, after: Scene, grid: Grid, names, threads: int) -> Overview:
    """Read both scenes with at most `COARSE_SIDE` cells a side, NaN = nodata."""
    factor = 1
    while max(grid.rows, grid.cols) > factor * COARSE_SIDE:
        factor *= 2  # as overviews are
    coarse = coarse_grid(grid, factor)

    def one(scene: Scene) -> np.ndarray:
        with Reader(scene, grid, names) as reader:
            shape = None if factor == 1 else (coarse.rows, coarse.cols)
            return reader.reflectance(0, 0, grid.rows, grid.cols, shape)

    with ThreadPoolExecutor(threads) as pool:
        return Overview(coarse, factor, tuple(names), *pool.map(one, (before, after)))
