import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecoredline.ecosystem import soil, water
from ecoredline.errors import InputError, UnknownCode
from ecoredline.formula import (
    FORMULAS,
    NOT_CHECKED_ZH,
    Clause,
    Input,
    Output,
    UnitMismatch,
    check_inputs,
    formula,
    intervals,
    named,
    value_by_code,
    value_by_interval,
)

ROOT = Path(__file__).parents[3]
WATER = {"precipitation": 800.0, "runoff": 300.0, "evapotranspiration": 400.0, "cell_area": 900.0}
SOIL = {
    "erosivity": 3000.0,
    "erodibility": 0.03,
    "slope_length": 2.0,
    "steepness": 3.0,
    "cover": 0.1,
}


def test_the_declaration_only_registers():
    assert FORMULAS["water_retention"].function is water.water_retention
    assert water.water_retention.__module__ == "ecoredline.ecosystem.water"


def test_only_a_document_whose_text_was_seen_is_cited():
    for declared in FORMULAS.values():
        if declared.source.tag == "X":
            assert declared.source.cite.startswith("HJ ")
        else:
            assert declared.source.cite == NOT_CHECKED_ZH
    with pytest.raises(InputError, match="tag 'Z'"):
        Clause("a", "b", "Z")


def test_inputs_must_be_the_parameters_and_names_are_unique():
    declare = formula(
        zh="试",
        source=Clause("", "", "P"),
        inputs={"a": Input("1", "甲")},
        output=Output("1", "乙"),
    )
    with pytest.raises(InputError, match="declares"):
        declare(lambda b: b)

    def water_retention(a):
        return a

    with pytest.raises(InputError, match="twice"):
        declare(water_retention)
    with pytest.raises(UnknownCode, match="water_retention"):
        named("water_retentoin")


@pytest.mark.parametrize(
    ("good", "slip", "said"),
    [
        (WATER, {"precipitation": np.array([0.8, 0.5])}, "metres for millimetres"),
        (WATER, {"precipitation": np.array([800.0, -1.0])}, "between 0"),
        (WATER, {"evapotranspiration": 0.4}, "times 1000"),
        (WATER, {"cell_area": 9e-4}, "at most"),
        (SOIL, {"cover": np.array([20.0, 55.0])}, "percentage where a fraction"),
        (SOIL, {"erodibility": 0.3}, "US unit"),
        (SOIL, {"cover": np.array([1.02, 0.5])}, "between 0 and 1"),
    ],
)
def test_wrong_units_are_told_by_magnitude(good, slip, said):
    declared = FORMULAS["water_retention" if good is WATER else "soil_retention"]
    check_inputs(declared, good)
    with pytest.raises(UnitMismatch, match=said) as caught:
        check_inputs(declared, good | slip)
    assert isinstance(caught.value, InputError)


def test_slope_in_per_cent_is_told_when_it_passes_what_degrees_can_be():
    with pytest.raises(UnitMismatch, match="per cent"):
        check_inputs(named("steepness_factor"), {"slope": np.array([10.0, 120.0])})


def test_all_faults_are_said_at_once_and_nodata_is_none():
    with pytest.raises(UnitMismatch, match=r"precipitation.*runoff"):
        check_inputs(named("water_retention"), WATER | {"precipitation": -5.0, "runoff": -5.0})
    check_inputs(named("water_retention"), WATER | {"precipitation": np.array([np.nan, 800.0])})
    check_inputs(named("water_retention"), WATER | {"precipitation": np.full(3, np.nan)})
    with pytest.raises(InputError, match=r"missing: runoff.*unknown: run_off"):
        check_inputs(
            named("water_retention"),
            {("run_off" if k == "runoff" else k): v for k, v in WATER.items()},
        )


def test_inputs_with_a_default_may_be_left_out():
    check_inputs(named("soil_loss"), SOIL)
    assert "practice" not in named("soil_loss").required
    assert soil.soil_loss(**SOIL) == pytest.approx(54.0)


def test_tables_refuse_what_no_row_covers_and_list_every_code():
    table = intervals([{"low": "0", "high": "5", "closed": "both", "value": "1"}])
    assert value_by_interval([0.0, 5.0], table).tolist() == [1, 1]
    with pytest.raises(InputError, match=r"5\.1"):
        value_by_interval([5.1], table, "depth")
    with pytest.raises(UnknownCode, match="7, 9"):
        value_by_code([1, 9, 7, 7], {1: 0.5})
    assert value_by_code(np.empty((0, 2)), {1: 0.5}).shape == (0, 2)


def test_the_reference_page_is_what_the_declarations_say():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "formula-pages", "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page = (ROOT / "docs" / "reference" / "formulas.md").read_text("utf-8")
    assert all(f"### {name}\n" in page for name in FORMULAS)
