"""InVEST's own results as the oracle; skips, with the reason said, where the data are not present."""

import csv
import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.features import rasterize
from scipy.stats import spearmanr
from youwuzhen_ground import SAID, taken

from ecoredline.ecosystem import habitat, soil, terrain, water
from ecoredline.formula_rasters import run_formula

pytestmark = pytest.mark.real
CELL_M, CELL_M2 = 30.0, 900.0
COMMON = np.s_[:, :122]  # InVEST trimmed three columns off its inputs


def read(path):
    """Values as float64, NaN = nodata (InVEST marks it with the largest number of a type, too)."""
    with rasterio.open(path) as source:
        values = source.read(1, masked=True).astype(float).filled(np.nan)
    return np.where(np.abs(values) > 1e30, np.nan, values)


def rows_by_code(path, key):
    with path.open(encoding="utf-8") as stream:
        return {int(row[key]): row for row in csv.DictReader(stream)}


def mapped(codes, rows, column):
    """The column's value for each code of the map, NaN where there is none."""
    values = np.full(codes.shape, np.nan)
    for code, row in rows.items():
        values[codes == code] = float(row[column])
    return values


@pytest.fixture(scope="module")
def unit_cases(shared_data):
    return json.loads((shared_data / "invest-unit-cases" / "unit_cases.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def youwuzhen(shared_data):
    return shared_data / "invest-youwuzhen"


@pytest.fixture(scope="module")
def summary(youwuzhen):
    return json.loads((youwuzhen / "expected" / "summary.json").read_text("utf-8"))


def test_ls_of_the_unit_case_to_its_printed_digits(unit_cases):
    case = unit_cases["sdr_ls_factor"]
    found = terrain.ls_factor_invest(
        case["slope_pct"], case["flow_accum_px"], case["cell_m"], case["l_max_m"]
    )
    assert found == pytest.approx(np.array(case["ls"]), rel=2e-6)


def test_evaporated_fraction_of_the_unit_case_to_its_printed_digits(unit_cases):
    case = {k: np.array(v) for k, v in unit_cases["awy_fractp"].items()}
    found = water.evaporated_fraction(
        case["precip"], case["eto"], case["kc"], case["root_depth"], case["restricting_depth"],
        case["pawc"], case["veg"], float(case["seasonality_constant"]),
    )  # fmt: skip
    np.testing.assert_allclose(found, case["fractp"], rtol=1e-7)


def youwuzhen_fraction(folder):
    inputs = folder / "inputs"
    cover, rows = read(inputs / "lulc.tif"), rows_by_code(inputs / "biophysical.csv", "lucode")
    return water.evaporated_fraction(
        read(inputs / "precip.tif"), read(inputs / "eto.tif"), mapped(cover, rows, "Kc"),
        mapped(cover, rows, "root_depth"), read(inputs / "root_restricting_depth.tif"),
        read(inputs / "pawc.tif"), mapped(cover, rows, "lulc_veg"), 20.0,
    )  # fmt: skip


def test_water_yield_of_youwuzhen_pixel_by_pixel_and_in_sum(youwuzhen, summary):
    rain = read(youwuzhen / "inputs" / "precip.tif")
    found = water.water_yield(rain, youwuzhen_fraction(youwuzhen))[COMMON]
    wanted = read(youwuzhen / "expected" / "wyield.tif")
    assert (np.isnan(found) == np.isnan(wanted)).all()
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert np.nansum(found) == pytest.approx(summary["rasters"]["wyield.tif"]["sum"], rel=1e-6)


def test_the_command_gives_the_yearly_volume_of_the_watershed(youwuzhen, summary, tmp_path):
    fraction = youwuzhen_fraction(youwuzhen)
    with rasterio.open(youwuzhen / "inputs" / "precip.tif") as source:
        profile = source.profile | {"dtype": "float32", "nodata": np.nan, "crs": SAID}
    with rasterio.open(tmp_path / "fraction.tif", "w", **profile) as made:
        made.write(fraction.astype("float32"), 1)
    given = {
        "precipitation": taken(youwuzhen / "inputs" / "precip.tif", tmp_path / "rain.tif"),
        "evaporated_fraction": tmp_path / "fraction.tif",
    }
    run_formula("water_yield", given, tmp_path / "yield.tif")
    volume = np.nansum(read(tmp_path / "yield.tif")[COMMON]) * CELL_M2 * water.M3_PER_MM_M2
    wanted = float(summary["watershed_awy"].split(",")[-1])
    assert volume == pytest.approx(wanted, rel=1e-3)


def youwuzhen_ls(folder):
    expected = folder / "expected"
    return terrain.ls_factor_invest(
        read(expected / "sdr_int_slope.tif"), read(expected / "sdr_int_flow_accumulation.tif"),
        CELL_M, 122.0,
    )  # fmt: skip


def test_ls_and_soil_loss_of_youwuzhen(youwuzhen, summary):
    inputs, expected = youwuzhen / "inputs", youwuzhen / "expected"
    ls = youwuzhen_ls(youwuzhen)
    wanted = read(expected / "sdr_int_ls.tif")
    np.testing.assert_allclose(ls, wanted, rtol=2e-6)
    cover, rows = (
        read(inputs / "lulc.tif")[COMMON],
        rows_by_code(inputs / "biophysical.csv", "lucode"),
    )
    loss = soil.soil_loss(
        read(inputs / "erosivity.tif")[COMMON], read(inputs / "erodibility.tif")[COMMON], ls, 1.0,
        mapped(cover, rows, "usle_c"), mapped(cover, rows, "usle_p"),
    )  # fmt: skip
    tonnes = soil.mass_per_cell(loss, CELL_M2)
    wanted = read(expected / "usle.tif")
    land = ~np.isnan(wanted)  # InVEST leaves streams out
    np.testing.assert_allclose(tonnes[land], wanted[land], rtol=1e-5, atol=1e-6)
    assert tonnes[land].sum() == pytest.approx(summary["watershed_sdr"]["usle_tot"], rel=1e-6)


def test_the_standard_s_own_ls_differs_from_invest_s_but_ranks_alike(youwuzhen):
    expected = youwuzhen / "expected"
    degrees = terrain.slope_degrees(read(expected / "sdr_int_slope.tif"))
    upslope = read(expected / "sdr_int_flow_accumulation.tif")
    length = np.minimum(np.sqrt(upslope) * CELL_M, 300.0)
    ours = terrain.slope_length_factor(length, degrees) * terrain.steepness_factor(degrees)
    theirs = youwuzhen_ls(youwuzhen)
    seen = ~np.isnan(theirs)
    assert spearmanr(ours[seen], theirs[seen]).statistic > 0.9
    assert 0.5 < np.nanmean(ours) / np.nanmean(theirs) < 4


def habitat_maps(cover, threats, sensitivities, cell_m, half_saturation, access=1.0):
    """Degradation and quality from threats (name, map, farthest, decay, weight) and a table."""
    effects = [
        habitat.threat_effect(habitat.threat_distance(map_, cell_m), farthest, decay)
        for _, map_, farthest, decay, _ in threats
    ]
    land = [mapped(cover, sensitivities, name) for name, *_ in threats]
    worn = habitat.degradation(effects, land, [t[-1] for t in threats], access)
    suited = mapped(cover, sensitivities, "habitat")
    return worn, habitat.habitat_quality(suited, worn, half_saturation)


def threats_of(folder, table, column_of):
    with (folder / table).open(encoding="utf-8") as stream:
        return [
            (r["THREAT"], read(folder / column_of(r)), float(r["MAX_DIST"]), r["DECAY"], float(r["WEIGHT"]))
            for r in csv.DictReader(stream)
        ]  # fmt: skip


@pytest.mark.parametrize(("scene", "suffix"), [("cur", "c"), ("fut", "f")])
def test_habitat_sums_of_the_synthetic_case(shared_data, scene, suffix):
    folder = shared_data / "invest-hq-synthetic"
    case = json.loads((folder / "expected.json").read_text("utf-8"))
    cover = read(folder / f"lulc_{scene}.tif")
    with rasterio.open(folder / "lulc_cur.tif") as source:
        zones = gpd.read_file(folder / "access.gpkg")
        access = rasterize(
            zip(zones.geometry, zones["ACCESS"], strict=True), source.shape, fill=1.0,
            transform=source.transform, dtype="float64",
        )  # fmt: skip
    threats = threats_of(folder, "threats_m.csv", lambda r: f"{r['THREAT']}_{suffix}.tif")
    rows = rows_by_code(folder / "sensitivity.csv", "lulc")
    half = case["half_saturation_constant"]
    worn, quality = habitat_maps(cover, threats, rows, 1.0, half, access)
    rarity = habitat.habitat_rarity(read(folder / "lulc_bas.tif"), cover)
    sums = case["sums"]
    assert np.nansum(worn) == pytest.approx(sums[f"deg_sum_{suffix}"], abs=1e-3)
    assert np.nansum(quality) == pytest.approx(sums[f"quality_{suffix}"], abs=1e-3)
    assert np.nansum(rarity) == pytest.approx(sums[f"rarity_{suffix}"], abs=1e-3)


def test_a_distance_in_the_wrong_unit_misses_the_synthetic_sums(shared_data):
    folder = shared_data / "invest-hq-synthetic"
    case = json.loads((folder / "expected.json").read_text("utf-8"))
    cover = read(folder / "lulc_cur.tif")
    kilometres = threats_of(folder, "threats_km.csv", lambda r: f"{r['THREAT']}_c.tif")
    rows = rows_by_code(folder / "sensitivity.csv", "lulc")
    worn, _ = habitat_maps(cover, kilometres, rows, 1.0, 0.5)
    assert np.nansum(worn) != pytest.approx(case["sums"]["deg_sum_c"], rel=0.1)


def test_habitat_quality_of_youwuzhen_pixel_by_pixel(youwuzhen):
    inputs, expected = youwuzhen / "inputs", youwuzhen / "expected"
    threats = threats_of(inputs, "threats_m.csv", lambda r: r["CUR_PATH"])
    rows = rows_by_code(inputs / "sensitivity.csv", "lulc")
    worn, quality = habitat_maps(read(inputs / "lulc.tif"), threats, rows, CELL_M, 0.5)
    np.testing.assert_allclose(worn, read(expected / "deg_sum_c.tif"), atol=1e-6)
    np.testing.assert_allclose(quality, read(expected / "quality_c.tif"), atol=1e-6)
