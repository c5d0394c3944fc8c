"""Where a formula's values come from: numbers, lists, bands of rasters on one grid, cell areas."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from pyproj import CRS, Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window
from shapely import box

from ecoredline.codes import code_list
from ecoredline.datum import refuse_old
from ecoredline.errors import GridMismatch, InputError, SourceError, UnknownCode, UnsuitableCRS
from ecoredline.files import sha256
from ecoredline.formula import Formula, Input, UnitMismatch
from ecoredline.formula.check import check_names, extremes
from ecoredline.geodesy import M2_PER_HA, areas_ha
from ecoredline.grid import STORAGE_CRS, Grid, parallelogram_m2
from ecoredline.raster import open_dataset

BLOCK_VALUES = 1 << 20  # values of one input held at once
BLOCK_SIDES = (1024, 512, 256, 128, 64)
AREA_LATTICE_PX = 64  # cells that share one area on a projected grid
AREA = "@area"
# units as files write them → what they measure; two that differ cannot stand for each other
SAID = {
    "°": "degrees", "deg": "degrees", "degree": "degrees", "degrees": "degrees",
    "%": "per cent", "percent": "per cent", "per cent": "per cent", "1": "fraction",
    "mm": "mm", "mm/a": "mm", "mm/yr": "mm", "mm/year": "mm", "cm": "cm", "cm/a": "cm",
    "m": "m", "m/a": "m", "metre": "m", "meter": "m", "km": "km",
    "m²": "m2", "m2": "m2", "hm²": "ha", "ha": "ha", "km²": "km2", "km2": "km2",
    "t/(hm²·a)": "t/ha", "t/(km²·a)": "t/km2", "kg/m²": "kg/m2",
}  # fmt: skip
LIST_SUFFIXES = {".csv", ".txt"}


@dataclass
class Source:
    """Where one input's values come from: a number, a list, bands of a raster, or the cell area."""

    name: str
    declared: Input
    given: str
    value: object = None
    path: Path | None = None
    dataset: object = None
    bands: tuple[int, ...] = ()
    low: float = math.nan
    high: float = math.nan
    moved: int = 0

    def block(self, grid: Grid, window: Window) -> object:
        """The values on a window: float64 (rows, cols), (times, rows, cols), a list or a number."""
        if self.given == AREA:
            return cell_areas(grid, window)
        if self.dataset is None:
            return self.value
        values = read_values(self.dataset, self.path, self.bands, window)
        return values if self.declared.axis == "times" else values[0]

    def take(self, seen: tuple[float, float, int]) -> None:
        """Remember the extremes and the clamped cells of a block."""
        low, high, moved = seen
        self.low, self.high = np.fmin(self.low, low), np.fmax(self.high, high)
        self.moved += moved

    def note(self, values) -> None:
        """Remember the extremes of what was read."""
        low, high = extremes(values)
        self.low, self.high = np.fmin(self.low, low), np.fmax(self.high, high)

    @property
    def record(self) -> dict:
        """What the result says of this input; files by their hash."""
        said = {"value": self.given} if self.path is None else {
            "file": self.path.name, "sha256": sha256(self.path), "bands": list(self.bands),
        }  # fmt: skip
        return said | ({"clamped": self.moved} if self.moved else {})


def open_sources(formula: Formula, given: Mapping[str, str], files: ExitStack) -> list[Source]:
    """Open everything that was given; raise for wrong names, tables, and files that do not open."""
    check_names(formula, given)
    axes = [i.axis for i in formula.inputs.values()] + [formula.output.axis]
    if "table" in axes:
        raise InputError(
            f"{formula.name} works on tables, not maps: call "
            f"{formula.function.__module__}.{formula.name} from Python"
        )
    return [source_of(name, formula.inputs[name], text, files) for name, text in given.items()]


def source_of(name: str, declared: Input, text: str, files: ExitStack) -> Source:
    """One input from what was typed for it."""
    text = str(text).strip()
    if text == AREA:
        if declared.unit != "m²":
            raise InputError(
                f"got {AREA} for {name} in {declared.unit}; wanted it for an area in m²"
            )
        return Source(name, declared, text)
    numbers = as_numbers(text)
    if numbers is not None:
        single = len(numbers) == 1 and declared.axis not in ("list", "times")
        return Source(name, declared, text, numbers[0] if single else np.array(numbers))
    if Path(text).suffix.lower() in LIST_SUFFIXES:
        return Source(name, declared, text, np.array(listed_numbers(Path(text))), Path(text))
    if declared.axis in ("number", "list"):
        wanted = "one number" if declared.axis == "number" else "a,b,c or a list file"
        raise InputError(f"got {name}={text}; wanted {wanted}")
    path, band = path_and_band(text)
    dataset = files.enter_context(open_dataset(path))
    bands = chosen_bands(dataset, path, band, declared)
    return Source(name, declared, text, path=path, dataset=dataset, bands=bands)


