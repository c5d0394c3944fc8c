"""Two scenes read together, block by block, in one geometry and one radiometry."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from ecoredline.change.normalise import Radiometry
from ecoredline.change.tiles import TileStore
from ecoredline.change.warp import ShiftField, no_shift, resample
from ecoredline.grid import Grid
from ecoredline.raster import Scene


@dataclass(frozen=True)
class Window:
    """A block of the grid, in pixels."""

    row: int
    col: int
    rows: int
    cols: int


class Pair:
    """Blocks of both dates, after brought to before's place (`field`) and colours (`radiometry`)."""

    def __init__(self, before: Scene, after: Scene, grid: Grid, names, limit_bytes: int):
        self.names, self.grid = tuple(names), grid
        self.before = TileStore(before, grid, names, limit_bytes // 2)
        self.after = TileStore(after, grid, names, limit_bytes // 2)
        self.field: ShiftField = no_shift(grid.rows, grid.cols)
        self.radiometry: Radiometry | None = None

    def block(self, window: Window, halo: int = 0, whiten: bool = False, normalise: bool = True):
        """Before and after (bands, rows + 2 halo, cols + 2 halo) float32, NaN = nodata.

        Whitened blocks are reflectance ÷ the scene's noise, else reflectance.
        """
        bands = len(self.names)
        shape = (bands, window.rows + 2 * halo, window.cols + 2 * halo)
        before, after = np.empty(shape, np.float32), np.empty(shape, np.float32)
        known = self.radiometry
        noise = known.noise if known is not None and whiten else np.ones(bands)
        normalise = normalise and known is not None
        gain, bias = (known.gain, known.offset) if normalise else (np.ones(bands), np.zeros(bands))
        row, col = window.row - halo, window.col - halo
        paste(self.before, row, col, 1 / noise, np.zeros(bands), before)
        self.paste_after(row, col, gain / noise, bias / noise, after)
        if normalise and known.local is not None:
            place = np.array([row, col, self.grid.rows, self.grid.cols], np.int64)
            add_nodes(known.local / noise.astype(np.float32)[:, None, None], place, after)
        return before, after

    def paste_after(self, row: int, col: int, gain, bias, out: np.ndarray) -> None:
        """Fill `out` with after, moved by the field."""
        if self.field.still:
            paste(self.after, row, col, gain, bias, out)
            return
        reach = self.field.reach_px
        bands, rows, cols = out.shape
        source = np.empty((bands, rows + 2 * reach, cols + 2 * reach), np.float32)
        paste(self.after, row - reach, col - reach, gain, bias, source)
        resample(source, row - reach, col - reach, self.field, row, col, out)

    def close(self) -> None:
        """Let both files go."""
        self.before.close()
        self.after.close()

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *_):
        self.close()


def paste(store: TileStore, row: int, col: int, gain, bias, out: np.ndarray) -> None:
    """Fill `out` with reflectance × gain + bias."""
    scale = (gain * store.scene.scale).astype(np.float32)
    offset = (gain * store.scene.offset + bias).astype(np.float32)
    store.paste(row, col, scale, offset, out)


@njit(nogil=True, cache=True)
def add_nodes(nodes, place, out):
    """Add a smooth surface to `out` (bands, rows, cols): `nodes` (bands, down, across), bilinear.

    The nodes are spread evenly from the grid's first to its last pixel; `place` is row and
    col of `out`'s first pixel, rows and cols of the grid.
    """
    row, col, grid_rows, grid_cols = place
    bands, rows, cols = out.shape
    _, down, across = nodes.shape
    left, part = np.empty(cols, np.int64), np.empty(cols, np.float32)
    line = np.empty(across, np.float32)
    for x in range(cols):
        u = min(max(col + x, 0), grid_cols - 1) / max(grid_cols - 1, 1) * (across - 1)
        left[x] = min(int(u), across - 2)
        part[x] = u - left[x]
    starts = np.searchsorted(left, np.arange(left[0], left[-1] + 2))  # of each node's columns
    for y in range(rows):
        v = min(max(row + y, 0), grid_rows - 1) / max(grid_rows - 1, 1) * (down - 1)
        i = min(int(v), down - 2)
        f = np.float32(v - i)
        for k in range(bands):
            for j in range(left[0], left[-1] + 2):
                line[j] = nodes[k, i, j] + (nodes[k, i + 1, j] - nodes[k, i, j]) * f
            for n in range(len(starts) - 1):
                j = left[0] + n
                value, rise = line[j], line[j + 1] - line[j]
                target, way = out[k, y, starts[n] : starts[n + 1]], part[starts[n] : starts[n + 1]]
                for x in range(len(way)):
                    target[x] += value + rise * way[x]
