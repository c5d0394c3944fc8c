"""Numbers worked by hand from the standards' equations, and what breaks them."""

import numpy as np
import pytest

from ecoredline.ecosystem import (
    npp_index,
    pattern,
    problems,
    sand,
    soil,
    soil_factors,
    terrain,
    vegetation,
    water,
)
from ecoredline.errors import InputError, NotEnoughData, UnknownCode

STEEP_8, LENGTH_8 = 1.8381, 1.591452
RAIN = (np.array([20.0, 35.0, 50.0]), np.array([9, 9, 9]), 1)
WIND = (20.0, 0.479250, 0.273149, 0.975116)
TLI = (10.0, 0.05, 1.0, 4.0)

# what is computed, what it must be, relative tolerance by the digits of the source
VECTORS = {
    "S of four slopes": (
        lambda: terrain.steepness_factor([3.0, 8.0, 20.0, 35.0]), [0.5952, 1.8381, 6.5302, 9.5988], 1e-4),
    "beta at 8 degrees": (lambda: terrain.rill_ratio(np.sin(np.radians(8)), 0.089), 1.325889, 1e-6),
    "L of 50 m at 8 degrees": (lambda: terrain.slope_length_factor(50.0, 8.0), LENGTH_8, 1e-6),
    "K of EPIC": (lambda: soil_factors.erodibility_epic(40.0, 40.0, 20.0, 1.5), 0.2604396, 1e-6),
    "K": (
        lambda: soil_factors.erodibility(soil_factors.erodibility_epic(40.0, 40.0, 20.0, 1.5)),
        0.01586876, 1e-6),
    "potential loss": (
        lambda: soil.potential_soil_loss(3000.0, 0.01586876, LENGTH_8, 1.838108), 139.2608, 1e-6),
    "actual loss": (
        lambda: soil.soil_loss(3000.0, 0.01586876, LENGTH_8, 1.838108, 0.06), 8.3556, 1e-5),
    "kept soil": (
        lambda: soil.soil_retention(3000.0, 0.01586876, LENGTH_8, 1.838108, 0.06), 130.9052, 1e-6),
    "erosivity of a warm half-month": (lambda: soil_factors.rainfall_erosivity(*RAIN), 589.4215, 1e-6),
    "C of a dry field": (lambda: soil_factors.dry_field_cover_factor(0.3), 0.532113, 1e-6),
    "EF": (lambda: sand.erodible_fraction(50.0, 30.0, 20.0, 1.0), 0.479250, 1e-6),
    "SCF": (lambda: sand.crust_factor(20.0, 1.0), 0.273149, 2e-6),
    "C of grass at 30 %": (lambda: sand.wind_cover_factor(2, 30.0), 0.0316505, 1e-5),
    "wind erosion of bare ground": (lambda: sand.wind_erosion(*WIND, 1.0, 50.0), 1.98444, 1e-5),
    "wind erosion under grass": (
        lambda: sand.wind_erosion(*WIND, sand.wind_cover_factor(2, 30.0), 50.0), 0.00593546, 1e-5),
    "sand kept": (
        lambda: sand.sand_fixation(*WIND, sand.wind_cover_factor(2, 30.0), 50.0), 1.97850, 1e-5),
    "sand per km2": (lambda: sand.wind_modulus_per_km2(1.98444), 1984.44, 1e-9),
    "water kept": (lambda: water.water_retention(800.0, 300.0, 400.0, 2e6), 200_000.0, 1e-12),
    "loss per km2": (lambda: soil.modulus_per_km2(5.0), 500.0, 1e-12),
    "loss of a 30 m cell": (lambda: soil.mass_per_cell(10.0, 900.0), 0.9, 1e-12),
    "trophic indices": (lambda: problems.trophic_indices(*TLI), [50.006, 45.709, 54.530, 37.979], 1e-5),
    "EQI": (lambda: vegetation.quality_index(0.5, 0.75, 1.0), 75.0, 1e-12),
    "evaporation of a month": (lambda: npp_index.monthly_evaporation(20.0, 0.5), 152.0, 1e-12),
    "slope in per cent": (lambda: terrain.slope_degrees(100.0), 45.0, 1e-12),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_the_vector_is_reached(name):
    compute, wanted, tolerance = VECTORS[name]
    assert compute() == pytest.approx(np.array(wanted), rel=tolerance)


def test_roughness_takes_its_relief_and_length_as_the_source_does():
    assert sand.ridge_roughness(10.0, 1000.0) == pytest.approx(0.02)
    assert sand.roughness_factor(10.0, 1000.0) == pytest.approx(0.975116, rel=1e-6)


def test_the_parts_of_wind_erosion_are_those_of_the_vector():
    product = np.prod(WIND)
    assert sand.MOST_TRANSPORT * product == pytest.approx(280.318, rel=1e-5)
    assert sand.CRITICAL_LENGTH * product**sand.LENGTH_EXPONENT == pytest.approx(106.435, rel=1e-5)
    grass = product * sand.wind_cover_factor(2, 30.0)
    assert sand.MOST_TRANSPORT * grass == pytest.approx(8.87221, rel=1e-5)
    assert sand.CRITICAL_LENGTH * grass**sand.LENGTH_EXPONENT == pytest.approx(383.3495, rel=1e-5)


UNIT_SLIPS = [
    (water, "M3_PER_MM_M2", 1e6, "water kept"),
    (water, "M3_PER_MM_M2", 1e3, "water kept"),
    (soil, "T_KM2_PER_T_HM2", 1e-2, "loss per km2"),
    (soil, "T_KM2_PER_T_HM2", 1e2, "loss per km2"),
    (soil, "M2_PER_HM2", 1e2, "loss of a 30 m cell"),
    (soil, "M2_PER_HM2", 1e-4, "loss of a 30 m cell"),
    (sand, "T_KM2_PER_KG_M2", 1e-3, "sand per km2"),
    (soil_factors, "METRIC_PER_US_K", 1 / 0.1317, "K"),
    (soil_factors, "PER_CENT", 1e-2, "K of EPIC"),
    (terrain, "UNIT_PLOT_M", 1 / 0.3048, "L of 50 m at 8 degrees"),
    (terrain, "PER_CENT", 1e-2, "slope in per cent"),
    (vegetation, "PER_CENT", 1e-2, "EQI"),
    (sand, "CRITICAL_LENGTH", 1e-3, "wind erosion of bare ground"),
    (soil_factors, "EROSIVE_MM", 2.0, "erosivity of a warm half-month"),
    (soil_factors, "WARM", 0.3101 / 0.3937, "erosivity of a warm half-month"),
]


@pytest.mark.parametrize(("module", "constant", "factor", "vector"), UNIT_SLIPS)
def test_a_slip_of_units_breaks_a_vector(monkeypatch, module, constant, factor, vector):
    compute, wanted, tolerance = VECTORS[vector]
    assert compute() == pytest.approx(np.array(wanted), rel=tolerance)
    monkeypatch.setattr(module, constant, getattr(module, constant) * factor)
    try:
        slipped = compute()
    except InputError:
        return
    assert slipped != pytest.approx(np.array(wanted), rel=max(tolerance, 1e-2))


def test_cover_factors_of_the_table_and_their_seams():
    types = np.array([1, 1, 1, 2, 3, 4, 5, 7, 8, 9, 10, 1, 1])
    cover = np.array([0.05, 0.1, 0.95, 0.6, 0.4, 0.2, 0.8, 0.3, 0.3, 0.3, 0.3, 0.7, 0.9])
    wanted = [0.10, 0.08, 0.001, 0.085, 0.15, 0.23, 0.042, 0, 0, 0.01, 0.7, 0.004, 0.004]
    assert soil_factors.cover_factor(types, cover) == pytest.approx(wanted)


def test_a_dry_field_without_cover_is_bare_soil_and_not_more():
    assert soil_factors.cover_factor([6, 6, 6], [0.0, 0.02, 1.0]) == pytest.approx([1, 1, 0.221])
    assert soil_factors.dry_field_cover_factor(0.02) > 1


def test_cover_above_one_and_types_without_a_row_are_refused_by_name():
    with pytest.raises(InputError, match="fraction"):
        soil_factors.cover_factor(1, 55.0)
    with pytest.raises(UnknownCode, match="11, 12"):
        soil_factors.cover_factor([1, 12, 11], [0.5, 0.5, 0.5])


def test_texture_that_is_not_in_per_cent_is_refused():
    with pytest.raises(InputError, match="per cent"):
        soil_factors.erodibility_epic(0.4, 0.4, 0.2, 1.5)
    assert np.isnan(soil_factors.erodibility_epic(100.0, 0.0, 0.0, 1.5))


def test_rain_below_the_erosive_limit_and_in_the_cold_season_counts_less():
    assert soil_factors.rainfall_erosivity([11.9], [9], 1) == 0
    warm, cold = (soil_factors.rainfall_erosivity([30.0], [k], 1) for k in (9, 8))
    assert cold / warm == pytest.approx(0.3101 / 0.3937)
    assert soil_factors.half_month_erosivity([30.0, 30.0], [1, 24], 2)[[0, 23]] == pytest.approx(
        0.3101 * 30**1.7265 / 2
    )
    with pytest.raises(InputError, match="3 days"):
        soil_factors.rainfall_erosivity([1.0, 2.0, 3.0], [1], 1)


def test_half_months_number_the_year_from_one_to_twenty_four():
    assert soil_factors.half_month_of([1, 1, 5, 9, 12], [15, 16, 1, 30, 31]).tolist() == [
        1, 2, 9, 18, 24,
    ]  # fmt: skip


def test_wind_needs_enough_observations_and_only_the_strong_count():
    with pytest.raises(NotEnoughData, match="499"):
        sand.wind_strength(np.full(499, 7.0), 15)
    wind = np.r_[np.full(250, 7.0), np.full(250, 4.9)]
    assert sand.wind_strength(wind, 15) == pytest.approx(7 * 4 / 2 * 15)


def test_no_wind_means_no_erosion_and_not_nodata():
    assert sand.wind_erosion(0.0, 0.4, 0.3, 0.9, 1.0, 50.0) == 0


def test_transitions_of_a_map_worked_by_hand():
    before = np.array([[1, 1, 2, 2], [3, 3, np.nan, 1]])
    after = np.array([[1, 2, 2, 3], [3, 1, 1, np.nan]])
    matrix = pattern.transition_matrix(before, after, [1, 2, 3], 100.0)
    assert matrix.tolist() == [[100, 100, 0], [0, 100, 100], [100, 0, 100]]
    assert pattern.overall_dynamic_degree(matrix) == pytest.approx(50.0)
    assert pattern.transition_out(matrix).sum(axis=1) == pytest.approx(100)
    assert pattern.transition_in(matrix).sum(axis=0) == pytest.approx(100)
    assert pattern.class_shares(matrix.sum(axis=1)) == pytest.approx(100 / 3)
    with pytest.raises(InputError, match=r"\[3\.0\]"):
        pattern.transition_matrix(before, after, [1, 2], 100.0)


def test_the_order_of_the_class_list_is_the_order_of_the_matrix():
    a, b = [[1, 2, 2]], [[2, 2, 1]]
    up, down = (pattern.transition_matrix(a, b, c, 1.0) for c in ([1, 2], [2, 1]))
    assert down.tolist() == up[::-1, ::-1].tolist()


@pytest.mark.parametrize(
    ("region", "modulus", "grade"),
    [(1, 999, 1), (1, 1000, 2), (2, 200, 2), (3, 499, 1), (3, 500, 2), (3, 2500, 3),
     (3, 5000, 4), (3, 9000, 4), (3, 15001, 5)],
)  # fmt: skip
def test_erosion_is_graded_by_its_region(region, modulus, grade):
    assert problems.erosion_grade(modulus, region) == grade


def test_grades_of_quality_and_of_problems():
    assert vegetation.quality_grade([100, 75, 55, 35, 20, 0]).tolist() == [1, 1, 2, 3, 4, 5]
    assert problems.forest_grade([95, 80, 60, 30, 10]).tolist() == [1, 2, 3, 4, 5]
    assert problems.wetland_grade([-3, 5, 20, 50, 80]).tolist() == [1, 2, 3, 4, 5]
    assert problems.eutrophication_grade([20, 45, 55, 65, 80]).tolist() == [1, 2, 3, 4, 5]
    assert problems.rocky_desertification_grade(3.0, 90.0, 1) == 1
    assert problems.rocky_desertification_grade(40.0, 10.0, 5) == 5
    with pytest.raises(UnknownCode, match="region"):
        problems.erosion_grade(100.0, 4)
    with pytest.raises(UnknownCode, match="sandy_land"):
        problems.problem_grade(1.0, "locusts")


def test_vegetation_indices_keep_what_lies_beyond_their_limits():
    assert vegetation.fvc(np.array([0.0, 0.95]), 0.05, 0.9).round(3).tolist() == [-0.059, 1.059]
    with pytest.raises(InputError, match="smaller"):
        vegetation.fvc(0.5, 0.9, 0.05)
    assert np.isnan(vegetation.ndvi(0.0, 0.0))
    with pytest.raises(InputError, match="smaller"):
        npp_index.normalised(1.0, 2.0, 2.0)
