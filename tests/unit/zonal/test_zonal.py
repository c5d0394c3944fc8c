import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from click.testing import CliRunner
from exactextract import exact_extract
from pyproj import CRS

from ecoredline.ecology_commands.uncertainty import command as uncertainty
from ecoredline.ecology_commands.zonal import command
from ecoredline.errors import InputError
from ecoredline.formula_rasters import sources
from ecoredline.geodesy import areas_ha
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster.layers import write_map
from ecoredline.zonal import Error, class_areas, covered_cells, zonal_numbers, zonal_uncertainty
from ecoredline.zonal.coverage import on_grid
from ecoredline.zonal.sums import block_sums
from ecoredline.zonal.tally import Sums

DEGREES = Grid(CRS.from_epsg(4490), Affine(0.01, 0, 101.5, 0, -0.01, 27.0), 60, 80)
METRES = Grid(CRS.from_epsg(4543), Affine(500, 0, 460_000, 0, -500, 2.98e6), 100, 100)


def zones(*shapes):
    return gpd.GeoDataFrame({"name": [f"z{k}" for k in range(len(shapes))]}, geometry=list(shapes), crs=STORAGE_CRS)  # fmt: skip


@pytest.fixture
def odd_zones():
    star = shapely.Point(101.85, 26.7).buffer(0.12, quad_segs=3)
    return zones(
        star.difference(shapely.box(101.8, 26.65, 101.87, 26.72)),
        shapely.box(101.7013, 26.6037, 101.7091, 26.6052),  # smaller than a cell
        shapely.Point(102.0, 26.75).buffer(0.05),
    )


@pytest.mark.parametrize("grid", [DEGREES, METRES], ids=["degrees", "metres"])
def test_a_map_of_ones_has_the_polygons_own_areas(grid, odd_zones, tmp_path):
    path = write_map(tmp_path / "one.tif", np.ones((grid.rows, grid.cols)), grid, unit="t/(hm²·a)")
    table = zonal_numbers(path, odd_zones)
    wanted = areas_ha(odd_zones.geometry.to_numpy())
    assert table["seen_ha"].to_numpy() == pytest.approx(wanted, rel=2e-5)
    assert table["total"].to_numpy() == pytest.approx(wanted, rel=2e-5)
    assert table["mean"].to_numpy() == pytest.approx(np.ones(3))


def test_means_are_exactextract_s_where_cells_are_alike(odd_zones, tmp_path):
    values = np.random.default_rng(3).random((METRES.rows, METRES.cols))
    path = write_map(tmp_path / "v.tif", values, METRES, dtype="float64")
    table = zonal_numbers(path, odd_zones)
    plain = exact_extract(
        str(path), odd_zones.to_crs(4543), ["mean", "min", "max"], output="pandas"
    )
    assert table["mean"].to_numpy() == pytest.approx(plain["mean"].to_numpy(), rel=1e-4)
    assert table["min"].to_numpy() == pytest.approx(plain["min"].to_numpy())


def test_small_blocks_give_the_same_sums(odd_zones, tmp_path, monkeypatch):
    values = np.random.default_rng(4).random((60, 80))
    values[10:20, 10:30] = np.nan
    path = write_map(tmp_path / "v.tif", values, DEGREES, unit="mm")
    whole = zonal_numbers(path, odd_zones)
    monkeypatch.setattr(sources, "BLOCK_SIDES", (13,))
    np.testing.assert_allclose(whole, zonal_numbers(path, odd_zones), rtol=1e-12)


def test_halves_of_a_polygon_add_up_to_the_whole(odd_zones, tmp_path):
    path = write_map(
        tmp_path / "v.tif", np.random.default_rng(5).random((60, 80)), DEGREES, unit="mm"
    )
    shape = odd_zones.geometry.iloc[0]
    left = shape.intersection(shapely.box(101, 26, 101.853, 28))
    both = zonal_numbers(path, zones(left, shape.difference(left)))
    whole = zonal_numbers(path, zones(shape))
    assert both["total"].sum() == pytest.approx(whole["total"].sum(), rel=1e-9)


