"""Species, richness, irreplaceability, adjustment: from files to files."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS, Transformer

from ecoredline.cli import main
from ecoredline.errors import GridMismatch, InputError, NotEnoughData
from ecoredline.formula_rasters import sources
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster import DEMO_TAG
from ecoredline.raster.layers import read_map, write_map
from ecoredline.record import read_record
from ecoredline.species import read_amounts, read_sightings, richness_map, species_maps

GRID = Grid(CRS.from_epsg(4543), Affine(100, 0, 470_000, 0, -100, 2.95e6), 90, 100)


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def land(tmp_path_factory):
    """Two variables; one species that likes it warm and wet, one seen five times only."""
    folder, rng = tmp_path_factory.mktemp("species"), np.random.default_rng(4)
    y, x = np.mgrid[:90, :100]
    warm, wet = 10 + 8 * np.sin(x / 20) + y / 30, 800 + 400 * np.cos(y / 15) + x
    warm[:5] = np.nan
    write_map(folder / "warm.tif", warm, GRID, unit="°C")
    write_map(folder / "wet.tif", wet, GRID, unit="mm")
    niche = np.exp(-(((warm - 16) / 2) ** 2) - ((wet - 1100) / 100) ** 2)
    rows, cols = np.nonzero(np.nan_to_num(niche) > rng.random(niche.shape))
    kept = rng.permutation(len(rows))[:150]
    east, north = GRID.transform * (cols[kept] + 0.5, rows[kept] + 0.5)
    lon, lat = Transformer.from_crs(GRID.crs, STORAGE_CRS, always_xy=True).transform(east, north)
    seen = pd.DataFrame({"scientificName": "攀枝花苏铁", "decimalLongitude": lon, "decimalLatitude": lat})  # fmt: skip
    few = seen.head(5).assign(scientificName="罕见种")
    far = seen.head(1).assign(decimalLongitude=90.0)
    pd.concat([seen, few, far]).to_csv(folder / "seen.csv", index=False)
    return folder, niche


def test_sightings_give_suitability_richness_and_what_was_left_out(land, tmp_path, monkeypatch):
    folder, niche = land
    given = [folder / "seen.csv", "--layer", f"warm={folder / 'warm.tif'}", "--layer", f"wet={folder / 'wet.tif'}", "--background", 2000, "--quiet"]  # fmt: skip
    done = run("species", *given, "--out", tmp_path / "whole")
    assert done.exit_code == 0 and "罕见种：5 个" in done.output and "1 条记录在图外" in done.output
    found, _ = read_map(tmp_path / "whole" / "攀枝花苏铁.tif")
    rich, _ = read_map(tmp_path / "whole" / "richness.tif")
    table = pd.read_csv(tmp_path / "whole" / "species.csv")
    assert table["species"].tolist() == ["攀枝花苏铁"] and table["auc"][0] > 0.9
    assert np.isnan(found[:5]).all() and np.isfinite(found[5:]).all()
    assert np.nanmean(found[niche > 0.7]) > 5 * np.nanmean(found[niche < 0.01])
    assert (rich == 1)[found >= table["threshold"][0] + 1e-6].all()
    assert np.nansum(rich) == pytest.approx((found >= table["threshold"][0]).sum(), abs=2)
    assert "不是标准规定" in done.output
    monkeypatch.setattr(sources, "BLOCK_SIDES", (32,))
    species_maps(folder / "seen.csv", {"warm": folder / "warm.tif", "wet": folder / "wet.tif"}, tmp_path / "tiles", background=2000)  # fmt: skip
    for name in ("攀枝花苏铁", "richness"):
        np.testing.assert_array_equal(read_map(tmp_path / "tiles" / f"{name}.tif")[0], read_map(tmp_path / "whole" / f"{name}.tif")[0])  # fmt: skip


def test_bad_sightings_and_maps_are_told_all_at_once(land, tmp_path):
    folder, _ = land
    (tmp_path / "bad.csv").write_text("species,lon,lat\n,101,26\nx,1010,26\ny,101,north\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_sightings(tmp_path / "bad.csv")
    assert all(w in str(caught.value) for w in ("row 2, species", "row 3, lon: got '1010'", "row 4, lat: got 'north'"))  # fmt: skip
    (tmp_path / "no.csv").write_text("name,x\n", "utf-8")
    with pytest.raises(InputError, match="without species, lon, lat"):
        read_sightings(tmp_path / "no.csv")
    off = write_map(tmp_path / "off.tif", np.ones((90, 99)), Grid(GRID.crs, GRID.transform, 90, 99))
    with pytest.raises(GridMismatch, match=r"off\.tif"):
        species_maps(folder / "seen.csv", {"a": folder / "wet.tif", "b": off}, tmp_path / "no")
    (tmp_path / "few.csv").write_text("species,lon,lat\nx,101.7,26.5\n", "utf-8")
    with pytest.raises(NotEnoughData, match="x："):
        species_maps(tmp_path / "few.csv", {"wet": folder / "wet.tif"}, tmp_path / "no")
    assert not (tmp_path / "no" / "run.json").exists()


def test_richness_of_maps_counts_from_a_threshold_on(tmp_path):
    maps = [write_map(tmp_path / f"{k}.tif", np.array([[0.0, 0.4, 0.6, np.nan]]) + k / 10, Grid(GRID.crs, GRID.transform, 1, 4)) for k in (0, 1)]  # fmt: skip
    assert run("richness", *maps, "--threshold", 0.5, "--out", tmp_path / "r.tif").exit_code == 0
    np.testing.assert_array_equal(read_map(tmp_path / "r.tif")[0], [[0, 1, 2, np.nan]])
    np.testing.assert_array_equal(read_map(richness_map(maps, tmp_path / "s.tif"))[0], [[1, 2, 2, np.nan]])  # fmt: skip


def test_a_unit_with_the_only_stock_is_irreplaceable(tmp_path):
    (tmp_path / "amounts.csv").write_text(
        "unit,cost,猴,蕨\n东区,1,0,3\n西区,2,0,3\n盐边,5,4,0\n", "utf-8"
    )
    (tmp_path / "targets.csv").write_text("species,share\n猴,1\n蕨,0.5\n", "utf-8")
    done = run("irreplaceability", tmp_path / "amounts.csv", tmp_path / "targets.csv", "--runs", 20, "--out", tmp_path / "p.csv")  # fmt: skip
    assert done.exit_code == 0 and "最省方案 2 个，代价 6" in done.output
    table = pd.read_csv(tmp_path / "p.csv").set_index("unit")
    assert table["irreplaceability"].tolist() == [100, 0, 100]
    assert table["replacement_cost"].tolist() == [1, 0, np.inf]
    (tmp_path / "amounts.csv").write_text("unit,猴\n东区,-1\n东区,x\n", "utf-8")
    with pytest.raises(InputError, match=r"comes twice.*row 2, 猴: got '-1'.*row 3, 猴: got 'x'"):
        read_amounts(tmp_path / "amounts.csv")


def test_an_adjustment_is_told_in_function_and_in_area(tmp_path):
    loss = write_map(tmp_path / "soil.tif", np.full((90, 100), 2.0), GRID, unit="t/(hm²·a)")
    for name, box in (("before", (471_000, 2_942_000, 473_000, 2_944_000)), ("after", (472_000, 2_942_000, 473_000, 2_944_000)), ("park", (471_000, 2_942_000, 471_500, 2_943_000))):  # fmt: skip
        gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs=4543).to_file(tmp_path / f"{name}.gpkg")
    done = run("adjust", tmp_path / "before.gpkg", tmp_path / "after.gpkg", "--service", f"水土保持={loss}", "--required", tmp_path / "park.gpkg", "--out", tmp_path / "a.csv", "--quiet")  # fmt: skip
    assert done.exit_code == 0 and "-50.00%" in done.output
    row = pd.read_csv(tmp_path / "a.csv").iloc[0]
    assert (row["before"], row["lost"], row["gained"]) == pytest.approx((800, 400, 0), rel=1e-3)
    said = float(done.output.split("必须纳入范围被调出 ")[1].split()[0])
    assert said == pytest.approx(50, rel=1e-3)


def test_what_is_made_of_demo_layers_says_so(land, tmp_path):
    folder, _ = land
    wet, grid = read_map(folder / "wet.tif")
    demo = write_map(tmp_path / "wet.tif", wet, grid, tags={DEMO_TAG: "1"})
    species_maps(folder / "seen.csv", {"wet": demo}, tmp_path / "out", background=500)
    assert read_record(tmp_path / "out")["is_demo"]
