"""No run goes on silently on a bad pair: what is refused, what is warned of, what is put right."""

from datetime import date

import numpy as np
import pytest
from affine import Affine
from change_ground import ground
from hypothesis import given
from hypothesis import strategies as st

from ecoredline.change import DetectionParameters, detect
from ecoredline.change.layers import score_layers
from ecoredline.change.sample import trust
from ecoredline.change.warp import ShiftField
from ecoredline.errors import InputError, NotComparable, NotEnoughData
from ecoredline.pipeline import gates
from ecoredline.raster import common_grid, open_scene
from ecoredline.record import RunRecord

SPRING, NEXT_SPRING, AUTUMN = date(2025, 4, 1), date(2026, 4, 10), date(2025, 10, 1)
SMALL = DetectionParameters(block_px=128)


def pair(write_image, before, after, days=(SPRING, NEXT_SPRING), **options):
    paths = [write_image("b.tif", before), write_image("a.tif", after, **options)]
    return [open_scene(p, acquired_on=d) for p, d in zip(paths, days, strict=True)]


def test_seasons_too_far_apart_are_refused_with_days_dates_and_what_to_do():
    with pytest.raises(NotComparable) as fault:
        gates.pass_season(SPRING, AUTUMN, None, False)
    said = str(fault.value)
    for word in ("2025-04-01", "2025-10-01", "182 days", "60", "--confirm", gates.OPTION):
        assert word in said


@pytest.mark.parametrize(
    ("third", "accepted", "by"),
    [(NEXT_SPRING, False, "third_date"), (NEXT_SPRING, True, "third_date"), (None, True, "accepted"),
     (date(2026, 10, 1), True, "accepted")],
)  # fmt: skip
def test_a_third_date_of_the_first_ones_season_or_the_users_word_lets_it_pass(third, accepted, by):
    found = gates.pass_season(SPRING, AUTUMN, third, accepted)
    assert (found["passed_by"], found["gap_days"], found["limit_days"]) == (by, 182, 60)
    assert found["said"] == ("季节差182天，未经第三时相确认" if by == "accepted" else "")


def test_a_third_date_of_the_other_season_confirms_nothing():
    with pytest.raises(NotComparable, match="confirms nothing"):
        gates.pass_season(SPRING, AUTUMN, date(2026, 10, 1), False)


@given(st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.dates(date(2015, 1, 1), date(2030, 1, 1)))
def test_a_pair_passes_silently_exactly_when_its_days_of_the_year_are_near(one, other):
    gap = gates.season_gap(one, other)
    assert 0 <= gap <= 182
    # whoever counts by the calendar differs by the leap days between
    years = range(-1, 2)
    near = min(abs((one.replace(year=2001 + y, day=min(one.day, 28))
                    - other.replace(year=2001, day=min(other.day, 28))).days) for y in years)  # fmt: skip
    assert abs(gap - near) <= 8
    if gap <= 60:
        assert gates.pass_season(one, other, None, False)["said"] == ""
    else:
        with pytest.raises(NotComparable):
            gates.pass_season(one, other, None, False)


def test_dates_swapped_missing_and_twice_the_same(write_image):
    same = ground(64, 64)
    record = RunRecord("find", {})
    with pytest.raises(InputError, match="swap"):
        gates.date_notes(*pair(write_image, same, same, (NEXT_SPRING, SPRING)), None, False, record)
    missing = gates.date_notes(*pair(write_image, same, same, (None, SPRING)), None, False, record)
    assert "没有成像日期" in missing[0] and "season" not in record.data
    twice = gates.date_notes(*pair(write_image, same, same, (SPRING, SPRING)), None, False, record)
    assert "同一天" in twice[0] and record.data["season"]["gap_days"] == 0


def test_an_overlap_too_small_is_refused_with_its_size(write_image):
    one = ground(64, 64)
    moved = Affine(2, 0, 500_000 + 2 * 59, 0, -2, 2_950_000)
    with pytest.raises(NotEnoughData, match="64 x 5 pixels; wanted at least 16 x 16"):
        common_grid(*pair(write_image, one, one, transform=moved))


