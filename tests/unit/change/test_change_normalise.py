"""Relative radiometry: known gains and offsets come back; hopeless pairs are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.change.normalise import Radiometry, fit_radiometry, local_offset
from ecoredline.errors import NotComparable


def pixels(count=4000, seed=0):
    rng = np.random.default_rng(seed)
    return (0.15 + 0.05 * rng.standard_normal((4, count))).astype(np.float32), rng


@settings(max_examples=15, deadline=None)
@given(st.floats(0.6, 1.6), st.floats(-0.05, 0.05))
def test_a_known_gain_and_offset_come_back_although_a_tenth_has_changed(gain, offset):
    before, rng = pixels()
    after = (before - offset) / gain + rng.normal(0, 0.002, before.shape)
    after[:, :400] += 0.3
    known = fit_radiometry(before, after)
    np.testing.assert_allclose(known.gain, gain, rtol=0.03)
    np.testing.assert_allclose(known.offset, offset, atol=0.006)


def test_noise_is_the_robust_spread_of_what_stays():
    before, rng = pixels()
    known = fit_radiometry(before, before + rng.normal(0, 0.02, before.shape))
    np.testing.assert_allclose(known.noise, 0.02, rtol=0.15)


def test_identical_pixels_are_left_alone():
    before, _ = pixels()
    known = fit_radiometry(before, before)
    np.testing.assert_allclose(known.gain, 1, atol=1e-6)
    np.testing.assert_allclose(known.offset, 0, atol=1e-6)


def test_unrelated_images_are_refused_with_the_figure():
    before, rng = pixels()
    after = rng.permuted(before, axis=1)
    with pytest.raises(NotComparable, match="do not resemble"):
        fit_radiometry(before, after)


def test_too_few_common_pixels_are_refused_with_the_count():
    before, _ = pixels()
    after = before.copy()
    after[:, 150:] = np.nan
    with pytest.raises(NotComparable, match="only 150"):
        fit_radiometry(before, after)


def local_of(before, after):
    known = Radiometry(np.ones(4), np.zeros(4), np.full(4, 0.01), np.ones(4), 1000)
    return local_offset(before, after, known, 20.0)


def test_a_haze_gradient_is_taken_out_by_place():
    before = np.full((4, 200, 200), 0.2, np.float32)
    haze = np.linspace(0, 0.02, 200, dtype=np.float32)[None, None]
    nodes = local_of(before, before + haze)
    assert nodes[0, :, 0].mean() == pytest.approx(0, abs=0.003)
    assert nodes[0, :, -1].mean() == pytest.approx(-0.02, abs=0.003)


def test_a_large_real_change_is_not_taken_for_haze():
    before = np.full((4, 200, 200), 0.1, np.float32)
    after = before.copy()
    after[:, 60:140, 60:140] += 0.2  # 160 ha
    assert np.abs(local_of(before, after)).max() < 0.05


def test_unseen_cells_do_not_spread():
    before = np.full((4, 100, 100), 0.2, np.float32)
    after = before + 0.01
    after[:, :50] = np.nan
    nodes = local_of(before, after)
    assert np.isfinite(nodes).all()
    assert nodes[:, -1].mean() == pytest.approx(-0.01, abs=0.001)
