"""Detectors that know what look-alike ground did."""

import numpy as np
import pytest

from ecoredline.change import DetectionParameters
from ecoredline.change.context import conditional_residual, fit_context, ring_residual
from ecoredline.errors import InputError


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