def test_eight_bits_against_sixteen_are_said_and_still_compared(write_image):
    before, after = ground(300, 300, 1), ground(300, 300, 1)
    after[:, 100:130, 100:140] = 0.35
    grey = np.clip(after * 500, 1, 255).astype("u1")
    scenes = pair(write_image, before, grey, dtype="uint8", photometric="minisblack")
    (said,) = gates.band_notes(*scenes)
    assert "uint16、uint8" in said and "灰度" in said
    grid, _ = common_grid(*scenes)
    mask = detect(*scenes, grid, SMALL).runs.to_mask(300, 300)
    assert mask[102:128, 102:138].mean() > 0.9 and mask.sum() < 2 * 30 * 40
    assert gates.band_notes(*pair(write_image, before, after)) == []


def test_much_hidden_or_outside_is_warned_of_by_county():
    row = {"name": "盐边县", "redline_ha": 10.0, "outside_image_ha": 6.0, "unseen_share": 0.21}
    hidden, outside = gates.coverage_notes([row], SPRING)
    assert "21.0%" in hidden and "未观测" in hidden and "60.0%" in outside
    assert gates.coverage_notes([row | {"outside_image_ha": 1.0, "unseen_share": 0.1}], None) == []
    assert gates.coverage_notes([row | {"outside_image_ha": 10.0, "unseen_share": None}], None)


@pytest.mark.parametrize(
    ("found", "word"), [({"residual_after_px": 2.1}, "2.1 px"), ({"largest_shift_px": 12.5}, "12.5 px")]
)  # fmt: skip
def test_what_stays_above_two_pixels_is_refused_with_the_residual(found, word):
    good = {"reliable_tiles": 40, "largest_shift_px": 3.0, "residual_before_px": 3.1,
            "residual_after_px": 0.4, "residual_after_m": 0.8,
            "clear_tiles": 40, "contradicting_tiles": 2}  # fmt: skip
    field = ShiftField(np.full((2, 2, 2), 3.0), 100, 100)
    assert trust(field, dict(good), None) == (field, [])
    with pytest.raises(NotComparable, match=word):
        trust(field, good | found, None)


@pytest.mark.parametrize(("strip", "said"), [(213, "moved in pieces"), (64, "")])
def test_an_image_that_moved_in_pieces_is_refused_or_said(write_image, strip, said):
    """Strips pushed against each other: no smooth field explains them, whatever its own tiles leave."""
    before = ground(640, 640, 1)
    after = before.copy()
    for top in range(0, 640, strip):
        part = np.s_[:, top : top + strip]
        after[part] = np.roll(before[part], (-1) ** (top // strip) * 6, axis=2)
    scenes = pair(write_image, before, after)
    grid, _ = common_grid(*scenes)
    if said:
        with pytest.raises(NotComparable, match=said):
            detect(*scenes, grid, SMALL)
    else:
        change = detect(*scenes, grid, SMALL)
        assert change.registration["contradicting_tiles"] == 3
        assert any("配准点" in note for note in change.notes)


def average_precision(score, truth):
    order = truth[np.argsort(-score, kind="stable")]
    return (np.cumsum(order) / np.arange(1, order.size + 1) * order).sum() / order.sum()


@pytest.mark.parametrize(("seed", "shift"), [(1, (3, 0)), (2, (0, -3)), (3, (2, 2)), (4, (-3, 1))])
def test_a_shift_of_three_pixels_costs_at_most_two_percent_of_average_precision(
    write_image, seed, shift
):
    chance = np.random.default_rng(seed)
    before = ground(300, 320, seed)
    after, truth = before.copy(), np.zeros(before.shape[1:], bool)
    for _ in range(12):
        row, col = chance.integers(20, 260), chance.integers(20, 280)
        rows, cols = chance.integers(5, 20, 2)
        after[:, row : row + rows, col : col + cols] += chance.uniform(0.01, 0.06, (4, 1, 1))
        truth[row : row + rows, col : col + cols] = True
    after += chance.normal(0, 0.004, after.shape).astype("f4")
    inner, found = np.s_[8:-8, 8:-8], {}
    for name, image, settings in (
        ("still", after, {}),
        ("corrected", np.roll(after, shift, (1, 2)), {}),
        ("uncorrected", np.roll(after, shift, (1, 2)), {"register": False}),
    ):
        scenes = pair(write_image, before, image)
        score = score_layers(*scenes, common_grid(*scenes)[0], **settings)["gated"]
        found[name] = average_precision(score[inner].ravel(), truth[inner].ravel())
    assert found["corrected"] >= 0.98 * found["still"] > 0.3
    assert found["uncorrected"] < 0.9 * found["still"], "else the shift cost nothing anyway"
