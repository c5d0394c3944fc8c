import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.simulate.noise import (
    fractal,
    gradient_noise,
    ridged,
    smoothstep,
    unit,
    value_noise,
)

PLACES = st.floats(-1e6, 1e6, allow_nan=False)
SEEDS = st.integers(0, 2**40)


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES, SEEDS)
def test_noise_stays_in_its_range(x, y, seed):
    assert -1.0 <= value_noise(x, y, seed) <= 1.0
    assert abs(gradient_noise(x, y, seed)) <= 1.5
    assert abs(fractal(x, y, seed, 4)) <= 2.0
    assert 0.0 <= ridged(x, y, seed, 5) <= 1.1


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES, SEEDS)
def test_noise_is_continuous(x, y, seed):
    step = 1e-4
    assert abs(value_noise(x + step, y, seed) - value_noise(x, y, seed)) < 20 * step
    assert abs(gradient_noise(x, y + step, seed) - gradient_noise(x, y, seed)) < 20 * step


def test_gradient_noise_vanishes_at_whole_coordinates():
    assert all(gradient_noise(float(i), float(-i), 5) == 0.0 for i in range(10))


def test_value_noise_meets_its_lattice_values():
    expected = 2.0 * unit(3, -4, 9) - 1.0
    assert value_noise(3.0, -4.0, 9) == pytest.approx(expected, abs=1e-12)


def test_random_units_are_even_and_unrelated_to_their_neighbours():
    numbers = np.array([[unit(i, j, 11) for i in range(80)] for j in range(80)])
    counts, _ = np.histogram(numbers, bins=10, range=(0, 1))
    # chi-squared with 9 degrees of freedom: 33.7 is passed once in 10,000 draws
    assert ((counts - 640.0) ** 2 / 640.0).sum() < 33.7
    for shifted in (numbers[1:], numbers[:, 1:]):
        other = numbers[: shifted.shape[0], : shifted.shape[1]]
        assert abs(np.corrcoef(shifted.ravel(), other.ravel())[0, 1]) < 0.06
    assert numbers.mean() == pytest.approx(0.5, abs=5 * math.sqrt(1 / 12 / numbers.size))


def test_another_seed_gives_unrelated_noise():
    at = np.linspace(0, 300, 900)
    one, two = (np.array([gradient_noise(x, 0.4, s) for x in at]) for s in (1, 2))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.2


def test_smoothstep_is_zero_one_and_a_half_where_it_must_be():
    assert [smoothstep(2.0, 4.0, v) for v in (1.0, 3.0, 5.0)] == [0.0, 0.5, 1.0]
