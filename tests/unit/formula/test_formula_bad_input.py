"""The bad inputs the issue names, through files: each a clear error, and no file left behind."""

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS

from ecoredline.ecosystem.npp_index import climate_erosivity, monthly_evaporation
from ecoredline.ecosystem.sand import soil_wetness
from ecoredline.ecosystem.soil_factors import rainfall_erosivity
from ecoredline.errors import GridMismatch, InputError, UnknownCode
from ecoredline.formula import NOT_CHECKED_ZH, UnitMismatch, named
from ecoredline.formula_rasters import run_formula
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map

GRID = Grid(CRS.from_epsg(4543), Affine(30, 0, 470_000, 0, -30, 2.95e6), 4, 5)
SHIFTED = Grid(GRID.crs, Affine(30, 0, 470_015, 0, -30, 2.95e6), 4, 5)
WATER = {"precipitation": 900.0, "runoff": 20.0, "evapotranspiration": 500.0}

# formula, inputs (value, unit, grid), error, words
BAD = {
    "negative rain": ("water_retention", WATER | {"precipitation": -9999.0}, UnitMismatch, "mm/a between 0"),
    "rain in metres": ("water_retention", WATER | {"precipitation": 0.9}, UnitMismatch, "metres for millimetres"),
    "rain said to be in metres": ("water_retention", WATER | {"precipitation": (9.0, "m")}, UnitMismatch, "says it is in m; wanted mm/a"),
    "rain off the grid": ("water_retention", WATER | {"runoff": (20.0, "", SHIFTED)}, GridMismatch, r"runoff \(runoff\.tif\).*0\.5, 0 pixels off"),
    "slope in per cent above 90": ("steepness_factor", {"slope": 120.0}, UnitMismatch, "per cent"),
    "slope said to be in per cent": ("steepness_factor", {"slope": (40.0, "%")}, UnitMismatch, "says it is in %; wanted °"),
    "cover above 1": ("quality_index", {"leaf_area": 0.5, "cover": 1.2, "production": 0.5}, UnitMismatch, "cover"),
    "cover said to be in per cent": ("quality_index", {"leaf_area": 0.5, "cover": (0.9, "%"), "production": 0.5}, UnitMismatch, "says it is in %; wanted 1"),
    "land use without a row": ("surface_runoff", {"precipitation": 900.0, "vegetation_type": 99.0}, UnknownCode, "99"),
    "K in US units": ("potential_soil_loss", {"erosivity": 3000.0, "erodibility": 0.3, "slope_length": 1.0, "steepness": 1.0}, UnitMismatch, "US unit"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_and_nothing_is_written(case, tmp_path):
    name, inputs, error, words = BAD[case]
    given = {"cell_area": "900"} if name == "water_retention" else {}
    for role, value in inputs.items():
        number, unit, grid = (*value, GRID)[:3] if isinstance(value, tuple) else (value, "", GRID)
        path = write_map(tmp_path / f"{role}.tif", np.full((4, 5), number), grid, unit=unit)
        given[role] = str(path)
    with pytest.raises(error, match=words):
        run_formula(name, given, tmp_path / "out.tif")
    assert list(tmp_path.glob("out*")) == []


def test_the_same_unit_in_other_words_is_taken(tmp_path):
    slope = write_map(tmp_path / "s.tif", np.full((4, 5), 40.0), GRID, unit="degrees")
    assert run_formula("steepness_factor", {"slope": str(slope)}, tmp_path / "o.tif").valid == 20


def test_more_days_than_the_years_have_are_refused():
    rain, halves = np.full(740, 20.0), np.ones(740)
    with pytest.raises(InputError, match="740 days of rain and years=1"):
        rainfall_erosivity(rain, halves, 1)
    assert rainfall_erosivity(rain[:731], halves[:731], 2) > 0


@pytest.mark.parametrize("half", [0, 25, 9.5])
def test_a_day_outside_the_24_half_months_is_refused(half):
    """0 would have counted into December, 9.5 into the ninth."""
    with pytest.raises(InputError, match=f"half-months .{half}"):
        rainfall_erosivity([20.0, 30.0], [9, half], 1)


def test_a_month_without_evaporation_is_nodata_and_no_infinity():
    assert np.isnan(soil_wetness(0.0, 3.0, 1.0, 15.0))
    evaporation, rain = np.full((12, 2), 50.0), np.full((12, 2), 5.0)
    evaporation[0, 0] = monthly_evaporation(-20.0, 0.5)
    found = climate_erosivity(np.full((12, 2), 3.0), evaporation, rain, [30] * 12)
    assert np.isnan(found[0]) and found[1] == pytest.approx(27 * 0.9 * 360 / 100)


FROM_MEMORY = {
    "rainfall_erosivity", "half_month_erosivity", "weather_factor", "soil_wetness", "trophic_state",
    "rocky_desertification_grade", "soil_loss", "soil_loss_csle", "surface_runoff",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FROM_MEMORY))
def test_one_remembered_number_keeps_the_whole_from_citing_the_standard(name):
    declared = named(name)
    assert not declared.source.official and declared.source.cite == NOT_CHECKED_ZH
