"""A scene's pixels on a grid, as stored or as reflectance."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ecoredline.grid import Grid
from ecoredline.raster.grids import on_lattice
from ecoredline.raster.pixels import missing, open_dataset, read_window
from ecoredline.raster.scene import Scene

WARPED_TILE_PX = 512


class Reader:
    """One open handle on a scene, read in windows of `grid`; each thread needs its own.

    `tile` is the file's own block (rows, cols) and `origin` the place (row, col) of the
    grid's first pixel in the file: reads that follow them decode nothing twice.
    """

    def __init__(self, scene: Scene, grid: Grid, band_names: Sequence[str]):
        self.scene, self.grid = scene, grid
        self.indexes = [scene.bands[name] for name in band_names]
        self.dataset = open_dataset(scene.path)
        self.source, self.origin = self.dataset, None
        self.tile = self.dataset.block_shapes[0]
        self.nodata = scene.nodata
        missing_value = math.nan if scene.dtype.startswith("float") else 0
        self.fill = missing_value if scene.nodata is None else scene.nodata
        if on_lattice(dataset_grid(self.dataset, scene.grid), grid):
            self.origin = lattice_origin(self.dataset.transform, grid)
        if self.origin is None or not inside(self.origin, grid, self.dataset):
            self.warp()

    def warp(self) -> None:
        """Read through a warped view on the grid; outside the image it is nodata."""
        self.source = WarpedVRT(
            self.dataset, crs=self.grid.crs.to_wkt(), transform=self.grid.transform,
            height=self.grid.rows, width=self.grid.cols, resampling=Resampling.bilinear,
            src_nodata=self.fill, nodata=self.fill,
            UNIFIED_SRC_NODATA="PARTIAL" if self.fill else "YES",
        )  # fmt: skip
        self.tile, self.nodata, self.origin = (WARPED_TILE_PX, WARPED_TILE_PX), self.fill, (0, 0)

    def raw(self, row: int, col: int, rows: int, cols: int, shape=None) -> np.ndarray:
        """Values as stored (bands, rows, cols); nodata by `missing`. `shape` reads a smaller image.

        Pixels under the file's own mask become nodata. Raises `SourceError`.
        """
        window = Window(self.origin[1] + col, self.origin[0] + row, cols, rows)
        values = read_window(self.source, self.scene.path, self.indexes, window, shape)
        if self.scene.masked:
            seen = read_window(self.source, self.scene.path, 1, window, shape, mask=True) > 0
            values[:, ~seen] = self.fill
        return values

    def reflectance(self, row: int, col: int, rows: int, cols: int, shape=None) -> np.ndarray:
        """Reflectance float32 (bands, rows, cols), NaN = nodata."""
        return to_reflectance(self.raw(row, col, rows, cols, shape), self.scene, self.nodata)

    def close(self) -> None:
        """Let the file go."""
        if self.source is not self.dataset:
            self.source.close()
        self.dataset.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_):
        self.close()


def dataset_grid(dataset, grid: Grid) -> Grid:
    """The scene's grid with the file's true affine (which may be turned)."""
    return replace(grid, transform=dataset.transform, rows=dataset.height, cols=dataset.width)


def lattice_origin(transform, grid: Grid) -> tuple[int, int]:
    """Row and column, in the file, of the grid's first pixel."""
    t = grid.transform
    return round((t.f - transform.f) / transform.e), round((t.c - transform.c) / transform.a)


def inside(origin: tuple[int, int], grid: Grid, dataset) -> bool:
    """Does the grid lie wholly within the file?"""
    row, col = origin
    below, right = row + grid.rows <= dataset.height, col + grid.cols <= dataset.width
    return row >= 0 and col >= 0 and below and right


def to_reflectance(values: np.ndarray, scene: Scene, nodata: float | None) -> np.ndarray:
    """Raw values (bands, rows, cols) as reflectance float32, NaN = nodata."""
    result = values.astype(np.float32) * np.float32(scene.scale) + np.float32(scene.offset)
    result[:, missing(values, nodata)] = np.nan
    return result


def read(scene: Scene, grid_window: Grid, band_names: Sequence[str]) -> np.ndarray:
    """Reflectance float32 (bands, rows, cols) of a scene on `grid_window`, NaN = nodata.

    Bilinear when the lattices differ. Raises `SourceError`, `GridMismatch`.
    """
    with Reader(scene, grid_window, band_names) as reader:
        return reader.reflectance(0, 0, grid_window.rows, grid_window.cols)
