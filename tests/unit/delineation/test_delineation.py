import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import CRS

from ecoredline.delineation import (
    delineate,
    evaluate_adjustment,
    importance_grades,
    importance_thresholds,
    read_config,
    unseen,
)
from ecoredline.delineation.cells import write_cells
from ecoredline.delineation.config import Config, Part
from ecoredline.delineation.shapes import merged, snapped, without_small
from ecoredline.ecology_commands.delineate import command
from ecoredline.errors import GridMismatch, InputError, NotEnoughData
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster.layers import read_map, write_map
from ecoredline.record import Job

GRID = Grid(CRS.from_epsg(4543), Affine(100, 0, 470_000, 0, -100, 2.95e6), 100, 120)
VALUES = hnp.arrays(np.float64, (5, 6), elements=st.integers(0, 9).map(float))


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_the_top_grade_holds_half_the_service_with_as_few_cells_as_can_be(values, extra):
    area = 1 + extra
    if not (values * area).sum() > 0:
        with pytest.raises(NotEnoughData):
            importance_grades(values, area)
        return
    grades, service = importance_grades(values, area), values * area
    top = grades == 3
    lowest = values[top].min()
    assert service[top].sum() >= 0.5 * service.sum() - 1e-9
    assert service[values > lowest].sum() < 0.5 * service.sum()
    assert service[grades >= 2].sum() >= 0.8 * service.sum() - 1e-9
    assert values[top].min() >= values[~top].max(initial=0)


def test_grades_by_hand_and_bad_cuts():
    values = np.array([[4.0, 3.0, 2.0, 1.0, np.nan]])
    assert importance_thresholds(values, 1.0, (0.4, 0.7, 0.9)) == (4.0, 3.0, 2.0)
    for cuts in ((0.8, 0.5), (0.0, 0.5), (0.5, 1.2), ()):
        with pytest.raises(InputError, match="cuts"):
            importance_grades(values, 1.0, cuts)


def test_shape_steps_by_hand():
    left, right = shapely.box(0, 0, 1000, 1000), shapely.box(1080, 0, 2000, 1000)
    joined = merged(left | right, 100, (left | right).envelope)
    assert joined.geom_type == "Polygon" and joined.area == pytest.approx(2e6, rel=2e-3)
    assert merged(left | right, 60, (left | right).envelope).area == (left | right).area
    tiny, other = shapely.box(5000, 0, 5100, 100), shapely.box(7000, 0, 7100, 100)
    kept, gone = without_small(left | tiny | other, 0.5, shapely.Point(7050, 50))
    assert kept.equals(left | other) and gone[0].equals(tiny)
    line = shapely.LineString([(1020, -500), (1020, 1500)])
    drawn = snapped(left, line, 30)
    assert drawn.bounds[2] == 1020 and drawn.is_valid
    assert drawn.area == pytest.approx(1_020_000, rel=1e-6)


@pytest.fixture
def folder(tmp_path):
    y, x = np.mgrid[:100, :120]
    water = np.exp(-((x - 30) ** 2 + (y - 30) ** 2) / 300)
    soil = np.exp(-((x - 80) ** 2 + (y - 60) ** 2) / 300)
    slide = np.where((x > 100) & (y > 85), 5.0, 1.0)
    slide[50, 10] = 5
    water[0, 0] = np.nan
    write_map(tmp_path / "water.tif", water, GRID, unit="mm")
    write_map(tmp_path / "soil.tif", soil, GRID, unit="t/(hm²·a)")
    write_map(tmp_path / "slide.tif", slide, GRID)
    park = gpd.GeoDataFrame(
        geometry=[shapely.box(471_000, 2_941_000, 471_500, 2_941_500)], crs=4543
    )
    park.to_file(tmp_path / "park.gpkg", engine="pyogrio")
    river = gpd.GeoDataFrame(geometry=[shapely.LineString([(472_000, 2_940_500), (480_000, 2_940_500)])], crs=4543)  # fmt: skip
    river.to_file(tmp_path / "river.gpkg", engine="pyogrio")
    old = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(471_500, 2_945_500, 476_000, 2_949_500)], crs=4543)  # fmt: skip
    old.to_file(tmp_path / "old.gpkg", engine="pyogrio")
    (tmp_path / "config.toml").write_text(
        """
redline = "old.gpkg"
[[services]]
path = "water.tif"
zh = "水源涵养"
[[services]]
path = "soil.tif"
zh = "水土保持"
[[sensitivities]]
path = "slide.tif"
zh = "水土流失"
extreme = 5
[[required]]
path = "park.gpkg"
zh = "自然保护地"
[[buffers]]
path = "river.gpkg"
zh = "河流"
distance_m = 200
[parameters]
smallest_km2 = 1.0
hole_km2 = 0.5
merge_m = 150
division = "510411"
place = "仁和"
""",
        "utf-8",
    )
    return tmp_path


