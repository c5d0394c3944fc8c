import itertools

import numpy as np
import pytest

from ecoredline.codes import code_list
from ecoredline.errors import InputError, UnknownCode
from ecoredline.formula import NOT_CHECKED_ZH, named
from ecoredline.sensitivity import (
    desertification_sensitivity,
    erosion_sensitivity,
    factor_score,
    rocky_desertification_sensitivity,
    salinization_sensitivity,
    sensitivity_grade,
    soil_score,
)


@pytest.mark.parametrize(
    ("factor", "values", "scores"),
    [
        ("erosion.rainfall", [99, 100, 600, 601], [1, 3, 3, 5]),
        ("erosion.relief", [50, 51, 300, 301], [1, 3, 3, 5]),
        ("erosion.cover", [0.6, 0.59, 0.21, 0.2], [1, 3, 3, 5]),
        ("desertification.aridity", [1.5, 1.6, 15.9, 16], [1, 3, 3, 5]),
        ("desertification.windy_days", [10, 11, 29, 30], [1, 3, 3, 5]),
        ("rocky.carbonate", [30, 31, 69, 70], [1, 3, 3, 5]),
        ("rocky.slope", [8, 9, 24, 25], [1, 3, 3, 5]),
        ("salinization.evaporation", [3, 4, 14, 15], [1, 3, 3, 5]),
        ("salinization.salinity", [5, 6, 24, 25], [1, 3, 3, 5]),
        ("salinization.depth", [5, 4.9, 1.1, 1], [1, 3, 3, 5]),
    ],
)
def test_factors_are_scored_as_the_table_says_at_its_limits_too(factor, values, scores):
    assert factor_score(values, factor).tolist() == scores


def test_each_factor_covers_its_range_without_gap_or_overlap():
    for factor in {r["factor"] for r in code_list("sensitivity_factors").values()}:
        rows = [r for r in code_list("sensitivity_factors").values() if r["factor"] == factor]
        ends = sorted({float(r[k]) for r in rows for k in ("low", "high") if r[k]})
        probes = [*ends, *((a + b) / 2 for a, b in itertools.pairwise(ends))]
        for value in probes:
            holding = [r for r in rows if holds(r, value)]
            assert len(holding) == 1, (factor, value)


def holds(row, value):
    low = float(row["low"] or "-inf")
    high = float(row["high"] or "inf")
    return (low < value or (low == value and row["closed"] in ("low", "both"))) and (
        value < high or (value == high and row["closed"] in ("high", "both"))
    )


def test_the_index_is_the_geometric_mean_worked_by_hand():
    assert erosion_sensitivity(50.0, 8, 100.0, 0.5) == pytest.approx((1 * 5 * 3 * 3) ** 0.25)
    assert desertification_sensitivity(20.0, 20.0, 2, 0.9) == pytest.approx((5 * 3 * 5 * 1) ** 0.25)
    assert rocky_desertification_sensitivity(50.0, 30.0, 0.4) == pytest.approx(45 ** (1 / 3))
    assert salinization_sensitivity(5.0, 1.0, 0.5, 3) == pytest.approx(45**0.25)


def test_grades_take_all_numbers_between_one_and_five():
    assert sensitivity_grade([1, 2, 2.05, 4, 4.01, 5]).tolist() == [1, 1, 2, 2, 3, 3]
    worst = erosion_sensitivity(700.0, 8, 400.0, 0.1)
    assert sensitivity_grade(worst) == 3
    with pytest.raises(InputError, match="sensitivity index"):
        sensitivity_grade([0.5])


def test_soils_without_a_score_are_listed_and_no_salinity_table_is_made_up():
    with pytest.raises(UnknownCode, match="12"):
        soil_score([1, 12], "erosion")
    with pytest.raises(UnknownCode, match="no table"):
        soil_score([1], "salinization")
    with pytest.raises(UnknownCode, match=r"rocky\.slope"):
        factor_score(1.0, "rocky.slop")


def test_cover_in_per_cent_is_refused_and_nodata_stays():
    with pytest.raises(InputError, match=r"erosion\.cover 55"):
        erosion_sensitivity(50.0, 8, 100.0, 55.0)
    assert np.isnan(erosion_sensitivity(50.0, np.nan, 100.0, 0.5))


def test_no_output_cites_the_guide_whose_text_was_not_seen():
    for name in ("erosion_sensitivity", "sensitivity_grade", "salinization_sensitivity"):
        assert named(name).source.cite == NOT_CHECKED_ZH
