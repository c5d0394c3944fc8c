"""Two scenes read together, block by block, in one radiometry and one geometry."""

from dataclasses import dataclass

import numpy as np

from ecoredline.change.normalise import Radiometry
from ecoredline.change.tiles import TileStore
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
    """Blocks of both dates; `radiometry` (when set) brings after to before's."""

    def __init__(self, before: Scene, after: Scene, grid: Grid, names, limit_bytes: int):
        self.names, self.grid = tuple(names), grid
        self.before = TileStore(before, grid, names, limit_bytes // 2)
        self.after = TileStore(after, grid, names, limit_bytes // 2)
        self.radiometry: Radiometry | None = None

    def block(self, window: Window, halo: int = 0, whiten: bool = False, normalise: bool = True):
        """Before and after (bands, rows + 2 halo, cols + 2 halo) float32, NaN = nodata.

        Whitened blocks are reflectance ÷ noise, else reflectance.
        """
        bands = len(self.names)
        shape = (bands, window.rows + 2 * halo, window.cols + 2 * halo)
        before, after = np.empty(shape, np.float32), np.empty(shape, np.float32)
        known = self.radiometry
        noise = known.noise if known is not None and whiten else np.ones(bands)
        gain = known.gain if known is not None and normalise else np.ones(bands)
        bias = known.offset if known is not None and normalise else np.zeros(bands)
        row, col = window.row - halo, window.col - halo
        self.paste(self.before, row, col, 1 / noise, np.zeros(bands), before)
        self.paste(self.after, row, col, gain / noise, bias / noise, after)
        return before, after

    def paste(self, store: TileStore, row: int, col: int, gain, bias, out) -> None:
        """Fill `out` with reflectance × gain + bias."""
        scale = (gain * store.scene.scale).astype(np.float32)
        offset = (gain * store.scene.offset + bias).astype(np.float32)
        store.paste(row, col, scale, offset, out)

    def close(self) -> None:
        """Let both files go."""
        self.before.close()
        self.after.close()

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *_):
        self.close()