def test_from_maps_to_a_candidate_with_every_step_and_the_comparison(folder):
    done = CliRunner().invoke(command, [str(folder / "config.toml"), "--out", str(folder / "out")], catch_exceptions=False)  # fmt: skip
    assert done.exit_code == 0 and "未核对" in done.output
    package = folder / "out" / "delineation.gpkg"
    layers = {n: gpd.read_file(package, layer=n) for n in gpd.list_layers(package)["name"]}
    assert {"01_important", "02_sensitive", "03_union", "04_required", "05_merged", "06_filled", "07_kept", "07_removed", "08_snapped", "candidate", "compared"} <= set(layers)  # fmt: skip
    candidate, compared = layers["candidate"], layers["compared"]
    park = gpd.read_file(folder / "park.gpkg").to_crs(4490).union_all()
    assert candidate.union_all().buffer(1e-8).contains(park), "a required area stays, however small"
    assert len(layers["07_removed"]) == 1, "the single sensitive cell is too small"
    first = candidate.iloc[0]
    assert first["code"] == "510411-001" and first["name"] == "仁和水源涵养生态保护红线"
    sums = compared.groupby("state")["area_ha"].sum()
    old = gpd.read_file(folder / "old.gpkg").to_crs(4490)
    from ecoredline.geodesy import areas_ha

    assert sums["kept"] + sums["missing"] == pytest.approx(areas_ha(old.geometry).sum(), abs=0.01)
    assert sums["kept"] + sums["surplus"] == pytest.approx(candidate["area_ha"].sum(), abs=0.01)
    assert {"水源涵养", "水土保持", "水土流失", "必须纳入：自然保护地", "缓冲带：河流"} <= set(
        compared["reason"]
    )
    assert "未达极重要或极敏感" in set(compared[compared["state"] == "missing"]["reason"])


