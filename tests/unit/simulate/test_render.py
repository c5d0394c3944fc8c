import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.simulate import ALL_NUISANCES, simulate_arrays
from ecoredline.simulate.dates import AFTER, BEFORE, LARGEST_SHIFT_PX
from ecoredline.simulate.lattice import shift_at
from ecoredline.simulate.render import render
from ecoredline.simulate.scene import make_plan


@pytest.fixture(scope="module")
def whole(full_plan):
    return [render(full_plan.paintings[k], 0, 0, 400, 400) for k in (BEFORE, AFTER)]


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 399),
    st.integers(0, 399),
    st.integers(1, 200),
    st.integers(1, 200),
    st.booleans(),
)
def test_a_window_has_the_pixels_of_the_whole_image(full_plan, whole, row, col, rows, cols, later):
    rows, cols = min(rows, 400 - row), min(cols, 400 - col)
    part = render(full_plan.paintings[int(later)], row, col, rows, cols)
    assert np.array_equal(part, whole[int(later)][:, row : row + rows, col : col + cols])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(full_plan, whole):
    again = make_plan(400, 400, 2.0, 7, ALL_NUISANCES)
    assert render(again.paintings[AFTER], 0, 0, 400, 400).tobytes() == whole[AFTER].tobytes()
    other = make_plan(400, 400, 2.0, 8, ALL_NUISANCES)
    different = render(other.paintings[AFTER], 0, 0, 400, 400) != whole[AFTER]
    assert different.any(axis=0).mean() > 0.9


def test_nodata_is_a_wedge_at_an_edge_and_nothing_else_is_zero(whole, calm_arrays):
    for image, edge in zip(whole, (0, 399), strict=True):
        lost = (image == 0).all(axis=0)
        assert np.array_equal(lost, (image == 0).any(axis=0))
        assert 0.002 < lost.mean() < 0.05
        assert lost[0, edge]
        assert not lost[0, 399 - edge]
        widths = lost.sum(axis=1)
        assert (np.diff(widths) <= 0).all()
    assert (calm_arrays[0] > 0).all()


@pytest.mark.parametrize("name", sorted(set(ALL_NUISANCES) - {"landslide", "snow"}))
def test_each_nuisance_changes_the_pair_by_itself(name, calm_plan):
    plan = make_plan(400, 400, 2.0, 7, (name,))
    changed = [
        (
            render(plan.paintings[k], 0, 0, 400, 400)
            != render(calm_plan.paintings[k], 0, 0, 400, 400)
        )
        .any(axis=0)
        .mean()
        for k in (BEFORE, AFTER)
    ]
    assert changed[AFTER] > 0.0005
    if name not in ("clouds", "haze", "nodata", "noise"):
        assert changed[BEFORE] == 0.0  # the before date is the one to compare with


def test_a_lower_snow_line_and_landslides_change_the_after_date_alone():
    calm = make_plan(300, 300, 8.0, 7, ())
    for name in ("snow", "landslide"):
        plan = make_plan(300, 300, 8.0, 7, (name,))
        before, after = (
            render(plan.paintings[k], 0, 0, 300, 300) != render(calm.paintings[k], 0, 0, 300, 300)
            for k in (BEFORE, AFTER)
        )
        if name == "snow":
            assert not before.any()
        assert after.any()


def phase_shift(before, after):
    """Displacement in pixels by phase correlation with a parabola through the peak (the oracle)."""
    window = np.outer(np.hanning(before.shape[0]), np.hanning(before.shape[1]))
    spectra = [np.fft.fft2((image - image.mean()) * window) for image in (before, after)]
    cross = np.conj(spectra[0]) * spectra[1]
    peak = np.fft.ifft2(cross / np.maximum(np.abs(cross), 1e-9)).real
    row, col = np.unravel_index(peak.argmax(), peak.shape)
    found = []
    for at, line in ((row, peak[:, col]), (col, peak[row])):
        low, mid, high = line[at - 1], line[at], line[(at + 1) % len(line)]
        fine = at + 0.5 * (low - high) / (low - 2 * mid + high)
        found.append((fine + len(line) / 2) % len(line) - len(line) / 2)
    return found[1], found[0]


def test_the_after_image_is_displaced_by_the_field_the_plan_states():
    plan = make_plan(512, 512, 2.0, 11, ("misregistration",))
    images = [render(plan.paintings[k], 0, 0, 512, 512)[1].astype(float) for k in (BEFORE, AFTER)]
    errors = []
    for row in range(32, 416, 96):
        for col in range(32, 416, 96):
            chips = [np.log(image[row : row + 64, col : col + 64]) for image in images]
            dx, dy = phase_shift(*chips)
            x, y = (col + 32) * 2.0, (row + 32) * 2.0
            stated = np.array(shift_at(x, y, 2.0, plan.layout, plan.looks[AFTER])) / 2.0
            assert np.hypot(*stated) <= LARGEST_SHIFT_PX + 1e-9
            # a pixel looks at its place plus the shift, so things appear shifted the other way
            errors.append(np.hypot(dx + stated[0], dy + stated[1]))
    assert np.median(errors) < 0.35


def test_gain_and_offset_are_a_straight_line_in_each_band():
    calm = simulate_arrays(128, 128, 3, ())[1]
    bent = simulate_arrays(128, 128, 3, ("gain",))[1]
    for band, (gain, offset) in enumerate(
        [(1.05, 0.006), (0.97, 0.004), (1.04, -0.003), (0.92, 0.005)]
    ):
        slope, level = np.polyfit(calm[band].ravel().astype(float), bent[band].ravel(), 1)
        assert slope == pytest.approx(gain, abs=1e-3)
        assert level == pytest.approx(offset * 1e4, abs=1.5)


def test_noise_has_the_strength_stated_and_no_mean():
    calm = simulate_arrays(128, 128, 3, ())[0].astype(float)
    noisy = simulate_arrays(128, 128, 3, ("noise",))[0].astype(float)
    scaled = (noisy - calm) / (0.6 + 2.0 * calm / 1e4)
    assert scaled.std() == pytest.approx(22.0, rel=0.05)
    assert abs(scaled.mean()) < 0.5
