"""Pixels for many threads: each of the file's own tiles is decoded once and shared."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np
from numba import njit

from ecoredline.grid import Grid
from ecoredline.raster import Reader, Scene

TILE_PX = 512  # smaller tiles are read several at a time
SATURATED = {"uint16": 65535, "int16": 32767}  # in all bands; 8-bit images end at a white roof
BEHIND = 4  # windows that other threads may still be at
STRIP_PIXELS = 1 << 21  # pixels of a group of strips, when the file has no tiles


class TileStore:
    """Raw tiles of one scene, decoded once and kept while they are in use.

    Threads may ask at the same time; each has its own handle on the file. At most
    `limit_bytes` are kept; who goes first is in `least_wanted`.
    """

    def __init__(self, scene: Scene, grid: Grid, bands: Sequence[str], limit_bytes: int):
        self.scene, self.grid, self.bands = scene, grid, tuple(bands)
        self.limit_bytes, self.kept_bytes = limit_bytes, 0
        self.lock, self.local = threading.Lock(), threading.local()
        self.slots: OrderedDict[tuple[int, int], Future] = OrderedDict()
        self.needs: dict[tuple[int, int], tuple[int, int]] = {}
        self.now = 0
        self.readers: list[Reader] = []
        reader = self.reader()
        floats = scene.dtype.startswith("float")
        self.any_band = floats or bool(reader.nodata)  # see `raster.missing`
        missing_value = np.nan if floats else 0
        blank = missing_value if reader.nodata is None else reader.nodata
        self.blank = np.dtype(scene.dtype).type(blank)
        self.full = np.dtype(scene.dtype).type(SATURATED.get(scene.dtype, blank))
        self.origin = reader.origin
        self.tile = tile_shape(reader.tile, grid)

    def reader(self) -> Reader:
        """Give the calling thread its own handle."""
        if not hasattr(self.local, "reader"):
            self.local.reader = Reader(self.scene, self.grid, self.bands)
            with self.lock:
                self.readers.append(self.local.reader)
        return self.local.reader

    def get(self, key: tuple[int, int]) -> np.ndarray:
        """Raw values of the file's tile (row, col of tiles), cut to the grid."""
        with self.lock:
            slot, wanted = self.slots.get(key), None
            if slot is None:
                slot = wanted = self.slots[key] = Future()
            else:
                self.slots.move_to_end(key)
            self.now = max(self.now, self.needs.get(key, (0, 0))[0])
        if wanted is None:
            return slot.result()
        try:
            values = self.reader().raw(*self.span(key))
        except BaseException as fault:
            with self.lock:
                self.slots.pop(key, None)
            slot.set_exception(fault)
            raise
        slot.set_result(values)
        self.forget(values.nbytes)
        return values

    def forget(self, added: int) -> None:
        """Let the least wanted tiles go until the limit holds."""
        with self.lock:
            self.kept_bytes += added
            if self.kept_bytes <= self.limit_bytes:
                return
            for key in sorted(self.slots, key=self.least_wanted):  # stable: longest unused first
                if self.kept_bytes <= self.limit_bytes:
                    return
                if self.slots[key].done():
                    self.kept_bytes -= self.slots.pop(key).result().nbytes

    def expect(self, windows: Sequence, halo: int) -> None:
        """Say which windows will be read, in this order, so that what comes soon is kept."""
        needs: dict[tuple[int, int], tuple[int, int]] = {}
        for k, w in enumerate(windows):
            for key in self.keys(w.row - halo, w.col - halo, w.rows + 2 * halo, w.cols + 2 * halo):
                needs[key] = needs.get(key, (k, k))[0], k
        with self.lock:
            self.needs, self.now = needs, 0

    def least_wanted(self, key: tuple[int, int]) -> tuple[int, int]:
        """Order of letting tiles go: those no window needs any more, those needed last, the rest."""
        first, last = self.needs.get(key, (0, self.now))
        if last < self.now - BEHIND:
            return 0, 0
        return (1, -first) if first > self.now else (2, 0)

    def keys(self, row: int, col: int, rows: int, cols: int) -> list[tuple[int, int]]:
        """The tiles that a window meets; it may reach past the grid."""
        spans = []
        for start, count, origin, end, tile in zip(
            (row, col), (rows, cols), self.origin, (self.grid.rows, self.grid.cols), self.tile,
            strict=True,
        ):  # fmt: skip
            spans.append(range(*tile_range(max(start, 0), min(start + count, end), origin, tile)))
        return [(i, j) for i in spans[0] for j in spans[1]]

    def span(self, key: tuple[int, int]) -> tuple[int, int, int, int]:
        """Row, col, rows, cols of a tile, in grid pixels and cut to the grid."""
        sides = zip(key, self.tile, self.origin, (self.grid.rows, self.grid.cols), strict=True)
        spans = [(max(0, k * t - o), min(end, (k + 1) * t - o)) for k, t, o, end in sides]
        (row, row_end), (col, col_end) = spans
        return row, col, row_end - row, col_end - col

    def paste(self, row: int, col: int, scale: np.ndarray, offset: np.ndarray, out: np.ndarray):
        """Fill `out` (bands, rows, cols) from (row, col) on: values × scale + offset, NaN = nodata.

        The window may reach past the grid; there it is NaN.
        """
        _, rows, cols = out.shape
        row0, row1 = max(row, 0), min(row + rows, self.grid.rows)
        col0, col1 = max(col, 0), min(col + cols, self.grid.cols)
        if row0 > row or col0 > col or row1 < row + rows or col1 < col + cols:
            out[:] = np.nan
        for key in self.keys(row, col, rows, cols):
            r, c, h, w = self.span(key)
            top, left = max(r, row0), max(c, col0)
            high, wide = min(r + h, row1) - top, min(c + w, col1) - left
            place = np.array([top - r, left - c, high, wide, top - row, left - col], np.int64)
            tile = self.get(key)
            place_tile(tile, scale, offset, self.blank, self.full, self.any_band, place, out)

    def close(self) -> None:
        """Let the files and tiles go."""
        with self.lock:
            for reader in self.readers:
                reader.close()
            self.readers.clear()
            self.slots.clear()