def test_every_fault_of_a_configuration_is_told_at_once(folder):
    (folder / "bad.toml").write_text(
        'odd = 1\n[[services]]\npath = "none.tif"\nzh = "x"\n[[buffers]]\npath = "river.gpkg"\nzh = "r"\n'
        '[parameters]\nsmallest_km2 = -1\ncuts = [0.9, 0.2]\nname_rule = "{who}"\nhue = 2\n',
        "utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_config(folder / "bad.toml")
    for word in ("odd", "none.tif", "distance_m", "smallest_km2", "cuts", "hue"):
        assert word in str(caught.value)
    (folder / "broken.toml").write_text("[[", "utf-8")
    with pytest.raises(InputError, match="no TOML"):
        read_config(folder / "broken.toml")


def test_maps_off_the_grid_and_nothing_left_are_refused(folder):
    write_map(folder / "soil.tif", np.ones((100, 119)), Grid(GRID.crs, GRID.transform, 100, 119))
    with pytest.raises(GridMismatch, match=r"soil\.tif"):
        delineate(read_config(folder / "config.toml"), folder / "no")
    assert not (folder / "no" / "run.json").exists()
    (folder / "c.toml").write_text('[[sensitivities]]\npath = "slide.tif"\nzh = "s"\nextreme = 5\n[parameters]\nsmallest_km2 = 9999.0\n', "utf-8")  # fmt: skip
    with pytest.raises(NotEnoughData, match="smallest_km2"):
        delineate(read_config(folder / "c.toml"), folder / "no")


def test_an_adjustment_loses_what_is_taken_and_gains_what_is_put(folder):
    ones = write_map(folder / "one.tif", np.full((100, 120), 2.0), GRID, unit="t/(hm²·a)")

    def redline(*boxes):
        return gpd.GeoDataFrame(geometry=[shapely.box(*b) for b in boxes], crs=4543).to_crs(STORAGE_CRS)  # fmt: skip

    before = redline((471_000, 2_942_000, 473_000, 2_944_000))
    after = redline(
        (472_000, 2_942_000, 473_000, 2_944_000), (475_000, 2_942_000, 475_500, 2_944_000)
    )
    found = evaluate_adjustment(before, after, {"水土保持": ones}, required=redline((471_000, 2_942_000, 471_500, 2_943_000)))  # fmt: skip
    row = found.iloc[0]
    assert (row["before"], row["lost"], row["gained"]) == pytest.approx((800, 400, 200), rel=1e-3)
    assert row["change_percent"] == pytest.approx(-25, abs=0.1)
    assert found.attrs["required_out_ha"] == pytest.approx(50, rel=1e-3)
    same = evaluate_adjustment(before, before, {"水土保持": ones})
    assert same.iloc[0]["lost"] == 0 and same.attrs["in_ha"] == 0
    assert json.loads(found.to_json())["service"]["0"] == "水土保持"


def test_an_adjustment_says_totals_in_their_unit_and_what_no_map_shows(folder):
    seen = np.where(np.mgrid[:100, :120][1] < 50, 2.0, np.nan)
    maps = {
        "土壤保持": write_map(folder / "half.tif", seen, GRID, unit="t/(hm²·a)"),
        "植被覆盖度": write_map(folder / "fvc.tif", np.full((100, 120), 0.5), GRID, unit="1"),
        "没有": write_map(folder / "none.tif", np.zeros((100, 120)), GRID, unit="t/(hm²·a)"),
    }
    west, _, east, north = GRID.bounds

    def redline(*boxes):
        return gpd.GeoDataFrame(geometry=[shapely.segmentize(shapely.box(*b), 50) for b in boxes], crs=4543).to_crs(STORAGE_CRS)  # fmt: skip

    middle = (west + east) / 2  # no value beyond 50 of 120 columns
    before = redline((west, north - 1000, east, north))
    after = redline((west, north - 1000, middle, north))
    found = evaluate_adjustment(before, after, maps).set_index("service")
    assert found["unit"].to_list() == ["t/a", "hm²", "t/a"]
    assert (
        found.loc["土壤保持", ["lost", "after", "change_percent"]].isna().all()
    )  # not known, not 0
    assert found.loc["土壤保持", "seen_lost"] == 0
    assert found.loc["土壤保持", "gained"] == 0
    assert unseen(found.loc["土壤保持"]) == "调整前红线只有 41.67 % 有数据；调出部分只有 0 % 有数据"
    assert unseen(found.loc["植被覆盖度"]) == ""
    assert np.isnan(found.loc["没有", "change_percent"])  # 0 of 0, no infinity


@pytest.mark.parametrize(
    ("made", "values", "extreme"),
    [
        ("sensitivity_grade", [1, 2, 3], [3]),
        ("erosion_sensitivity", [2.0, 4.0, 375**0.25], [375**0.25]),  # above 4, not from 4 on
    ],
)
def test_what_is_extreme_is_read_from_our_own_maps(folder, made, values, extreme):
    tags = {"ECOREDLINE_FORMULA": made}
    write_map(folder / "own.tif", np.resize(values, (100, 120)), GRID, tags=tags)
    part = Part(folder / "own.tif", "水土流失")
    cells = write_cells(Config(sensitivities=(part,)), folder / "cells.tif", Job())
    codes, written = read_map(folder / "cells.tif")[0], read_map(folder / "own.tif")[0]
    assert np.unique(written[codes == 1]) == pytest.approx(extreme)
    assert cells.nowhere == ()
    above = Config(sensitivities=(Part(part.path, "水土流失", extreme=6.0),))
    assert write_cells(above, folder / "cells.tif", Job()).nowhere == ("水土流失（界值 6）",)
    with pytest.raises(InputError, match=r"slide\.tif.*wanted extreme"):
        write_cells(
            Config(sensitivities=(Part(folder / "slide.tif", "滑坡"),)), folder / "c.tif", Job()
        )


def test_names_and_codes_follow_the_rules_and_a_corridor_stays_however_thin(folder):
    strip = shapely.box(473_500, 2_942_500, 473_550, 2_944_500)
    gpd.GeoDataFrame(geometry=[strip], crs=4543).to_file(folder / "way.gpkg", engine="pyogrio")
    text = (folder / "config.toml").read_text("utf-8").replace("[parameters]", '[[corridors]]\npath = "way.gpkg"\nzh = "獐子沟"\n[parameters]')  # fmt: skip
    rules = 'code_rule = "HX{division}{number:05d}"\nname_rule = "{place}-{function}-{number}"\n'
    (folder / "own.toml").write_text(text + rules, "utf-8")
    delineate(read_config(folder / "own.toml"), folder / "out")
    candidate = gpd.read_file(folder / "out" / "delineation.gpkg", layer="candidate")
    assert candidate["code"].tolist() == [f"HX510411{n:05d}" for n in range(1, len(candidate) + 1)]
    corridor = candidate[candidate["reason"].str.startswith("生态廊道：獐子沟")]
    assert len(corridor) == 1 and corridor["name"].iloc[0].startswith("仁和-獐子沟-")
    assert corridor["area_ha"].iloc[0] == pytest.approx(10, rel=1e-2)
    tops = candidate.to_crs(4543).bounds["maxy"]
    assert tops.is_monotonic_decreasing, "numbered from the north"
