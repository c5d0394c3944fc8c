import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecoredline.ecosystem.distribution import fit_distribution
from ecoredline.ecosystem.irreplaceability import (
    cheapest_plan,
    replacement_costs,
    selection_frequency,
    species_richness,
)
from ecoredline.ecosystem.water import project_water_retention
from ecoredline.errors import InputError, NotEnoughData, UnknownCode
from ecoredline.series import greatest_in_group, product_values

AMOUNTS = hnp.arrays(np.int64, (3, 6), elements=st.integers(0, 3))


def cheapest_by_hand(amounts, targets, costs, ties=(), weight=0.0):
    """Every plan there is."""
    best = math.inf
    for plan in itertools.product((0, 1), repeat=amounts.shape[1]):
        chosen = np.array(plan)
        if (amounts @ chosen >= targets).all():
            border = sum(length for a, b, length in ties if chosen[a] != chosen[b])
            best = min(best, costs @ chosen + weight * border)
    return best


@settings(max_examples=25, deadline=None)
@given(AMOUNTS, hnp.arrays(np.int64, 6, elements=st.integers(1, 5)))
def test_the_plan_is_the_cheapest_of_all_plans(amounts, costs):
    targets, ties = np.array([2, 3, 1]), [(0, 1, 2.0), (1, 2, 1.0), (4, 5, 3.0)]
    for weight in (0.0, 0.7):
        plan = cheapest_plan(amounts, targets, costs, borders=ties, border_weight=weight)
        wanted = cheapest_by_hand(amounts, targets, costs, ties, weight)
        assert plan is None if math.isinf(wanted) else plan.cost == pytest.approx(wanted)
        if plan is not None:
            assert (amounts @ plan.chosen >= targets).all()


def test_what_holds_the_only_stock_is_chosen_every_time():
    amounts = np.array([[5, 0, 0, 0], [0, 2, 2, 2]])
    times = selection_frequency(amounts, [5, 2], runs=40, seed=1)
    assert times[0] == 40 and times[1:].sum() == 40 and (times[1:] > 0).all()
    assert (times == selection_frequency(amounts, [5, 2], runs=40, seed=1)).all()
    assert replacement_costs(amounts, [5, 4], [1, 1, 1, 9]).tolist() == [math.inf, 8, 8, 0]
    with pytest.raises(InputError, match=r"species \[1\]"):
        selection_frequency(amounts, [5, 9])
    with pytest.raises(InputError, match="negative"):
        cheapest_plan([[-1.0]], [1])


def test_richness_counts_what_is_seen():
    found = species_richness(np.array([[1, np.nan, 0], [1, np.nan, np.nan], [0, np.nan, 2]]))
    np.testing.assert_array_equal(found, [2, np.nan, 1])


def niche(rng, count):
    """Land of two variables; the species sits at 0.7, 0.3."""
    land = rng.random((count, 2))
    chance = np.exp(-((land[:, 0] - 0.7) ** 2 + (land[:, 1] - 0.3) ** 2) / 0.02)
    return land, rng.random(count) < chance


def test_a_known_niche_is_found_and_noise_is_not():
    rng = np.random.default_rng(12)
    land, seen = niche(rng, 4000)
    blocks = (land * 4).astype(int) @ [1, 4]
    background = land[:1500]
    where = np.concatenate([blocks[seen], blocks[:1500]])
    model = fit_distribution(land[seen], background, where)
    assert model.auc > 0.9
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21), indexing="ij"))
    grid[0, 0, 0] = np.nan
    map_ = model.predict(grid)
    assert np.isnan(map_[0, 0]) and np.isnan(map_).sum() == 1
    best = np.unravel_index(np.nanargmax(map_), map_.shape)
    assert (grid[0][best], grid[1][best]) == pytest.approx((0.7, 0.3), abs=0.1)
    noise = fit_distribution(rng.random((200, 2)), rng.random((800, 2)), rng.integers(0, 20, 1000))
    assert noise.auc_held_out == pytest.approx(0.5, abs=0.1)


def test_too_few_points_or_gaps_are_refused():
    with pytest.raises(NotEnoughData, match="9 presences"):
        fit_distribution(np.zeros((9, 2)), np.zeros((50, 2)))
    with pytest.raises(InputError, match="without a value"):
        fit_distribution(np.full((20, 2), np.nan), np.zeros((50, 2)))


def test_products_give_physical_values_and_refuse_what_is_physical_already():
    values, filled = product_values(np.array([0, 300, 32761, -9]), "mod17_gpp")
    np.testing.assert_allclose(values, [0, 0.03, np.nan, np.nan])
    assert filled == 2
    with pytest.raises(UnknownCode, match="mcd15_lai"):
        product_values([1], "lai")
    with pytest.raises(InputError, match="physical already"):
        product_values([0.31, 0.8], "mod13_ndvi")


def test_the_greatest_is_that_of_zone_and_class():
    values = np.array([[1, 5, np.nan], [3, 2, 7.0]])
    found = greatest_in_group(values, [[1, 1, 1], [1, 2, 2]], [[1, 2, 2], [1, 2, np.nan]])
    np.testing.assert_array_equal(found, [[3, 5, np.nan], [3, 2, np.nan]])


def test_project_water_is_cubic_metres():
    """One hectare, 1000 mm, 60 % of it runs, 0.5 bare and 0.2 covered: 1800 m³."""
    assert project_water_retention(1e4, 1000.0, 0.6, 0.5, 0.2) == pytest.approx(1800)
