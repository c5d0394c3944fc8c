import io

import numpy as np
import pytest
import sample
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyproj import CRS, Geod

from ecoredline.documents.chips import (
    NO_DATA_GREY,
    OUTLINE,
    chip_pair,
    chip_window,
    colour_bands,
    scale_length_m,
    stretch_limits,
    to_pixels,
)
from ecoredline.documents.png import jpeg_bytes, png_bytes
from ecoredline.errors import GridMismatch, InputError
from ecoredline.grid import Grid

BANDS = ("blue", "green", "red", "nir")
DEGREES = Grid(CRS.from_epsg(4326), Affine(9e-5, 0, 106.0, 0, -9e-5, 29.6), 300, 300)


def square(grid: Grid, row: float, col: float, side_px: float):
    """A square patch in lon/lat whose corners lie on pixel corners of the grid."""
    x, y = grid.transform * (col, row)
    x2, y2 = grid.transform * (col + side_px, row + side_px)
    corners = np.array([(x, y), (x2, y), (x2, y2), (x, y2)])
    return shapely.Polygon(np.column_stack(grid.to_lonlat.transform(corners[:, 0], corners[:, 1])))


def flat(grid: Grid, value=0.1):
    return np.full((4, grid.rows, grid.cols), value, np.float32)


def drawn(shape, grid, **options):
    before, after = sample.images(grid)
    return chip_pair(before, after, shape, grid, band_names=BANDS, **options)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 990), st.floats(0, 990), st.floats(1, 120))
def test_the_window_lies_inside_the_grid_and_holds_the_patch(row, col, side):
    shape = square(sample.GRID, min(row, 999 - side), min(col, 999 - side), side)
    top, left, rows, cols = chip_window(shape, sample.GRID)
    part = sample.GRID.window(top, left, rows, cols)  # raises when it sticks out
    west, north, east, south = shapely.bounds(to_pixels(shape, part))
    assert west >= -1 and north >= -1 and east <= cols + 1 and south <= rows + 1
    assert rows * 2 >= 120 and cols * 2 >= 120
    assert rows * 2 >= min(2000, 2.2 * side * 2) - 2


def test_the_margin_is_at_least_sixty_percent_on_every_side():
    shape = square(sample.GRID, 400, 400, 100)
    top, left, rows, cols = chip_window(shape, sample.GRID)
    assert top <= 341 and left <= 341 and top + rows >= 559 and left + cols >= 559


def test_a_patch_outside_the_image_is_refused():
    with pytest.raises(GridMismatch, match="outside the image"):
        chip_window(square(sample.GRID, 5000, 5000, 10), sample.GRID)


def test_in_degrees_the_chip_is_true_to_the_ground():
    shape = square(DEGREES, 100, 100, 6)
    row, col, rows, cols = chip_window(shape, DEGREES)
    part = DEGREES.window(row, col, rows, cols)
    geod = Geod(ellps="GRS80")
    west, south, east, north = part.bounds
    wide = geod.inv(west, north, east, north)[2]
    high = geod.inv(west, north, west, south)[2]
    before, _ = drawn(shape, part)
    assert before.width / before.height == pytest.approx(wide / high, rel=0.01)
    assert min(wide, high) >= 120


def test_both_dates_share_one_stretch():
    part = sample.GRID.window(100, 100, 60, 60)
    before, _ = sample.images(part)
    one, other = chip_pair(
        before, before, square(sample.GRID, 120, 120, 10), part, band_names=BANDS
    )
    assert one.tobytes() == other.tobytes()


def test_the_same_ground_has_the_same_colour_on_both_dates_whatever_else_changed():
    part = sample.GRID.window(100, 100, 60, 60)
    before = sample.images(part)[0]
    after = before.copy()
    after[:, 20:40, 20:40] = 0.5
    one, other = chip_pair(before, after, square(sample.GRID, 120, 120, 20), part, band_names=BANDS)
    corner = (150, 50, 230, 90)  # far from the change, clear of lettering
    assert one.crop(corner).tobytes() == other.crop(corner).tobytes()


def test_the_stretch_ignores_nodata_and_is_the_pair_of_percentiles():
    before, after = np.linspace(0, 1, 100).reshape(1, 10, 10), np.full((1, 10, 10), np.nan)
    low, high = stretch_limits(before, after)
    assert (low[0], high[0]) == pytest.approx(tuple(np.percentile(before, (2, 98))), abs=1e-6)