def test_class_areas_add_up_and_a_zone_outside_has_none(odd_zones, tmp_path):
    codes = np.random.default_rng(6).integers(1, 4, (60, 80)).astype(float)
    path = write_map(tmp_path / "c.tif", codes, DEGREES)
    far = zones(*odd_zones.geometry, shapely.box(110, 30, 110.1, 30.1))
    table = class_areas(path, far)
    assert table[["class_1", "class_2", "class_3"]].sum(axis=1).to_numpy() == pytest.approx(
        table["seen_ha"].to_numpy(), abs=5e-4
    )
    assert table["seen_ha"].iloc[-1] == 0
    assert np.isnan(zonal_numbers(path, far)["mean"].iloc[-1])


def test_one_error_for_the_map_stays_and_one_for_each_cell_averages_out(odd_zones, tmp_path):
    rain = write_map(tmp_path / "rain.tif", np.full((60, 80), 1000.0), DEGREES)
    given = {
        "precipitation": str(rain),
        "runoff": "100",
        "evapotranspiration": "400",
        "cell_area": "1",
    }
    kept = {s: zonal_uncertainty("water_retention", given, {"precipitation": Error(0.1, scale=s)}, odd_zones, draws=150, seed=2) for s in ("map", "cell")}  # fmt: skip
    assert kept["map"]["mean"].to_numpy() == pytest.approx(np.full(3, 0.5), rel=0.05)
    assert kept["map"]["sd"].to_numpy() == pytest.approx(np.full(3, 0.1), rel=0.15)
    assert kept["cell"]["sd"].iloc[0] < 0.02
    assert (kept["map"]["p5"] < kept["map"]["mean"]).all()
    again = zonal_uncertainty("water_retention", given, {"precipitation": Error(0.1, scale="map")}, odd_zones, draws=150, seed=2)  # fmt: skip
    assert again.equals(kept["map"])
    with pytest.raises(InputError, match="slope"):
        zonal_uncertainty("water_retention", given, {"slope": Error(0.1)}, odd_zones)


