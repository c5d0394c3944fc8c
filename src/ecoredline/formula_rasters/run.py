"""Compute a formula part by part and write the map with what it says about itself."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import rasterio

from ecoredline import __version__
from ecoredline.errors import InputError
from ecoredline.files import remove, whole_file
from ecoredline.formula import Formula, UnitMismatch, clamp, named, out_of_range
from ecoredline.formula.check import too_small
from ecoredline.formula_rasters.parts import (
    CACHE_MB,
    Numbers,
    Part,
    Plan,
    make_parts,
    places,
    tiles_over,
)
from ecoredline.formula_rasters.sources import (
    Source,
    check_codes,
    check_lists,
    check_units,
    open_sources,
    rasters,
    shared_grid,
)
from ecoredline.raster import DEMO_TAG
from ecoredline.raster.layers import TILE_PX, map_profile
from ecoredline.raster.tile_sheet import TileSheet, empty_tiff, tiles_in
from ecoredline.record import DEMO_NOTICE, Job

PARTS_SUFFIX = ".parts"


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

    def add(self, numbers: Numbers) -> None:
        """Count a window in."""
        self.cells, self.valid = self.cells + numbers.cells, self.valid + numbers.valid
        self.low, self.high = np.fmin(self.low, numbers.low), np.fmax(self.high, numbers.high)
        self.total += numbers.total


Spread = Callable[[Callable, Sequence], Iterable[Part]]


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
    `spread` makes parts elsewhere (`dask_spread`): the same bytes.
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
        with whole_file(out) as part, parts_folder(out, spread) as folder:
            result = write_parts(formula, sources, grid, part, clamped, job, spread, folder)
            result.path = out
    return result


@contextmanager
def parts_folder(out: Path, spread: Spread | None) -> Iterator[Path | None]:
    """Where workers lay down their parts: beside the map, gone afterwards; none without workers."""
    folder = out.absolute().with_name(f"{out.stem}{PARTS_SUFFIX}")
    remove(folder)  # of a run that was killed
    if spread is None:
        yield None
        return
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        remove(folder)


def check_clamped(formula: Formula, clamped: Sequence[str]) -> None:
    """Raise `InputError` when an input to clamp is unknown or has no range."""
    for name in clamped:
        declared = formula.inputs.get(name)
        if declared is None or not math.isfinite(declared.low + declared.high):
            raise InputError(
                f"got --clamp {name}; wanted an input of {formula.name} with a valid range"
            )


def write_parts(formula, sources, grid, part: Path, clamped, job: Job, spread, folder) -> Result:
    """String the parts of a map together; checks ranges as it goes and magnitudes at the end."""
    wanted = places(grid, formula.output.axis == "times")
    if spread is None:
        parts = make_parts(formula, sources, grid, wanted, clamped)
    else:
        given = {s.name: s.given for s in sources}
        parts = spread(Plan(formula.name, given, tuple(clamped), str(folder)).make, wanted)
    result, bands = Result(part, {}), 0
    with open(part, "wb") as stream:
        sheet = TileSheet(stream, tiles_over(grid.cols), tiles_over(grid.rows))
        for done, (place, one) in enumerate(zip(wanted, parts, strict=True)):
            job.at("formula", done / len(wanted))
            for seen, numbers in zip(one.seen, one.numbers, strict=True):
                for source in sources:
                    source.take(seen[source.name])
                result.add(numbers)
            raise_mismatch(formula, sources)
            row, col, bands = place.row_off // TILE_PX, place.col_off // TILE_PX, one.bands
            sheet.put(row, col, tiles_over(place.width), tiles_in(one.data()))
        raise_mismatch(formula, sources, whole=True)
        result.remarks += remarks(sources, result)
        result.tags = tags_of(formula, sources)
        dress = partial(describe, formula=formula, tags=result.tags)
        sheet.finish(empty_tiff(map_profile(grid, count=bands), dress))
    return result


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


def raise_mismatch(formula: Formula, sources: Sequence[Source], whole: bool = False) -> None:
    """Raise `UnitMismatch` with all inputs out of range so far; of the whole map also too small."""
    faults = []
    for s in sources:
        faults += out_of_range(s.name, s.declared, s.low, s.high)
        faults += too_small(s.name, s.declared, s.low, s.high) if whole else []
    if faults:
        raise UnitMismatch(f"{formula.name} ({formula.zh}): " + "; ".join(faults))


def describe(made, formula: Formula, tags: Mapping[str, str]) -> None:
    """Write what a map says of itself and of each band."""
    for band in made.indexes:
        made.set_band_description(band, formula.output.zh)
        made.set_band_unit(band, formula.output.unit)
    made.update_tags(**tags)


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
