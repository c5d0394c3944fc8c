"""Number of threatened species by zone (HJ 1173), and lists with faults."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from ecoredline.cli import main
from ecoredline.errors import InputError
from ecoredline.grid import STORAGE_CRS
from ecoredline.species import read_amounts, read_listed, read_targets
from ecoredline.species.run import check_files


def test_each_species_counts_once_and_only_the_state_list_and_cr_en(tmp_path):
    seen = [
        ("攀枝花苏铁", 101.1), ("攀枝花苏铁", 101.2), ("中华穿山甲", 101.3), ("易危种", 101.4), ("名录外", 101.5),
        ("极危种", 102.5), ("极危种", 109.0),
    ]  # fmt: skip
    pd.DataFrame([(n, x, 26.5) for n, x in seen], columns=["species", "lon", "lat"]).to_csv(tmp_path / "seen.csv", index=False)  # fmt: skip
    rows = [("攀枝花苏铁", "国家一级"), ("攀枝花苏铁", "EN"), ("中华穿山甲", "国家一级"), ("易危种", "VU"), ("极危种", "CR")]  # fmt: skip
    pd.DataFrame(rows, columns=["species", "category"]).to_csv(tmp_path / "list.csv", index=False)
    zones = [
        shapely.box(101, 26, 102, 27),
        shapely.box(102, 26, 103, 27),
        shapely.box(103, 26, 104, 27),
    ]
    gpd.GeoDataFrame({"code": ["甲", "乙", "丙"]}, geometry=zones, crs=STORAGE_CRS).to_file(tmp_path / "zones.gpkg", engine="pyogrio")  # fmt: skip
    paths = [str(tmp_path / n) for n in ("seen.csv", "list.csv", "zones.gpkg")]
    done = CliRunner().invoke(main, ["threatened", *paths, "--out", str(tmp_path / "out.csv")], catch_exceptions=False)  # fmt: skip
    assert done.exit_code == 0 and "名录外" in done.output and "未调查不等于没有" in done.output
    found = pd.read_csv(tmp_path / "out.csv")
    assert found["records"].to_list() == [5, 1, 0] and found["species"].to_list() == [4, 1, 0]
    assert found["threatened"].to_list() == [2, 1, 0]
    assert found["threatened_names"].fillna("").to_list() == [
        "中华穿山甲、攀枝花苏铁",
        "极危种",
        "",
    ]


def test_a_list_tells_all_its_faults(tmp_path):
    (tmp_path / "list.csv").write_text("species,category\n甲,CR\n甲,CR\n,EN\n乙,特级\n", "utf-8")
    with pytest.raises(InputError, match=r"3 faults.*row 3: 甲 CR comes twice.*row 4.*row 5.*特级"):
        read_listed(tmp_path / "list.csv")


def test_a_target_that_comes_twice_is_refused_and_not_the_last_one_taken(tmp_path):
    (tmp_path / "a.csv").write_text("unit,x\nu,1\nv,1\n", "utf-8")
    (tmp_path / "t.csv").write_text("species,target\nx,1\nx,2\n", "utf-8")
    with pytest.raises(InputError, match="row 3, species: x comes twice"):
        read_targets(tmp_path / "t.csv", read_amounts(tmp_path / "a.csv"))


def test_two_species_of_one_file_name_are_refused_and_neither_is_overwritten():
    with pytest.raises(InputError, match="Pinus a / Pinus-A"):
        check_files(["Pinus a", "Pinus-A", "Abies b"])
    with pytest.raises(InputError, match=r"richness\.tif / Richness"):
        check_files(["Richness"])
    check_files(["Pinus a", "Abies b"])
