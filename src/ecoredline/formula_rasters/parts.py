"""A map computed part by part: whoever makes a part packs its tiles; one writer strings them together.

A part is a function of the formula, the files and its place alone, so it does not matter who makes it, how
often, or in which order parts come back: the map has the same bytes. What travels between processes
is a name and a few numbers; the tiles lie on the disk that all of them see.
"""

import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from rasterio.io import MemoryFile
from rasterio.windows import Window

from ecoredline.errors import OutputError, SourceError
from ecoredline.files import whole_file
from ecoredline.formula import Formula, UnitMismatch, clamp, named, out_of_range
from ecoredline.formula.check import extremes
from ecoredline.formula_rasters.sources import (
    Source,
    block_side,
    open_sources,
    rasters,
    shared_grid,
    squares,
)
from ecoredline.grid import Grid
from ecoredline.raster.layers import TILE_PX, map_profile

CACHE_MB = 128
PART_ROWS, PART_COLS = 1024, 4096  # of a one-band map: 16 MB of values at once


class Numbers(NamedTuple):
    """Of one window of a map: cells, cells with a value, lowest, highest, sum."""

    cells: int
    valid: int
    low: float
    high: float
    total: float


class Part(NamedTuple):
    """A finished part: its bands, its own small TIFF (or where that lies), and of each window in turn
    the numbers and what went in (input → lowest, highest, clamped cells).
    """

    bands: int
    tiff: bytes | str
    numbers: list[Numbers]
    seen: list[dict[str, tuple[float, float, int]]]

    def data(self) -> bytes:
        """The small TIFF; one on disk is taken away with it. Raises `SourceError`."""
        if isinstance(self.tiff, bytes):
            return self.tiff
        path = Path(self.tiff)
        try:
            data = path.read_bytes()
            path.unlink()
        except OSError as fault:
            raise SourceError(
                f"a worker's part {path} is not here ({fault.strerror}); wanted --out on a disk "
                "that all workers see at the same path"
            ) from fault
        return data


class Plan(NamedTuple):
    """All that whoever makes a part must know; nothing open, so it travels."""

    formula: str
    given: Mapping[str, str]
    clamped: tuple[str, ...]
    folder: str | None  # where parts are laid down; None: they come back as bytes

    def make(self, place: Window) -> Part:
        """Open the files and make one part."""
        with ExitStack() as files:
            files.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_MB << 20))
            formula = named(self.formula)
            sources = open_sources(formula, self.given, files)
            part = make_part(formula, sources, shared_grid(formula, sources), place, self.clamped)
        return part._replace(tiff=self.lay_down(part.tiff))

    def lay_down(self, tiff: bytes) -> str:
        """Write a part under a name that nobody else has: a lost worker may still be at the same one."""
        if not Path(self.folder).is_dir():
            raise OutputError(
                f"a worker sees no folder {self.folder}; wanted --out on a disk that all workers "
                "see at the same path"
            )
        path = Path(self.folder) / f"{uuid.uuid4().hex}.tif"
        with whole_file(path) as part:
            part.write_bytes(tiff)
        return str(path)


def places(grid: Grid, bands_out: bool) -> list[Window]:
    """Where the parts lie, row by row: whole tiles; of maps of many bands one tile each."""
    rows, cols = (TILE_PX, TILE_PX) if bands_out else (PART_ROWS, PART_COLS)
    return list(squares(Window(0, 0, grid.cols, grid.rows), rows, cols))


def make_parts(
    formula: Formula, sources: Sequence[Source], grid: Grid, wanted: Iterable[Window], clamped
) -> Iterator[Part]:
    """The parts one after another, in this process."""
    for place in wanted:
        yield make_part(formula, sources, grid, place, clamped)


def make_part(formula, sources, grid: Grid, place: Window, clamped) -> Part:
    """Compute the windows of a part and pack its tiles."""
    side = block_side(max(len(s.bands) for s in rasters(sources)))
    numbers, seen, made = [], [], None
    own = grid.window(place.row_off, place.col_off, place.height, place.width)
    with MemoryFile() as held:
        try:
            for window in squares(place, side, side):
                found, went_in = compute_block(formula, sources, grid, window, clamped)
                made = made or held.open(**map_profile(own, count=len(found)))
                here = Window(window.col_off - place.col_off, window.row_off - place.row_off, window.width, window.height)  # fmt: skip
                made.write(found, window=here)
                numbers.append(numbers_of(found))
                seen.append(went_in)
            bands = made.count
        finally:
            if made is not None:
                made.close()
        return Part(bands, bytes(held.getbuffer()), numbers, seen)


def numbers_of(values: np.ndarray) -> Numbers:
    """The numbers of one window's values.

    >>> numbers_of(np.array([1.0, np.nan, 3.0]))
    Numbers(cells=3, valid=2, low=1.0, high=3.0, total=4.0)
    """
    valid = int(np.isfinite(values).sum())
    low, high = extremes(values)
    return Numbers(values.size, valid, low, high, float(np.nansum(values, dtype=np.float64)))


def compute_block(formula, sources, grid, window, clamped) -> tuple[np.ndarray, dict]:
    """The formula on one window, float32 (bands, rows, cols), and the extremes of what went in."""
    values, seen = {}, {}
    for source in sources:
        block, moved = source.block(grid, window), 0
        if source.name in clamped:
            block, moved = clamp(block, source.declared)
        values[source.name], seen[source.name] = block, (*extremes(block), moved)
    check_window(formula, sources, seen)
    shape = (window.height, window.width)
    found = np.asarray(formula.function(**values)).astype(np.float32)
    lead = found.shape[:1] if formula.output.axis == "times" else ()
    return np.broadcast_to(found, (*lead, *shape)).reshape(-1, *shape), seen


def check_window(formula: Formula, sources: Sequence[Source], seen: Mapping) -> None:
    """Raise `UnitMismatch` before a formula meets values out of range."""
    faults = []
    for source in sources:
        low, high, _ = seen[source.name]
        faults += out_of_range(source.name, source.declared, low, high)
    if faults:
        raise UnitMismatch(f"{formula.name} ({formula.zh}): " + "; ".join(faults))


def tiles_over(pixels: int) -> int:
    """How many tiles lie over so many pixels.

    >>> tiles_over(512), tiles_over(513)
    (1, 2)
    """
    return math.ceil(pixels / TILE_PX)