def tile_shape(tile: tuple[int, int], grid: Grid) -> tuple[int, int]:
    """The unit to read: whole tiles of the file, several of them when they are small."""
    height, width = tile
    if width >= grid.cols and height < TILE_PX:  # strips
        return height * max(1, STRIP_PIXELS // (width * height)), width
    return height * max(1, TILE_PX // height), width * max(1, TILE_PX // width)


def tile_range(start: int, stop: int, origin: int, size: int) -> tuple[int, int]:
    """First and past-the-last tile that meet the pixels [start, stop).

    >>> tile_range(0, 512, 100, 512)
    (0, 2)
    """
    return (start + origin) // size, (stop - 1 + origin) // size + 1


@njit(nogil=True, cache=True)
def place_tile(tile, scale, offset, blank, full, any_band, place, out):
    """Write a part of tile × scale + offset into `out`; nodata and saturated pixels become NaN.

    `place` is the part's first row and column in the tile, its rows and columns, and where
    it goes in `out`. Nodata is as in `raster.missing`; saturated is `full` in every band.
    A row is searched for them only when its lowest and highest values leave room for one.
    """
    from_row, from_col, rows, cols, to_row, to_col = place
    bands = tile.shape[0]
    for y in range(rows):
        blanks, fulls = 0, 0
        for k in range(bands):
            source = tile[k, from_row + y, from_col : from_col + cols]
            target = out[k, to_row + y, to_col : to_col + cols]
            low, high, broken = write_row(source, scale[k], offset[k], target)
            blanks += broken or (low <= blank and blank <= high)
            fulls += high >= full
        if max(blanks, fulls) == bands or (any_band and blanks > 0):
            source = tile[:, from_row + y, from_col : from_col + cols]
            blank_row(source, blank, full, any_band, out[:, to_row + y, to_col : to_col + cols])


@njit(nogil=True, cache=True)
def write_row(source, factor, shift, target):
    """Write source × factor + shift; give lowest, highest, and whether one is not a number."""
    low, high, total = source[0], source[0], np.float32(0)
    for x in range(len(source)):
        value = source[x]
        number = np.float32(value)
        target[x] = number * factor + shift
        low = value if value < low else low
        high = value if value > high else high
    if isinstance(source[0], float):
        for x in range(len(source)):
            total += target[x] - target[x]
    return low, high, total != 0


@njit(nogil=True, cache=True)
def blank_row(source, blank, full, any_band, target):
    """Make the nodata and saturated pixels of one row (bands, cols) NaN in all bands."""
    bands, cols = source.shape
    for x in range(cols):
        blanks, fulls = 0, 0
        for k in range(bands):
            value = source[k, x]
            blanks += (value == blank) | (not np.isfinite(value))
            fulls += value == full
        if max(blanks, fulls) == bands or (any_band and blanks > 0):
            for k in range(bands):
                target[k, x] = np.nan
