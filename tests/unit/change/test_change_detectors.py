"""Detectors that know what look-alike ground did."""

import numpy as np
import pytest
from affine import Affine
from change_ground import ground

from ecoredline.change import DetectionParameters, detect
from ecoredline.change.context import conditional_residual, fit_context, ring_residual
from ecoredline.change.detectors import Scorer, upper_level
from ecoredline.change.layers import score_layers
from ecoredline.change.pair import Window
from ecoredline.errors import InputError
from ecoredline.raster import common_grid, open_scene


@pytest.fixture(scope="module")
def season():
    """Two covers; all of the second became brighter by 6 noises, and one square of it by −6."""
    random = np.random.default_rng(5)
    cover = np.zeros((96, 96), bool)
    cover[:, 48:] = True
    before = np.where(cover, 20.0, 5.0) + random.normal(0, 0.5, (4, 96, 96))
    after = before + np.where(cover, 6.0, 0.0) + random.normal(0, 0.5, (4, 96, 96))
    after[:, 40:48, 70:78] = before[:, 40:48, 70:78] - 6
    return before.astype(np.float32), after.astype(np.float32)


def residual(before, after):
    context = fit_context(before.reshape(4, -1), after.reshape(4, -1))
    wanted, out = np.ones((96, 3), bool), np.zeros((96, 96), np.float32)
    covers = (context.centres, context.middle, context.spread)
    conditional_residual(before, after, context.units, *covers, wanted, out)
    return out


def test_a_season_that_a_whole_cover_shares_is_no_change_but_a_square_against_it_is(season):
    out = residual(*season)
    square = np.zeros((96, 96), bool)
    square[40:48, 70:78] = True
    assert np.median(out[square]) > 4 * np.quantile(out[~square], 0.95)


def test_unseen_pixels_stay_unseen_and_do_not_spread(season):
    before, after = (side.copy() for side in season)
    before[:, 10, 10] = np.nan
    after[2, 20, 20] = np.nan
    assert np.argwhere(np.isnan(residual(before, after))).tolist() == [[10, 10], [20, 20]]


def test_ring_residual_is_the_difference_to_the_direct_mean_of_the_ring():
    random = np.random.default_rng(2)
    before, after = random.normal(size=(2, 2, 30, 33)).astype(np.float32)
    found = ring_residual(before, after, 2, 6)
    change = (after - before).astype(float)
    for y, x in ((15, 16), (0, 0), (29, 20)):
        box = np.zeros((30, 33), bool)
        box[max(0, y - 6) : y + 7, max(0, x - 6) : x + 7] = True
        box[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = False
        expected = np.linalg.norm(change[:, y, x] - change[:, box].mean(axis=1))
        assert found[y, x] == pytest.approx(expected, rel=1e-5)


def test_an_unknown_detector_is_refused_with_the_names_there_are():
    with pytest.raises(InputError, match=r"'best'.*robust, gated, fused"):
        DetectionParameters.of("best")


def test_the_upper_deviation_grows_with_a_season_but_not_with_a_building():
    quiet = np.abs(np.random.default_rng(1).normal(size=10_000))
    season, built = quiet.copy(), quiet.copy()
    season[:1000] += 10
    built[:100] += 10
    units = [upper_level([values])[1] for values in (quiet, season, built)]
    assert units[1] > 2 * units[0]
    assert units[2] == pytest.approx(units[0], rel=0.1)
    assert upper_level([np.full((2, 2), np.nan)]).tolist() == pytest.approx([0.5, 0.45 / 1.645])


@pytest.mark.parametrize("smooth", [1, 2])
def test_the_gate_only_lowers_and_a_low_bound_changes_nothing_above_it(season, smooth):
    context = fit_context(*(side.reshape(4, -1) for side in season))
    levels = np.tile(np.array([0, 0.5], np.float32), (4, 1))
    gated, robust = Scorer("gated", context, levels), Scorer("robust")
    whole = gated.score(*season, 1, smooth, np.float32(0))
    assert (whole <= robust.score(*season, 1, smooth, np.float32(0)) + 1e-5).all()
    bounded = gated.score(*season, 1, smooth, np.float32(4.5))
    above = whole >= 4.5
    assert above.any()
    np.testing.assert_allclose(bounded[above], whole[above], rtol=1e-5)


def test_layers_at_10_m_are_the_same_by_window_and_what_detect_found(write_image):
    before = ground(200, 220, 1)
    after = before + np.random.default_rng(2).normal(0, 0.002, before.shape)
    after[:, 90:110, 100:130] = 0.35
    place = Affine(10, 0, 500_000, 0, -10, 2_950_000)
    paths = [write_image(n, i, place) for n, i in (("b.tif", before), ("a.tif", after))]
    scenes = [open_scene(path) for path in paths]
    grid, _ = common_grid(*scenes)
    whole = score_layers(*scenes, grid)["gated"]
    part = score_layers(*scenes, grid, window=Window(70, 90, 60, 50))["gated"]
    np.testing.assert_array_equal(part, whole[70:130, 90:140])
    found = detect(*scenes, grid, DetectionParameters(block_px=64))
    np.testing.assert_array_equal(found.runs.to_mask(200, 220), whole >= found.low_threshold)
    assert found.runs.strong.sum() == pytest.approx(600, rel=0.1)
