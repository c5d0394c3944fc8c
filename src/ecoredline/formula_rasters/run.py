"""Compute a formula block by block and write the map with what it says about itself."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio

from ecoredline import __version__
from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.formula import Formula, UnitMismatch, clamp, named, out_of_range
from ecoredline.formula.check import extremes, too_small
from ecoredline.formula_rasters.sources import (
    Source,
    check_codes,
    check_lists,
    check_units,
    open_sources,
    rasters,
    shared_grid,
    windows,
)
from ecoredline.grid import Grid
from ecoredline.raster import DEMO_TAG
from ecoredline.record import DEMO_NOTICE, Job

TILE_PX = 512
CACHE_MB = 128


@dataclass
class Result:
    """What a run made: the file, its tags, and numbers to look at."""

    path: Path
    tags: dict[str, str]
    cells: int = 0
    valid: int = 0
    low: float = math.nan
    high: float = math.nan
    total: float = 0.0
    remarks: list[str] = field(default_factory=list)

    def add(self, values: np.ndarray) -> None:
        """Count a block in."""
        self.cells, self.valid = (
            self.cells + values.size,
            self.valid + int(np.isfinite(values).sum()),
        )
        low, high = extremes(values)
        self.low, self.high = np.fmin(self.low, low), np.fmax(self.high, high)
        self.total += float(np.nansum(values, dtype=np.float64))


class Block(NamedTuple):
    """What came of one window: values (bands, rows, cols); input → lowest, highest, clamped cells."""

    found: np.ndarray
    seen: dict[str, tuple[float, float, int]]


Spread = Callable[[Callable, Sequence], Iterable[Block]]


def formula_value(name: str, given: Mapping[str, str]) -> np.ndarray:
    """The formula's value of plain numbers (and lists of numbers); inputs are checked.

    >>> float(formula_value("steepness_factor", {"slope": "8"}).round(4))
    1.8381
    """
    formula = named(name)
    with ExitStack() as files:
        sources = open_sources(formula, given, files)
        if rasters(sources):
            raise InputError("got rasters; wanted --out for the map they give")
        check_lists(formula, sources)
        values = {s.name: s.value for s in sources}
        for source in sources:
            source.note(source.value)
        raise_mismatch(formula, sources, whole=True)
        return np.asarray(formula.function(**values))


def run_formula(
    name: str,
    given: Mapping[str, str],
    out: Path | str,
    *,
    clamped: Sequence[str] = (),
    job: Job | None = None,
    spread: Spread | None = None,
) -> Result:
    """Compute a formula over rasters on one grid and write a GeoTIFF (float32, NaN = nodata).

    `given` maps input → number, `a,b,c`, list file, raster, raster@band, or `@area`;
    inputs in `clamped` are brought into their valid range and the tags say how many were.
    `spread` computes blocks elsewhere (`dask_spread`); the result is the same bytes.
    Raises `GridMismatch` (all faults), `UnknownCode` (all codes), `UnitMismatch`, `InputError`.
    """
    formula, out, job = named(name), Path(out), job or Job()
    with ExitStack() as files:
        files.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_MB << 20))
        sources = open_sources(formula, given, files)
        grid = shared_grid(formula, sources)
        check_lists(formula, sources)
        check_units(formula, sources)
        check_clamped(formula, clamped)
        check_codes(sources, grid)
        with whole_file(out) as part:
            result = write_blocks(formula, sources, grid, part, clamped, job, spread)
            result.path = out
    return result


def check_clamped(formula: Formula, clamped: Sequence[str]) -> None:
    """Raise `InputError` when an input to clamp is unknown or has no range."""
    for name in clamped:
        declared = formula.inputs.get(name)
        if declared is None or not math.isfinite(declared.low + declared.high):
            raise InputError(
                f"got --clamp {name}; wanted an input of {formula.name} with a valid range"
            )


def write_blocks(formula, sources, grid, part: Path, clamped, job: Job, spread=None) -> Result:
    """Compute block after block and write it; checks ranges as it goes and magnitudes at the end."""
    depth = max(len(s.bands) for s in rasters(sources))
    blocks = list(windows(grid, depth))
    if spread is None:
        computed = (compute_block(formula, sources, grid, w, clamped) for w in blocks)
    else:
        given = {s.name: s.given for s in sources}
        computed = spread(partial(compute_alone, formula.name, given, tuple(clamped)), blocks)
    result, made = Result(part, {}), None
    try:
        for done, (window, block) in enumerate(zip(blocks, computed, strict=True)):
            job.at("formula", done / len(blocks))
            for source in sources:
                source.take(block.seen[source.name])
            raise_mismatch(formula, sources)
            made = made or create(part, grid, len(block.found), formula)
            made.write(block.found, window=window)
            result.add(block.found)
        raise_mismatch(formula, sources, whole=True)
        result.remarks += remarks(sources, result)
        result.tags = tags_of(formula, sources)
        made.update_tags(**result.tags)
    finally:
        if made is not None:
            made.close()
    return result


def compute_block(formula, sources, grid, window, clamped) -> Block:
    """The formula on one window, float32 (bands, rows, cols) as written, and the extremes of what went in."""
    values, seen = {}, {}
    for source in sources:
        block, moved = source.block(grid, window), 0
        if source.name in clamped:
            block, moved = clamp(block, source.declared)
        values[source.name], seen[source.name] = block, (*extremes(block), moved)
    check_window(formula, sources, seen)
    shape = (window.height, window.width)
    found = np.asarray(formula.function(**values)).astype(
        np.float32
    )  # half the way between processes
    lead = found.shape[:1] if formula.output.axis == "times" else ()
    return Block(np.broadcast_to(found, (*lead, *shape)).reshape(-1, *shape), seen)


def compute_alone(name: str, given: Mapping[str, str], clamped, window) -> Block:
    """`compute_block` that opens the files itself: for another process."""
    formula = named(name)
    with ExitStack() as files:
        sources = open_sources(formula, given, files)
        return compute_block(formula, sources, shared_grid(formula, sources), window, clamped)


def checked_block(formula, sources, grid, window, clamped) -> dict[str, object]:
    """The inputs on a window, clamped where that was asked for, within their valid range."""
    values = {}
    for source in sources:
        block = source.block(grid, window)
        if source.name in clamped:
            block, moved = clamp(block, source.declared)
            source.moved += moved
        source.note(block)
        values[source.name] = block
    raise_mismatch(formula, sources)
    return values


def check_window(formula: Formula, sources: Sequence[Source], seen: Mapping) -> None:
    """Raise `UnitMismatch` before a formula meets values out of range."""
    faults = []
    for source in sources:
        low, high, _ = seen[source.name]
        faults += out_of_range(source.name, source.declared, low, high)
    if faults:
        raise UnitMismatch(f"{formula.name} ({formula.zh}): " + "; ".join(faults))


def raise_mismatch(formula: Formula, sources: Sequence[Source], whole: bool = False) -> None:
    """Raise `UnitMismatch` with all inputs out of range so far; of the whole map also too small."""
    faults = []
    for s in sources:
        faults += out_of_range(s.name, s.declared, s.low, s.high)
        faults += too_small(s.name, s.declared, s.low, s.high) if whole else []
    if faults:
        raise UnitMismatch(f"{formula.name} ({formula.zh}): " + "; ".join(faults))


def create(part: Path, grid: Grid, count: int, formula: Formula):
    """Open the GeoTIFF to write into."""
    made = rasterio.open(
        part, "w", driver="GTiff", crs=grid.crs.to_wkt(), transform=grid.transform,
        height=grid.rows, width=grid.cols, count=count, dtype="float32", nodata=math.nan,
        tiled=True, blockxsize=TILE_PX, blockysize=TILE_PX, compress="deflate", predictor=3,
        BIGTIFF="IF_SAFER",
    )  # fmt: skip
    for band in made.indexes:
        made.set_band_description(band, formula.output.zh)
        made.set_band_unit(band, formula.output.unit)
    return made


def remarks(sources: Sequence[Source], result: Result) -> list[str]:
    """What the user should be told."""
    said = [
        f"{s.name}（{s.declared.zh}）有 {s.moved} 个像元超出 {s.declared.low:g}—{s.declared.high:g}，已截到界内"
        for s in sources
        if s.moved
    ]
    return said if result.valid else [*said, "没有一个像元的全部输入有值，结果全为空"]


def tags_of(formula: Formula, sources: Sequence[Source]) -> dict[str, str]:
    """What the result says about itself; a document is named only when its text was checked."""
    inputs = {s.name: s.record for s in sources}
    tags = {
        "ECOREDLINE_FORMULA": formula.name,
        "ECOREDLINE_FORMULA_ZH": formula.zh,
        "ECOREDLINE_SOURCE": formula.source.cite,
        "ECOREDLINE_SOURCE_TAG": formula.source.tag,
        "ECOREDLINE_UNIT": formula.output.unit,
        "ECOREDLINE_INPUTS": json.dumps(inputs, ensure_ascii=False, sort_keys=True),
        "ECOREDLINE_VERSION": __version__,
    }
    if formula.notes:
        tags["ECOREDLINE_NOTES"] = formula.notes
    if any(s.dataset.tags().get(DEMO_TAG) == "1" for s in rasters(sources)):
        tags |= {DEMO_TAG: "1", "ECOREDLINE_NOTICE": DEMO_NOTICE}
    return tags
