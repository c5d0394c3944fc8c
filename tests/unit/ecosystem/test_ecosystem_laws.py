"""Laws that every declared formula keeps: tiles as the whole, NaN spreads, inputs unchanged."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.codes import code_list
from ecoredline.ecosystem import habitat, pattern, sand, soil, soil_factors, terrain, vegetation
from ecoredline.formula import FORMULAS
from ecoredline.formula_rasters import DECLARING

SHAPE = (6, 8)
TIMES = 12
GREATEST = 500.0  # where the declared range has no end
CELLWISE = [f for f in FORMULAS.values() if f.output.axis != "table"]
OWN_NAN = {
    "trophic_indices",
    "half_month_erosivity",
}  # each layer has its own nodata, as its docstring says


def sample(formula, rng):
    """Valid inputs of a formula: arrays for cells and series, numbers and lists as declared."""
    assert DECLARING
    values = {name: sample_of(name, i, formula, rng) for name, i in formula.inputs.items()}
    if {"sand", "silt", "clay"} <= set(values):
        shares = rng.dirichlet([3, 3, 3], SHAPE) * 100
        values |= {"sand": shares[..., 0], "silt": shares[..., 1], "clay": shares[..., 2]}
    values |= {"soil": 0.05, "full": 0.9} if formula.name == "fvc" else {}
    values |= {"relief": rng.uniform(0, 50, SHAPE)} if formula.name == "roughness_factor" else {}
    values |= {"least": 0.0, "greatest": 9.0} if formula.name == "normalised" else {}
    return values


def sample_of(name, declared, formula, rng):
    low = max(declared.low, -GREATEST)
    high = min(declared.high, GREATEST)
    if declared.codes:
        codes = [float(c) for c, r in code_list(declared.codes).items() if "" not in r.values()]
        if name == "cover_type" and declared.codes == "soil_cover_types":
            codes = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        return rng.choice(codes, SHAPE)
    if declared.axis == "number":
        return float(rng.uniform(max(low, 0.5), max(high, 1.0) / 2))
    if name in ("half_month", "region", "lithology_grade", "vegetated"):
        size = TIMES if declared.axis == "list" else SHAPE
        return rng.integers(int(low), int(high) + 1, size).astype(float)
    if declared.axis == "list":
        return rng.uniform(low, high, TIMES)
    if declared.axis == "times":
        return rng.uniform(low, high, (500 if formula.name == "wind_strength" else TIMES, *SHAPE))
    return rng.uniform(low + (high - low) * 0.01, high, SHAPE)


def cut(formula, values, part):
    """The same inputs for a part of the cells."""
    return {
        name: value[..., *part] if formula.inputs[name].axis in ("cell", "times") and np.ndim(value) else value
        for name, value in values.items()
    }  # fmt: skip


@pytest.mark.parametrize("formula", CELLWISE, ids=lambda f: f.name)
def test_tiles_give_what_the_whole_gives_and_inputs_stay_as_they_were(formula):
    values = sample(formula, np.random.default_rng(1))
    kept = {name: np.copy(value) for name, value in values.items()}
    whole = np.asarray(formula.function(**values))
    for part in np.ndindex(2, 2):
        tile = tuple(slice(i * s // 2, (i + 1) * s // 2) for i, s in zip(part, SHAPE, strict=True))
        made = np.asarray(formula.function(**cut(formula, values, tile)))
        np.testing.assert_array_equal(made, whole[..., *tile])
    for name, value in values.items():
        np.testing.assert_array_equal(value, kept[name])
    assert np.isfinite(whole).all()


@pytest.mark.parametrize("formula", CELLWISE, ids=lambda f: f.name)
def test_nodata_of_any_input_spreads_to_its_cell_and_no_further(formula):
    values = sample(formula, np.random.default_rng(2))
    clean = np.asarray(formula.function(**values))
    for name, value in values.items():
        if formula.inputs[name].axis not in ("cell", "times") or not np.ndim(value):
            continue
        holed = np.array(value, dtype=float)
        holed[..., 2, 3] = np.nan
        made = np.asarray(formula.function(**values | {name: holed}))
        there = np.isnan(made[..., 2, 3])
        assert there.any() if formula.name in OWN_NAN else there.all(), name
        made[..., 2, 3] = clean[..., 2, 3]
        np.testing.assert_array_equal(made, clean)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=lambda f: f.name)
def test_every_formula_says_what_it_gives_with_an_equation_and_an_example(formula):
    text = inspect.getdoc(formula.function)
    assert formula.equation and formula.example.startswith(">>>"), formula.name
    assert "NaN" in text, "says what becomes of nodata"
    assert formula.zh and formula.output.zh and formula.output.unit
    assert all(i.zh and i.unit and i.low <= i.high for i in formula.inputs.values())


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 90), st.floats(0, 90), st.floats(1, 300))
def test_steeper_and_longer_slopes_lose_more(one, other, length):
    low, high = sorted((one, other))
    assert terrain.steepness_factor(low) <= terrain.steepness_factor(high) + 1e-12
    assert terrain.slope_length_factor(length, low) <= terrain.slope_length_factor(length * 2, low)


@settings(max_examples=25, deadline=None)
@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0, 200))
def test_more_water_from_above_means_a_larger_ls(one, other, slope):
    low, high = sorted((one, other))
    assert terrain.ls_factor_invest(slope, low, 30.0, 1e9) <= terrain.ls_factor_invest(
        slope, high, 30.0, 1e9
    ) * (1 + 1e-9)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 300), st.floats(0, 300), st.integers(1, 24))
def test_more_rain_erodes_more(one, other, half):
    low, high = sorted((one, other))
    assert soil_factors.rainfall_erosivity([low], [half], 1) <= soil_factors.rainfall_erosivity(
        [high], [half], 1
    )


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 6))
def test_more_cover_never_erodes_more(one, other, kind):
    low, high = sorted((one, other))
    assert soil_factors.cover_factor(kind, high) <= soil_factors.cover_factor(kind, low)
    assert sand.wind_cover_factor(kind, high * 100) <= sand.wind_cover_factor(kind, low * 100)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_worse_degradation_never_betters_a_habitat_and_quality_grades_follow(one, other):
    low, high = sorted((one, other))
    assert habitat.habitat_quality(1.0, high) <= habitat.habitat_quality(1.0, low)
    assert vegetation.quality_grade(high * 100) <= vegetation.quality_grade(low * 100)
    for decay in habitat.DECAYS:
        assert habitat.threat_effect(high, 0.7, decay) <= habitat.threat_effect(low, 0.7, decay)


def test_soil_and_transitions_add_up_over_areas():
    rng = np.random.default_rng(3)
    loss, area = rng.uniform(0, 50, (20, 30)), rng.uniform(800, 900, (20, 30))
    whole = soil.mass_per_cell(loss, area).sum()
    parts = sum(
        soil.mass_per_cell(loss[:, c], area[:, c]).sum() for c in np.split(np.arange(30), 3)
    )
    assert parts == pytest.approx(whole, rel=1e-12)
    before, after = rng.integers(1, 5, (2, 20, 30))
    classes = [1, 2, 3, 4]
    matrix = pattern.transition_matrix(before, after, classes, area)
    tiles = [
        pattern.transition_matrix(before[r], after[r], classes, area[r])
        for r in (slice(0, 7), slice(7, 20))
    ]
    np.testing.assert_allclose(sum(tiles), matrix, rtol=1e-12)
    assert matrix.sum() == pytest.approx(area.sum())


def test_potential_loss_is_what_is_lost_and_what_is_kept():
    factors = (3000.0, 0.02, 1.5, 2.0)
    lost, kept = soil.soil_loss(*factors, 0.3), soil.soil_retention(*factors, 0.3)
    assert lost + kept == pytest.approx(soil.potential_soil_loss(*factors))


def test_threats_that_are_nowhere_reach_nothing_and_bad_decays_are_refused():
    away = habitat.threat_distance(np.zeros((3, 3)), 30.0)
    assert (habitat.threat_effect(away, 500.0, "exponential") == 0).all()
    with pytest.raises(ValueError, match="linear, exponential"):
        habitat.threat_effect([1.0], 10.0, "cubic")
    assert habitat.habitat_rarity([1, 1], [3, 1]).tolist() == [0.0, pytest.approx(2 / 3)]


@pytest.mark.parametrize("formula", CELLWISE, ids=lambda f: f.name)
def test_maps_of_whole_numbers_give_what_floats_give(formula):
    """A clay map in uint8 or a DEM in int16 must not wrap round in a square or a difference."""
    values = sample(formula, np.random.default_rng(11))
    as_float, as_whole = dict(values), dict(values)
    for name, value in values.items():
        declared = formula.inputs[name]
        if isinstance(value, np.ndarray) and value.shape[-2:] == SHAPE:
            whole = np.round(value).clip(np.ceil(declared.low), np.floor(declared.high))
            small = np.uint8 if whole.min() >= 0 and whole.max() <= 255 else np.int16
            as_float[name], as_whole[name] = whole, whole.astype(small)
    with np.errstate(all="ignore"):
        wanted = formula.function(**as_float)
        found = formula.function(**as_whole)
    assert np.allclose(found, wanted, equal_nan=True)