def path_and_band(text: str) -> tuple[Path, str]:
    """`dem.tif@2` as path and band; the band is empty when none is asked for.

    >>> path_and_band("dem.tif@2")[1]
    '2'
    """
    path, sign, band = text.rpartition("@")
    return (Path(path), band) if sign and not Path(text).exists() else (Path(text), "")


def as_numbers(text: str) -> list[float] | None:
    """`1,2.5` as numbers; None when it is no list of numbers.

    >>> as_numbers("1,2.5"), as_numbers("rain.tif")
    ([1.0, 2.5], None)
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return None


def listed_numbers(path: Path) -> list[float]:
    """Numbers of a text file, one a line."""
    try:
        lines = path.read_text("utf-8").split()
        return [float(line) for line in lines]
    except (OSError, ValueError) as fault:
        raise SourceError(f"could not read {path} as one number a line: {fault}") from fault


def chosen_bands(dataset, path, band: str, declared: Input) -> tuple[int, ...]:
    """Band numbers to read: the one asked for, all of a series, else the only one."""
    if band:
        if not band.isdigit() or not 1 <= int(band) <= dataset.count:
            raise InputError(f"got band {band} of {path}; wanted 1 to {dataset.count}")
        return (int(band),)
    if declared.axis == "times":
        return tuple(dataset.indexes)
    if dataset.count > 1:
        raise InputError(f"{path} has {dataset.count} bands; say which: {path}@1")
    return (1,)


def rasters(sources: Sequence[Source]) -> list[Source]:
    """Those that are maps."""
    return [s for s in sources if s.dataset is not None]


def shared_grid(formula: Formula, sources: Sequence[Source]) -> Grid:
    """The one grid of all maps; raise `GridMismatch` that lists every fault of every map."""
    maps = rasters(sources)
    if not maps:
        raise InputError(f"got no raster for {formula.name}; wanted at least one with --out")
    grids = [grid_of(s) for s in maps]
    first, faults = grids[0], []
    for source, grid in zip(maps[1:], grids[1:], strict=True):
        if not first.same_as(grid):
            said = "; ".join(differences(first, grid))
            faults.append(f"{source.name} ({source.path.name}): {said}")
    if faults:
        raise GridMismatch(
            f"got rasters that do not lie on the grid of {maps[0].name} ({maps[0].path.name}): "
            + " | ".join(faults)
            + ". Bring them onto one grid first (gdalwarp -t_srs -te -tr)"
        )
    return first


def grid_of(source: Source) -> Grid:
    """The grid of one map; raise `UnsuitableCRS` without a coordinate system."""
    dataset = source.dataset
    if dataset.crs is None:
        raise UnsuitableCRS(
            f"{source.path} has no coordinate system; wanted one: set it with gdal_edit.py -a_srs"
        )
    return Grid(
        refuse_old(CRS.from_user_input(dataset.crs.to_wkt()), source.path),
        dataset.transform,
        dataset.height,
        dataset.width,
    )


def differences(first: Grid, other: Grid) -> list[str]:
    """In words, in what two grids differ.

    >>> from affine import Affine
    >>> a = Grid(CRS.from_epsg(4543), Affine(2, 0, 0, 0, -2, 0), 10, 10)
    >>> differences(a, Grid(a.crs, Affine(2, 0, 1, 0, -2, 0), 10, 9))
    ['10 x 9 pixels instead of 10 x 10', 'origin 0.5, 0 pixels off']
    """
    said, a, b = [], first.transform, other.transform
    if first.crs != other.crs:
        said.append(f"coordinate system {other.crs.name} instead of {first.crs.name}")
    if (first.rows, first.cols) != (other.rows, other.cols):
        said.append(f"{other.rows} x {other.cols} pixels instead of {first.rows} x {first.cols}")
    if not np.allclose([a.a, a.b, a.d, a.e], [b.a, b.b, b.d, b.e], rtol=1e-6, atol=0):
        said.append(f"pixel {b.a:g}, {b.e:g} instead of {a.a:g}, {a.e:g}")
    if first.crs == other.crs:
        col, row = ~a * (b.c, b.f)
        if max(abs(col), abs(row)) > 1e-3:
            said.append(f"origin {round(col, 3):g}, {round(row, 3):g} pixels off")
    return said or ["its far corner is off: pixel sizes differ slightly"]


def check_units(formula: Formula, sources: Sequence[Source]) -> None:
    """Raise `UnitMismatch` for maps that say themselves that they are in another unit than declared.

    Catches what no range can: a slope of 40 per cent may be one of 40 degrees. A map without a unit,
    or with one not in `SAID`, is judged by its numbers alone.
    """
    faults = []
    for source in rasters(sources):
        wanted = SAID.get(source.declared.unit)
        said = {source.dataset.units[band - 1] or "" for band in source.bands}
        for unit in sorted(u for u in said if u in SAID and wanted and SAID[u] != wanted):
            faults.append(
                f"{source.name} ({source.path.name}) says it is in {unit}; wanted {source.declared.unit}"
            )
    if faults:
        raise UnitMismatch(f"{formula.name} ({formula.zh}): " + "; ".join(faults))


def check_lists(formula: Formula, sources: Sequence[Source]) -> None:
    """Raise `InputError` when lists and series of one formula differ in length."""
    lengths = {}
    for source in sources:
        if source.declared.axis in ("list", "times") and source.given != AREA:
            lengths[source.name] = len(source.bands) or np.size(source.value)
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"{formula.name}: got " + ", ".join(f"{n} of {k}" for n, k in lengths.items())
            + " entries; wanted the same number of each"
        )  # fmt: skip


def check_codes(sources: Sequence[Source], grid: Grid) -> None:
    """Look through every class map first; raise `UnknownCode` that lists all codes without a row."""
    faults = []
    for source in rasters(sources):
        if not source.declared.codes:
            continue
        known = {float(code) for code in code_list(source.declared.codes)}
        found = set()
        for window in windows(grid, 1):
            found |= set(np.unique(source.block(grid, window)).tolist())
        without = sorted(c for c in found if not math.isnan(c) and c not in known)
        if without:
            listed = ", ".join(f"{c:g}" for c in without)
            faults.append(
                f"{source.name} ({source.path.name}) has {listed}; rows of {source.declared.codes}: {', '.join(f'{c:g}' for c in sorted(known))}"
            )
    if faults:
        raise UnknownCode("got codes without a row: " + " | ".join(faults) + ": reclassify the map")


def windows(grid: Grid, depth: int) -> Iterator[Window]:
    """Square windows over the grid, small enough that `depth` bands stay within the limit."""
    side = block_side(depth)
    return squares(Window(0, 0, grid.cols, grid.rows), side, side)


def block_side(depth: int) -> int:
    """Side of a window, small enough that `depth` bands stay within the limit.

    >>> block_side(1), block_side(12)
    (1024, 256)
    """
    return next((s for s in BLOCK_SIDES if s * s * depth <= BLOCK_VALUES), BLOCK_SIDES[-1])


def squares(whole: Window, rows: int, cols: int) -> Iterator[Window]:
    """A window cut into windows of `rows` × `cols`, row by row; the last ones are smaller.

    >>> [(w.col_off, w.width) for w in squares(Window(8, 0, 10, 4), 4, 6)]
    [(8, 6), (14, 4)]
    """
    bottom, right = whole.row_off + whole.height, whole.col_off + whole.width
    for row in range(whole.row_off, bottom, rows):
        for col in range(whole.col_off, right, cols):
            yield Window(col, row, min(cols, right - col), min(rows, bottom - row))


def read_values(dataset, path, bands: tuple[int, ...], window: Window) -> np.ndarray:
    """Values float64 (bands, rows, cols) with the file's scale and offset, NaN = nodata."""
    try:
        stored = dataset.read(list(bands), window=window, masked=True)
    except (RasterioError, OSError) as fault:
        raise SourceError(f"could not read {path} ({fault}): copy the file again") from fault
    values = np.ma.filled(stored.astype(np.float64), np.nan)
    for layer, band in zip(values, bands, strict=True):
        scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
        if (scale, offset) != (1.0, 0.0):
            layer *= scale
            layer += offset
    return values


