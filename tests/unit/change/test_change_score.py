"""Score and runs: against slow plain definitions, and whole against parts."""

import numpy as np
from change_ground import ground
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from ecoredline.change.runs import block_runs, count_runs, join_runs
from ecoredline.change.score import OWN_SHARE, block_score, box_mean, robust_row

LOW = np.float32(1.5)


def pair(seed, rows=40, cols=70):
    before = ground(rows, cols, seed) / 0.01
    after = before + np.random.default_rng(seed).normal(0, 0.5, before.shape)
    after[:, 10:16, 20:31] += 4
    after[:, 25, :] += 3
    return before.astype(np.float32), after.astype(np.float32)


def plain_robust(before, after, radius):
    """The definition, pixel by pixel."""
    _, rows, cols = before.shape
    out = np.empty((rows, cols))
    for y in range(rows):
        for x in range(cols):
            near = np.s_[
                :, max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1
            ]
            centre = np.s_[:, y : y + 1, x : x + 1]
            forth = np.sqrt(((before[centre] - after[near]) ** 2).sum(0)).min()
            back = np.sqrt(((after[centre] - before[near]) ** 2).sum(0)).min()
            out[y, x] = max(forth, back)
    return out


def runs_of(score, before, after, halo=3, low=LOW, high=np.float32(3)):
    count = count_runs(score, low)
    whole = np.zeros((count, 4), np.int32)
    real = np.zeros((count, 2 + 2 * len(before)))
    block_runs(score, before, after, halo, low, high, halo, whole, real)
    return whole, real


def box(values):
    """Mean over 3 × 3, of what lies inside."""
    ones = ndimage.convolve(np.ones_like(values), np.ones((3, 3)), mode="constant")
    return ndimage.convolve(values, np.ones((3, 3)), mode="constant") / ones


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([1, 2]))
def test_scores_at_or_above_the_low_threshold_follow_the_definition(seed, radius):
    before, after = pair(seed)
    own = plain_robust(before, after, radius)
    mean = box(own)
    own_limit = OWN_SHARE * mean
    unclear = (np.abs(mean - LOW) < 1e-3) | (np.abs(own - own_limit) < 1e-3)
    wanted = (mean >= LOW) & (own >= own_limit)
    score = block_score(before, after, radius, 1, LOW)
    assert ((score >= LOW) == wanted)[~unclear].all()
    found = (score >= LOW) & ~unclear
    assert found.any()
    np.testing.assert_allclose(score[found], mean[found], rtol=1e-4)


def test_unseen_pixels_stay_unseen_and_do_not_harm_their_neighbours():
    before, after = pair(3)
    clean = block_score(before, after, 1, 1, LOW)
    before[:, 12, 25] = np.nan
    after[:, 30, 40] = np.nan
    score = block_score(before, after, 1, 1, LOW)
    assert np.isnan(score[12, 25]) and np.isnan(score[30, 40])
    assert np.isfinite(score).sum() == score.size - 2
    np.testing.assert_array_equal(score[:, 60:], clean[:, 60:])


def test_the_score_is_the_same_with_the_dates_exchanged():
    before, after = pair(4)
    found = [block_score(*sides, 2, 1, LOW) for sides in ((before, after), (after, before))]
    np.testing.assert_array_equal(found[0] >= LOW, found[1] >= LOW)


def test_the_inputs_are_not_changed():
    before, after = pair(5)
    copies = before.copy(), after.copy()
    block_score(before, after, 2, 1, LOW)
    np.testing.assert_array_equal(before, copies[0])
    np.testing.assert_array_equal(after, copies[1])


def test_box_mean_of_seen_values_only():
    values = np.array([[1, np.nan, 3], [4, 5, 6]], np.float32)
    out = np.empty_like(values)
    box_mean(values, 1, out)
    np.testing.assert_allclose(out, [[10 / 3, np.nan, 14 / 3], [10 / 3, 19 / 5, 14 / 3]], rtol=1e-6)


def test_one_pixel_shift_vanishes_under_a_neighbourhood():
    before = ground(50, 60, 8) / 0.01
    after = np.roll(before, 1, axis=2)
    line = np.zeros(40, np.float32)
    robust_row(before, after, 1, 25, 10, 50, line)
    assert line.max() < 1e-4


def test_runs_give_back_the_mask_and_their_sums():
    before, after = pair(6)
    halo = 3
    score = block_score(before, after, 1, 1, LOW)[halo:-halo, halo:-halo]
    runs = join_runs([runs_of(score, before, after)], 4)
    mask = score >= LOW
    np.testing.assert_array_equal(runs.to_mask(*score.shape), mask)
    np.testing.assert_allclose(runs.score.sum(), score[mask].sum(), rtol=1e-4)
    assert runs.strong.sum() == (score >= 3).sum()
    inner = before[:, halo:-halo, halo:-halo]
    np.testing.assert_allclose(runs.before.sum(0), inner[:, mask].sum(1), rtol=1e-4)
    # maximal: no run goes on where another of its row ends
    same_row = runs.row[1:] == runs.row[:-1]
    assert (runs.start[1:] > runs.stop[:-1])[same_row].all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.integers(5, 60))
def test_runs_by_blocks_equal_runs_of_the_whole(seed, cut):
    before, after = pair(seed)
    halo = 3
    score = block_score(before, after, 1, 1, LOW)[halo:-halo, halo:-halo]
    cut = min(cut, score.shape[1] - 1)
    whole = join_runs([runs_of(score, before, after)], 4)
    left = runs_of(score[:, :cut], before[:, :, : cut + 2 * halo], after[:, :, : cut + 2 * halo])
    right = runs_of(score[:, cut:], before[:, :, cut:], after[:, :, cut:])
    right[0][:, 1:3] += cut
    parts = join_runs([right, left], 4)
    for name in ("row", "start", "stop", "strong"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    for name in ("score", "tolerant", "before", "after"):
        np.testing.assert_allclose(getattr(whole, name), getattr(parts, name), rtol=1e-5)


def test_no_change_gives_no_runs():
    runs = join_runs([], 4)
    assert len(runs) == 0 and runs.before.shape == (0, 4)
    assert not runs.to_mask(5, 6).any()
