"""Components of runs, against scipy.ndimage.label on the same pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from ecoredline.errors import InputError
from ecoredline.patches.label import FOUR, fill_pinholes, group_pieces, label_runs

MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))
SIDES = ndimage.generate_binary_structure(2, 1)
CORNERS = np.ones((3, 3))


def runs_of(mask):
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    row, start = np.nonzero(np.diff(padded, axis=1) == 1)
    return row, start, np.nonzero(np.diff(padded, axis=1) == -1)[1]


def painted(mask, runs, values):
    out = np.zeros(mask.shape, int)
    for r, a, b, v in zip(*runs, values, strict=True):
        out[r, a:b] = v + 1
    return out


@settings(max_examples=60, deadline=None)
@given(MASKS, st.booleans())
def test_components_are_those_of_scipy_and_in_its_order(mask, eight):
    runs = runs_of(mask)
    labels, count = label_runs(*runs) if eight else label_runs(*runs, FOUR)
    wanted, wanted_count = ndimage.label(mask, CORNERS if eight else SIDES)
    assert count == wanted_count
    np.testing.assert_array_equal(painted(mask, runs, labels), wanted)


def test_a_large_noisy_mask_has_the_components_of_scipy():
    mask = np.random.default_rng(1).random((900, 700)) < 0.42
    labels, count = label_runs(*runs_of(mask))
    wanted, wanted_count = ndimage.label(mask, CORNERS)
    assert count == wanted_count
    np.testing.assert_array_equal(painted(mask, runs_of(mask), labels), wanted)


@settings(max_examples=40, deadline=None)
@given(MASKS, st.sampled_from([1.0, 2.0, 2.5, 3.0]))
def test_pieces_are_grouped_when_the_free_ground_between_pixel_edges_is_at_most_the_gap(mask, gap):
    runs = runs_of(mask)
    if not len(runs[0]):
        return
    piece, _count = label_runs(*runs)
    group, groups = group_pieces(*runs, piece, gap_m=gap)
    rows, cols = np.nonzero(mask)
    free_r = np.maximum(abs(rows[:, None] - rows) - 1, 0)
    free_c = np.maximum(abs(cols[:, None] - cols) - 1, 0)
    linked = free_r**2 + free_c**2 <= gap**2
    number = painted(mask, runs, group[piece])[rows, cols]
    wanted = np.arange(len(rows))
    for _ in range(len(rows)):  # the plainest closure there is
        wanted = np.where(linked, wanted[None, :], len(rows)).min(axis=1)
    assert groups == len(np.unique(wanted))
    assert len(np.unique(np.column_stack([number, wanted]), axis=0)) == groups


def test_a_pixel_wider_than_high_counts_its_gap_in_metres():
    row, start, stop = [0, 0, 3], [0, 3, 0], [1, 4, 1]
    assert group_pieces(row, start, stop, np.arange(3), 4.0, (2.0, 2.0))[0].tolist() == [0, 0, 0]
    assert group_pieces(row, start, stop, np.arange(3), 4.0, (3.0, 2.0))[0].tolist() == [0, 1, 0]


def test_pieces_that_changed_in_opposite_ways_are_not_grouped():
    direction = np.array([[1.0, 0.0], [-1.0, 0.0], [0.9, 0.43]])
    group, _ = group_pieces(
        [0, 0, 1], [0, 2, 4], [1, 3, 5], np.arange(3), 3.0, (1, 1), direction, 0.5
    )
    assert group.tolist() == [0, 1, 0]


@settings(max_examples=60, deadline=None)
@given(MASKS, st.integers(0, 6))
def test_holes_up_to_the_limit_are_filled_and_no_others(mask, limit):
    runs = runs_of(mask)
    row, start, stop, into = fill_pinholes(*runs, limit)
    background, count = ndimage.label(np.pad(~mask, 1, constant_values=True), SIDES)
    size = np.bincount(background.ravel(), minlength=count + 1)
    small = size <= limit
    small[[0, background[0, 0]]] = False
    wanted = mask | small[background][1:-1, 1:-1]
    np.testing.assert_array_equal(painted(mask, (row, start, stop), [0] * len(row)) > 0, wanted)
    for i, j in enumerate(into):
        assert row[j] == runs[0][i]
        assert start[j] <= runs[1][i] < runs[2][i] <= stop[j]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (([1, 0], [0, 0], [1, 1]), "not after"),
        (([0, 0], [0, 1], [1, 2]), "maximal"),
        (([0], [3], [3]), "empty run"),
        (([0, 1], [0], [1]), "one length"),
    ],
)
def test_runs_out_of_order_are_refused_in_words(runs, said):
    with pytest.raises(InputError, match=said):
        label_runs(*runs)


def test_a_negative_gap_is_refused():
    with pytest.raises(InputError, match="merge gap"):
        group_pieces([0], [0], [1], [0], gap_m=-1.0)


def test_no_runs_give_no_components():
    assert label_runs([], [], [])[1] == 0
    assert group_pieces([], [], [], [], 3.0)[1] == 0
    assert len(fill_pinholes([], [], [], 5)[0]) == 0