def test_the_command_writes_table_layer_and_record(odd_zones, tmp_path):
    path = write_map(tmp_path / "v.tif", np.ones((60, 80)), DEGREES, unit="mm")
    with rasterio.open(path, "r+") as made:
        made.update_tags(ECOREDLINE_DEMO="1")
    odd_zones["zone"] = ["a", "a", "b"]
    odd_zones.to_file(tmp_path / "z.gpkg", engine="pyogrio")
    call = [str(path), str(tmp_path / "z.gpkg"), "--out", str(tmp_path / "o"), "--dissolve", "zone"]
    done = CliRunner().invoke(command, call, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert len(gpd.read_file(tmp_path / "o" / "zonal.gpkg")) == 2
    text = (tmp_path / "o" / "zonal.csv").read_text("utf-8-sig")
    assert text.splitlines()[0].startswith("zone,area_ha,seen_ha,mean")
    record = json.loads((tmp_path / "o" / "run.json").read_text("utf-8"))
    assert record["steps"][0]["rule"] == "mm" and record["inputs"]["zones"]["sha256"]
    bad = CliRunner().invoke(command, [*call[:-1], "nothing"])
    assert bad.exit_code != 0 and "nothing" in bad.output


def test_a_sliver_along_a_cell_side_adds_no_whole_cells():
    """exactextract 0.3.0 counts two cells too many here; found by comparing with the polygon's area."""
    grid = Grid(CRS.from_epsg(4543), Affine(100, 0, 470_000, 0, -100, 2.95e6), 100, 120)
    corners = [(101.70887746299888, 26.58787770686813), (101.70883178301204, 26.605928468605633), (101.71887196840792, 26.605948301434317), (101.71891607242443, 26.587897878038305), (101.72895469224429, 26.587917341473734)]  # fmt: skip
    placed = on_grid(np.array([shapely.Polygon(corners)], dtype=object), grid)
    covered = covered_cells(placed, grid)[0]
    assert covered.share.sum() == pytest.approx(shapely.area(placed[0]) / 1e4, rel=1e-6)


def test_the_command_of_uncertainty_writes_a_row_a_zone(odd_zones, tmp_path):
    rain = write_map(tmp_path / "rain.tif", np.full((60, 80), 1000.0), DEGREES)
    odd_zones.to_file(tmp_path / "z.gpkg", engine="pyogrio")
    call = ["water_retention", str(tmp_path / "z.gpkg"), "--draws", "40", "--out", str(tmp_path / "u.csv")]  # fmt: skip
    inputs = [f"--input=precipitation={rain}", "--input=runoff=100", "--input=evapotranspiration=400", "--input=cell_area=1"]  # fmt: skip
    done = CliRunner().invoke(uncertainty, [*call, *inputs, "--error", "precipitation=10%"], catch_exceptions=False)  # fmt: skip
    assert done.exit_code == 0 and "HJ 1173" in done.output
    table = pd.read_csv(tmp_path / "u.csv")
    assert table["sd"].to_numpy() == pytest.approx(np.full(3, 0.1), rel=0.3)
    for wrong in ([], ["--error", "precipitation=much"]):
        with pytest.raises(InputError, match="wanted"):
            CliRunner().invoke(uncertainty, [*call, *inputs, *wrong], catch_exceptions=False)


def test_the_same_loss_in_three_units_has_one_total_and_the_wrong_unit_another(odd_zones, tmp_path):
    """1 t/(hm²·a) is 100 t/(km²·a); a map per cell holds tonnes already."""
    per_cell = 500 * 500 / 1e4
    totals = {}
    for unit, value in (("t/(hm²·a)", 3.0), ("t/(km²·a)", 300.0), ("t/a", 3.0 * per_cell)):
        path = write_map(tmp_path / "v.tif", np.full((100, 100), value), METRES, unit=unit)
        totals[unit] = zonal_numbers(path, odd_zones)["total"].to_numpy()
    assert totals["t/(km²·a)"] == pytest.approx(totals["t/(hm²·a)"])
    assert totals["t/a"] == pytest.approx(totals["t/(hm²·a)"], rel=2e-3)
    mistaken = zonal_numbers(path, odd_zones, total="per_ha")["total"].to_numpy()
    assert mistaken == pytest.approx(totals["t/a"] * per_cell, rel=2e-3)
    with pytest.raises(InputError, match="per_ha"):
        zonal_numbers(path, odd_zones, total="per_acre")


def test_sums_by_exactextract_are_those_of_the_cells(monkeypatch):
    """Numbers gathered without a list of cells, beside every cell's own, with cells unseen and a mean of 0."""
    rng = np.random.default_rng(6)
    grid = Grid(CRS.from_epsg(4543), Affine(30, 0, 400_000, 0, -30, 2.9e6), 90, 70)
    values, areas = rng.uniform(-200, 1e3, (90, 70)), rng.uniform(880, 910, (90, 70))
    values[20:40, :30] = np.nan
    west, south, east, north = grid.bounds
    corners = rng.random((9, 2)) * (east - west, north - south) + (west, south)
    zones = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(corners)))
    zones = np.append(shapely.intersection(zones, shapely.box(west, south, east, north)), shapely.box(west + 40, north - 1100, west + 500, north - 700))  # fmt: skip
    quick = block_sums(values, areas, zones, grid)
    monkeypatch.setattr("ecoredline.zonal.sums.miscounted", lambda cells, *_: np.ones(len(cells), bool))  # fmt: skip
    slow = block_sums(values, areas, zones, grid)
    assert quick[-1].area == slow[-1].area == 0  # it lies where nothing is seen
    for name in Sums._fields:
        one, other = ([getattr(s, name) for s in sums] for sums in (quick, slow))
        np.testing.assert_allclose(one, other, rtol=3e-6, atol=1e-9, err_msg=name)
    flat = block_sums(np.zeros((90, 70)), areas, zones[:1], grid)[0]
    assert flat.area > 0 and (flat.weighted, flat.squares, flat.low) == (0, 0, 0)
