"""The shift between two dates, against shifts made by scipy."""

import numpy as np
import pytest
from affine import Affine
from change_ground import ground
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy import ndimage

from ecoredline.change.pair import Window
from ecoredline.change.register import TileShift, fit_field, tile_shift
from ecoredline.change.sample import SampleTile, bend_px, register
from ecoredline.change.warp import ShiftField, no_shift, resample
from ecoredline.grid import Grid

GROUND = ground(300, 300)


@settings(max_examples=12, deadline=None)
@given(st.floats(-6, 6), st.floats(-6, 6))
def test_a_known_subpixel_shift_is_measured_to_a_tenth_of_a_pixel(dy, dx):
    moved = np.stack([ndimage.shift(band, (dy, dx), order=5, mode="nearest") for band in GROUND])
    shift, peak = tile_shift(GROUND[:, 20:276, 20:276], moved[:, 20:276, 20:276].astype("f4"))
    assert shift == pytest.approx((dy, dx), abs=0.1)
    assert peak > 7


def test_brightness_and_gain_do_not_move_the_measured_shift():
    moved = np.roll(GROUND, (2, -3), axis=(1, 2)) * 0.6 + 0.05
    shift, _ = tile_shift(GROUND[:, 20:276, 20:276], moved[:, 20:276, 20:276])
    assert shift == pytest.approx((2, -3), abs=0.05)


def test_identical_tiles_give_exactly_no_shift():
    assert tile_shift(GROUND[:, :128, :128], GROUND[:, :128, :128])[0] == (0.0, 0.0)


def test_unrelated_tiles_and_empty_tiles_are_not_believed():
    other = ground(300, 300, seed=9)
    assert tile_shift(GROUND[:, :128, :128], other[:, 128:256, :128])[1] < 7
    assert tile_shift(np.full((4, 64, 64), np.nan, "f4"), GROUND[:, :64, :64])[1] == 0
    assert tile_shift(np.ones((4, 64, 64), "f4"), GROUND[:, :64, :64])[1] == 0


def test_a_smooth_field_with_wild_tiles_is_recovered_to_a_tenth():
    rows, cols = 3000, 2400

    def truth(r, c):
        return 1.2 + 1.5 * np.sin(r / 900) - c / 2400, -0.8 + 1.2 * np.cos(c / 800)

    places = [(r, c) for r in np.linspace(128, 2870, 7) for c in np.linspace(128, 2270, 7)]
    tiles = [TileShift(r, c, truth(r, c), 20.0) for r, c in places]
    tiles[10] = TileShift(*places[10], (9.0, -7.0), 20.0)  # wrong, and sure of it
    tiles[30] = TileShift(*places[30], (-12.0, 3.0), 4.0)  # wrong, and not sure
    field, kept = fit_field(tiles, rows, cols)
    assert not kept[10] and not kept[30] and kept.sum() == 47
    r, c = np.random.default_rng(0).integers(150, 2200, (2, 400))
    error = field.at(r, c) - np.stack(truth(r, c), axis=1)
    assert np.sqrt((error**2).sum(1).mean()) < 0.1


def test_no_reliable_tile_moves_nothing():
    field, kept = fit_field([TileShift(5, 5, (3, 3), 1.0)], 100, 100)
    assert field.still and not kept.any()


def test_three_tiles_give_one_shift_for_all():
    tiles = [TileShift(10 * k, 10.0, (1.5, -0.5), 20.0) for k in range(3)]
    field, _ = fit_field(tiles, 100, 100)
    np.testing.assert_allclose(field.at([0, 99], [0, 99]), [[1.5, -0.5]] * 2)


def test_resampling_equals_scipy_linear_interpolation():
    nodes = np.random.default_rng(3).uniform(-3, 3, (4, 5, 2))
    field = ShiftField(nodes, 300, 300)
    out = np.empty((4, 100, 90), np.float32)
    resample(GROUND, 0, 0, field, 60, 70, out)
    r, c = np.mgrid[60:160, 70:160]
    shift = field.at(r.ravel(), c.ravel())
    where = [(r.ravel() + shift[:, 0]), (c.ravel() + shift[:, 1])]
    for k in range(4):
        wanted = ndimage.map_coordinates(GROUND[k], where, order=1).reshape(100, 90)
        np.testing.assert_allclose(out[k], wanted, atol=1e-5)


def test_a_field_that_moves_nothing_is_still():
    assert no_shift(10, 20).still
    assert not ShiftField(np.full((2, 2, 2), 0.5), 10, 20).still


def test_only_what_no_affine_explains_counts_as_bent():
    places = [(r, c) for r in (0, 500, 1000, 1500) for c in (0, 500, 1000, 1500)]
    affine = [TileShift(r, c, (1 + r / 1000, 2 - c / 2000 + r / 900), 20.0) for r, c in places]
    kept = np.ones(len(places), bool)
    assert bend_px(affine, kept) == pytest.approx(0, abs=1e-9)
    bent = [TileShift(r, c, (np.sin(r / 300.0), 0.0), 20.0) for r, c in places]
    assert bend_px(bent, kept) > 0.3


def test_a_bent_shift_is_measured_again_on_more_tiles():
    tiles = [
        SampleTile(
            Window(r, c, 64, 64),
            GROUND[:, r : r + 64, c : c + 64],
            np.roll(GROUND, (bend, 0), axis=(1, 2))[:, r - 16 : r + 80, c - 16 : c + 80],
        )
        for r, bend in ((20, 0), (90, 1), (160, 0))
        for c in (20, 90, 160)
    ]
    asked = []

    def dense(field):
        asked.append(field)
        return [TileShift(r, c, (1.0, 0.0), 20.0) for r in (30, 150, 260) for c in (30, 150, 260)]

    grid = Grid(CRS.from_epsg(4543), Affine(2, 0, 5e5, 0, -2, 2.9e6), 300, 300)
    field, found = register(tiles, grid, 1, dense)
    assert len(asked) == 1 and found["tiles"] == 9
    np.testing.assert_allclose(field.at([100], [100]), [[1.0, 0.0]], atol=0.01)
