"""Before and after chips of a patch: one stretch for both dates, outline, scale bar, north.

Pure: arrays and shapes in, pictures out. Shapes are in EPSG:4490 (lon, lat).
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFont
from pyproj import CRS, Transformer

from ecoredline.documents.demo_mark import demo_mark
from ecoredline.errors import GridMismatch, InputError
from ecoredline.grid import STORAGE_CRS, Grid

MARGIN = 0.6  # of the patch's longer side, on each side
MINIMUM_SIDE_M = 120.0
LARGEST_PX, SMALLEST_PX = 640, 400  # longer side of a chip, so that its lettering stays readable
BLOCKY_FROM = 12  # pixels drawn this large are shown as the blocks they are
STRETCH_PERCENT = (2.0, 98.0)
LEAST_RANGE = 0.02  # reflectance: a flat band is not blown up to noise
SAMPLE_PIXELS = 20000
TONES, GAMMA = 1024, 0.55
NO_DATA_GREY = 176
OUTLINE, REDLINE, HALO = (255, 230, 0), (255, 45, 45), (0, 0, 0)
TEXT_PX, PAD_PX = 17, 12
NICE = (1, 2, 5)
TRUE_COLOUR = ("red", "green", "blue")
FALSE_COLOUR = ("nir", "red", "green")


def colour_bands(band_names: Sequence[str]) -> tuple[tuple[int, int, int], str]:
    """Which bands are shown as red, green and blue, and what that is called.

    >>> colour_bands(("blue", "green", "red", "nir"))
    ((2, 1, 0), '真彩色')
    """
    names = list(band_names)
    if not names:
        raise InputError("got no band names; wanted one or more: name the bands of the arrays")
    for wanted, said in ((TRUE_COLOUR, "真彩色"), (FALSE_COLOUR, "标准假彩色")):
        if all(name in names for name in wanted):
            return tuple(names.index(name) for name in wanted), said
    if len(names) >= 3:
        return (2, 1, 0), "前三个波段合成"
    return (0, 0, 0), "单波段灰度"


def chip_window(
    geometry, grid: Grid, *, margin: float = MARGIN, minimum_m: float = MINIMUM_SIDE_M
) -> tuple[int, int, int, int]:
    """The square on the ground around a patch, as (row, col, rows, cols) inside the grid.

    It is `margin` of the patch's longer side wider on each side and `minimum_m` at least;
    at the edge of the image it is moved inwards, then cut. Raises `GridMismatch` when the
    patch lies outside the grid.

    >>> from affine import Affine
    >>> grid = Grid(CRS.from_epsg(4490), Affine(1e-4, 0, 101.0, 0, -1e-4, 27.0), 500, 500)
    >>> chip_window(shapely.Point(101.02, 26.98).buffer(0.002), grid)[:2]
    (156, 150)
    """
    west, north, east, south = shapely.bounds(to_pixels(geometry, grid))
    if east < 0 or south < 0 or west > grid.cols or north > grid.rows:
        raise GridMismatch("got a patch outside the image; wanted one on the grid it was found on")
    width_m, height_m = _pixel_m(grid)
    side_m = max((east - west) * width_m, (south - north) * height_m)
    side_m = max(minimum_m, side_m * (1 + 2 * margin))
    rows, row = _span(north, south, side_m / height_m, grid.rows)
    cols, col = _span(west, east, side_m / width_m, grid.cols)
    return row, col, rows, cols


def _span(low: float, high: float, wanted: float, limit: int) -> tuple[int, int]:
    """Length and start of a run of pixels centred on low..high, kept inside 0..limit."""
    length = min(limit, math.ceil(wanted))
    start = round((low + high) / 2 - length / 2)
    return length, min(max(0, start), limit - length)


@cache
def _pixel_m(grid: Grid) -> tuple[float, float]:
    """Sides of a pixel of the whole grid, asked for each patch and always the same."""
    return grid.pixel_m


@cache
def _to_grid(crs: CRS) -> Transformer:
    """From the storage CRS to the grid's own coordinates."""
    return Transformer.from_crs(STORAGE_CRS, crs, always_xy=True)