def cell_areas(grid: Grid, window: Window) -> np.ndarray:
    """Area of each cell of the window in m², on the ellipsoid; broadcasts to (rows, cols).

    In degrees exact for every row; on a projected grid one area for each 64 x 64 cells.
    """
    row, col, rows, cols = window.row_off, window.col_off, window.height, window.width
    if grid.crs.is_geographic:
        tops = [grid.transform * (0, row + i) for i in range(rows + 1)]
        west, east = tops[0][0], tops[0][0] + grid.transform.a
        cells = [box(west, s[1], east, n[1]) for n, s in itertools.pairwise(tops)]
        return areas_ha(cells)[:, None] * M2_PER_HA
    tops, heights = lattice(rows)
    lefts, widths = lattice(cols)
    middles = np.meshgrid(col + lefts + widths / 2, row + tops + heights / 2)
    areas = ground_areas(grid, *middles)
    return areas.repeat(heights.astype(int), axis=0).repeat(widths.astype(int), axis=1)


def lattice(length: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and sizes of the stretches of cells that share an area.

    >>> [a.tolist() for a in lattice(100)]
    [[0.0, 64.0], [64.0, 36.0]]
    """
    starts = np.arange(0, length, AREA_LATTICE_PX, dtype=float)
    return starts, np.minimum(AREA_LATTICE_PX, length - starts)


def ground_areas(grid: Grid, cols: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`Grid.pixel_area_m2` of many pixels at once."""
    return parallelogram_m2(grid.transform, lonlat_of(grid.crs), cols, rows)


@cache
def lonlat_of(crs: CRS) -> Transformer:
    """Transformer to CGCS2000 lon, lat; made once for a system."""
    return Transformer.from_crs(crs, STORAGE_CRS, always_xy=True)