def test_an_empty_pair_is_drawn_grey():
    part = sample.GRID.window(0, 0, 60, 60)
    empty = flat(part, np.nan)
    before, _ = chip_pair(empty, empty, square(sample.GRID, 20, 20, 10), part, band_names=BANDS)
    assert before.getpixel((200, 40)) == (NO_DATA_GREY,) * 3


def test_the_outline_is_drawn_where_the_patch_lies():
    part = sample.GRID.window(300, 200, 80, 80)
    shape = square(sample.GRID, 320, 230, 20)  # rows 20..40, cols 30..50 of the window
    before, after = drawn(shape, part)
    scale = before.width / 80
    for picture in (before, after):
        rows, cols = np.nonzero((np.asarray(picture) == OUTLINE).all(axis=2))
        found = (rows.min(), rows.max(), cols.min(), cols.max())
        assert found == pytest.approx([s * scale for s in (20, 40, 30, 50)], abs=2)


def test_holes_are_drawn_too():
    part = sample.GRID.window(300, 300, 80, 80)
    outer = square(sample.GRID, 320, 320, 40)
    ring = outer.difference(square(sample.GRID, 335, 335, 10))
    count = [
        int((np.asarray(drawn(s, part)[0]) == OUTLINE).all(axis=2).sum()) for s in (outer, ring)
    ]
    assert count[1] > count[0] * 1.15


def test_the_scale_bar_is_as_long_as_it_says():
    part = sample.GRID.window(0, 0, 100, 100)  # 200 m wide
    picture = np.asarray(drawn(square(sample.GRID, 40, 40, 10), part)[0])
    line = picture[-14]  # through the middle of the bar
    white = np.flatnonzero((line == 255).all(axis=1))
    metres_per_px = 200 / picture.shape[1]
    half = (white[-1] - white[0] + 1) * metres_per_px
    assert scale_length_m(200 / 3) == 50
    assert half == pytest.approx(25, abs=1.5 * metres_per_px)


def test_demo_chips_bear_the_words():
    part = sample.GRID.window(0, 0, 60, 60)
    shape = square(sample.GRID, 20, 20, 10)
    plain_chip, marked = (drawn(shape, part, is_demo=d)[0] for d in (False, True))
    amber = (np.asarray(marked) == (255, 210, 60)).all(axis=2)
    assert amber.sum() > 500 and not (np.asarray(plain_chip) == (255, 210, 60)).all(axis=2).any()
    rows, cols = np.nonzero(amber)
    assert rows.min() > marked.height * 0.9 and cols.min() > marked.width * 0.6


def test_small_windows_are_enlarged_and_large_ones_reduced():
    sizes = [
        drawn(square(sample.GRID, 20, 20, 10), sample.GRID.window(0, 0, n, n))[0].size
        for n in (60, 600, 900)
    ]
    assert sizes == [(400, 400), (600, 600), (640, 640)]


def test_arrays_that_do_not_fit_are_refused():
    part = sample.GRID.window(0, 0, 60, 60)
    with pytest.raises(InputError, match=r"wanted \(bands, rows, cols\) \(4, 60, 60\)"):
        chip_pair(flat(part)[:3], flat(part), shapely.Point(0, 0), part, band_names=BANDS)


def test_colours_follow_the_bands_that_there_are():
    assert colour_bands(("green", "red", "nir")) == ((2, 1, 0), "标准假彩色")
    assert colour_bands(("b1", "b2", "b3")) == ((2, 1, 0), "前三个波段合成")
    assert colour_bands(("pan",)) == ((0, 0, 0), "单波段灰度")
    with pytest.raises(InputError, match="no band names"):
        colour_bands(())


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_quick_png_is_read_back_pixel_by_pixel(rows, cols, seed):
    array = np.random.default_rng(seed).integers(0, 256, (rows, cols, 3), np.uint8)
    with Image.open(io.BytesIO(png_bytes(Image.fromarray(array), "演示合成数据"))) as picture:
        assert picture.mode == "RGB"
        assert (np.asarray(picture) == array).all()
        assert picture.text["Comment"] == "演示合成数据"


def test_a_thumbnail_keeps_its_shape():
    data = jpeg_bytes(Image.new("RGB", (640, 320)), 96)
    assert Image.open(io.BytesIO(data)).size == (96, 48)
