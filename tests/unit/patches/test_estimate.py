"""Area-adjusted accuracy against the worked example of Olofsson et al. 2014, table 8."""

import numpy as np
import pytest

from ecoredline.errors import NotEnoughData
from ecoredline.patches.estimate import agreement, area_estimates

COUNTS = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
PIXELS = [200_000, 150_000, 3_200_000, 6_450_000]


def test_the_published_example_is_reproduced():
    found = area_estimates(COUNTS, PIXELS)
    assert found.area[0].value == pytest.approx(235_086, abs=1)
    assert found.area[0].half_width == pytest.approx(68_418, abs=1)
    users = [(round(e.value, 2), round(e.half_width, 2)) for e in found.users]
    assert users == [(0.88, 0.07), (0.73, 0.10), (0.93, 0.04), (0.96, 0.02)]
    assert [round(e.value, 2) for e in found.producers] == [0.75, 0.85, 0.93, 0.96]
    assert (round(found.overall.value, 2), round(found.overall.half_width, 2)) == (0.95, 0.02)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    random = np.random.default_rng(7)
    areas, real = np.array([50.0, 950.0]), np.array([0.8, 0.03])
    truth = (areas * real).sum()
    hits = 0
    for _ in range(400):
        changed = random.binomial(150, real)
        found = area_estimates(np.column_stack([changed, 150 - changed]), areas)
        low, high = found.area[0].interval
        hits += low <= truth <= high
    assert 0.88 <= hits / 400 <= 0.985


def test_a_stratum_with_one_sample_is_refused():
    with pytest.raises(NotEnoughData, match="2 or more"):
        area_estimates([[1, 0], [1, 9]], [1, 1])


def test_agreement_by_chance_alone_has_a_kappa_near_nothing():
    random = np.random.default_rng(1)
    share, kappa = agreement(random.random(4000) < 0.9, random.random(4000) < 0.9)
    assert share > 0.78
    assert abs(kappa) < 0.05