def to_pixels(geometry, grid: Grid):
    """A lon/lat shape in the grid's pixel coordinates (col, row), pixel corners at integers."""
    inverse = ~grid.transform

    def turn(xy: np.ndarray) -> np.ndarray:
        x, y = _to_grid(grid.crs).transform(xy[:, 0], xy[:, 1])
        return np.column_stack(inverse * (np.asarray(x), np.asarray(y)))

    return shapely.transform(geometry, turn)


def stretch_limits(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Low and high reflectance per band, from both dates together, so that both look alike.

    Arrays (bands, rows, cols); NaN is left out. A band without data gives 0 and 1.
    """
    lows, highs = [], []
    for pair in zip(before, after, strict=True):
        values = np.concatenate([band[np.isfinite(band)] for band in pair])
        values = values[:: max(1, len(values) // SAMPLE_PIXELS)]
        low, high = np.percentile(values, STRETCH_PERCENT) if len(values) else (0.0, 1.0)
        spare = max(0.0, LEAST_RANGE - (high - low)) / 2
        lows.append(low - spare)
        highs.append(high + spare)
    return np.array(lows, np.float32), np.array(highs, np.float32)


def stretched(array: np.ndarray, low: np.ndarray, high: np.ndarray) -> Image.Image:
    """Reflectance (3, rows, cols) as a picture, dark parts lifted; nodata is grey."""
    blank = ~np.isfinite(array).all(axis=0)
    steps = (array - low[:, None, None]) * ((TONES - 1) / (high - low))[:, None, None]
    steps = np.where(blank, 0, np.clip(steps, 0, TONES - 1)).astype(np.uint16)
    shown = _tone_curve()[steps]
    shown[:, blank] = NO_DATA_GREY
    return Image.fromarray(np.ascontiguousarray(shown.transpose(1, 2, 0)))


@cache
def _tone_curve() -> np.ndarray:
    """From a linear tone to a byte: forest stays readable beside bare soil."""
    return np.round(255 * np.linspace(0, 1, TONES) ** GAMMA).astype(np.uint8)


def chip_pair(
    before: np.ndarray, after: np.ndarray, geometry, grid: Grid, *,
    band_names: Sequence[str], redline=None, dates: tuple[str, str] = ("", ""),
    is_demo: bool = False,
) -> tuple[Image.Image, Image.Image]:  # fmt: skip
    """Draw the two chips of a patch, with the same stretch, outline, scale bar and north arrow.

    Parameters
    ----------
    before, after : reflectance (bands, rows, cols) float32 on `grid` (the chip's own window,
        as from `change.aligned_pair`), NaN where there is no data.
    geometry : patch outline in EPSG:4490; drawn yellow, with its holes.
    redline : shape in EPSG:4490 whose boundary is drawn red, or None.
    dates : what is written in the upper left corners.

    Raises `InputError` when the arrays do not fit the grid or the band names.
    """
    expected = (len(band_names), grid.rows, grid.cols)
    if before.shape != expected or after.shape != expected:
        raise InputError(
            f"got arrays of {before.shape} and {after.shape}; wanted (bands, rows, cols) {expected}"
        )
    bands, _ = colour_bands(band_names)
    first, second = before[list(bands)], after[list(bands)]
    low, high = stretch_limits(first, second)
    width_m, height_m = grid.pixel_m
    size = chip_size(grid, width_m, height_m)
    lines = _lines(geometry, grid, size)
    edges = _lines(redline, grid, size) if redline is not None else []
    chips = []
    for array, said in ((first, dates[0]), (second, dates[1])):
        picture = stretched(array, low, high).resize(size, _resampling(grid, size))
        _draw(picture, lines, edges, said, metres_per_px=grid.cols * width_m / size[0])
        if is_demo:
            _stamp(picture)
        chips.append(picture)
    return chips[0], chips[1]


def chip_size(grid: Grid, width_m: float, height_m: float) -> tuple[int, int]:
    """Width and height of the picture: true to the ground even where pixels are not square.

    >>> from affine import Affine
    >>> grid = Grid(CRS.from_epsg(4543), Affine(2, 0, 5e5, 0, -2, 2.94e6), 30, 60)
    >>> chip_size(grid, 2.0, 2.0)
    (400, 200)
    """
    long_px = min(LARGEST_PX, max(SMALLEST_PX, grid.rows, grid.cols))
    ground = grid.cols * width_m, grid.rows * height_m
    scale = long_px / max(ground)
    return max(1, round(ground[0] * scale)), max(1, round(ground[1] * scale))


def _resampling(grid: Grid, size: tuple[int, int]) -> Image.Resampling:
    factor = size[0] / grid.cols
    if factor < 1:
        return Image.Resampling.BOX
    return Image.Resampling.NEAREST if factor > BLOCKY_FROM else Image.Resampling.BICUBIC


def _lines(geometry, grid: Grid, size: tuple[int, int]) -> list[list[tuple[float, float]]]:
    """Rings of a shape in picture coordinates, cut a little outside the picture."""
    shape = to_pixels(geometry, grid)
    room = max(grid.rows, grid.cols) * 0.1
    boundary = shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape
    boundary = shapely.clip_by_rect(boundary, -room, -room, grid.cols + room, grid.rows + room)
    scale = np.array([size[0] / grid.cols, size[1] / grid.rows])
    parts = shapely.get_parts(boundary)
    return [[tuple(p) for p in shapely.get_coordinates(part) * scale] for part in parts]


def _draw(picture: Image.Image, lines, edges, said: str, *, metres_per_px: float) -> None:
    """Outline with a dark halo, date, scale bar, north arrow."""
    pen = ImageDraw.Draw(picture)
    for group, colour, width in ((edges, REDLINE, 2), (lines, OUTLINE, 2)):
        for line in group:
            pen.line(line, fill=HALO, width=width + 2, joint="curve")
        for line in group:
            pen.line(line, fill=colour, width=width)
    font = _font()
    if said:
        pen.text((PAD_PX, PAD_PX), said, "white", font, stroke_width=2, stroke_fill="black")
    _scale_bar(pen, picture.size, metres_per_px)
    _north(pen, picture.size[0])


@cache
def _font():
    return ImageFont.load_default(TEXT_PX)


def scale_length_m(limit_m: float) -> float:
    """The longest of 1, 2, 5, 10, 20 … metres that is not longer than `limit_m`.

    >>> scale_length_m(73.0)
    50.0
    """
    power = 10.0 ** math.floor(math.log10(limit_m))
    return max(power * n for n in NICE if power * n <= limit_m)


def _scale_bar(pen: ImageDraw.ImageDraw, size: tuple[int, int], metres_per_px: float) -> None:
    length_m = scale_length_m(size[0] / 3 * metres_per_px)
    length = length_m / metres_per_px
    x, y = PAD_PX, size[1] - PAD_PX
    pen.rectangle((x - 2, y - 8, x + length + 2, y + 2), fill="black")
    pen.rectangle((x, y - 6, x + length, y), fill="white")
    pen.rectangle((x, y - 6, x + length / 2, y), fill=(60, 60, 60))
    said = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    place = (x, y - 12 - TEXT_PX)
    pen.text(place, said, "white", _font(), stroke_width=2, stroke_fill="black")


def _north(pen: ImageDraw.ImageDraw, width: int) -> None:
    x, y = width - PAD_PX - 10, PAD_PX
    pen.polygon([(x, y), (x - 9, y + 26), (x, y + 20)], fill="white", outline="black")
    pen.polygon([(x, y), (x + 9, y + 26), (x, y + 20)], fill=(60, 60, 60), outline="black")
    pen.text((x - 6, y + 28), "N", "white", _font(), stroke_width=2, stroke_fill="black")


def _stamp(picture: Image.Image) -> None:
    """演示合成数据 in the lower right corner, whatever fonts the machine has."""
    mark = demo_mark()
    x, y = picture.width - mark.width - PAD_PX, picture.height - mark.height - PAD_PX + 4
    picture.paste((0, 0, 0), (x - 4, y - 3, x + mark.width + 4, y + mark.height + 3))
    picture.paste((255, 210, 60), (x, y), mark)
