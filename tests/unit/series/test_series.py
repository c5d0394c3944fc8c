import json
from datetime import date

import geopandas as gpd
import numpy as np
import pymannkendall
import pytest
import shapely
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS
from scipy import stats

from ecoredline.ecology_commands.season import command as season
from ecoredline.ecology_commands.trend import command
from ecoredline.errors import GridMismatch, InputError, NotEnoughData
from ecoredline.grid import Grid
from ecoredline.raster.layers import read_map, write_map
from ecoredline.series import (
    Dated,
    composite,
    growing_season,
    ndvi_limits,
    season_maps,
    trend,
    trend_maps,
    trends,
    zone_trends,
)

GRID = Grid(CRS.from_epsg(4543), Affine(10, 0, 4e5, 0, -10, 2.9e6), 12, 9)
YEARS = np.arange(2010, 2022)


@pytest.fixture
def cube():
    rng = np.random.default_rng(8)
    values = rng.normal(0.5, 0.1, (12, 5, 6)) + 0.01 * np.arange(12)[:, None, None]
    values[:, 0] = values[:, 0].round(1)  # ties
    values[3:6, 1] = np.nan
    values[:, 2, 0] = 0.4
    return values


def test_trend_is_that_of_pymannkendall_and_scipy(cube):
    before, found = cube.copy(), trends(YEARS, cube)
    for at in np.ndindex(cube.shape[1:]):
        series = cube[(slice(None), *at)]
        seen = np.isfinite(series)
        oracle = pymannkendall.original_test(series[seen])
        slope = stats.theilslopes(series[seen], YEARS[seen]).slope
        assert (found.s[at], found.z[at], found.p[at]) == pytest.approx(
            (oracle.s, oracle.z, oracle.p)
        )
        assert found.slope[at] == pytest.approx(slope, abs=1e-12)
    np.testing.assert_array_equal(cube, before)


def test_a_trend_asks_for_four_dates_in_order():
    short = trend([1, 2, 3, 4], [1.0, np.nan, 2.0, 3.0])
    assert np.isnan(short.slope) and short.used == 3
    with pytest.raises(InputError, match="do not rise"):
        trend([1, 1, 2, 3], [1.0, 2, 3, 4])
    with pytest.raises(InputError, match="wanted"):
        trends([1, 2], np.zeros((3, 2, 2)))


def test_turning_time_round_turns_the_trend(cube):
    ahead, back = trends(YEARS, cube), trends(-YEARS[::-1], cube[::-1])
    np.testing.assert_allclose(ahead.slope, -back.slope, atol=1e-12)
    np.testing.assert_allclose(ahead.p, back.p)


@pytest.mark.parametrize("way", ["max", "median", "mean", "percentile"])
def test_clouds_are_left_out_whatever_the_way(cube, way):
    valid = np.random.default_rng(1).random(cube.shape) > 0.4
    spoilt = np.where(valid, cube, 9.0)
    made, seen = composite(spoilt, valid, way=way, percentile=75)
    kept = np.ma.masked_invalid(np.where(valid, cube, np.nan))
    for at in np.ndindex(made.shape):
        dates = kept[(slice(None), *at)].compressed()
        assert seen[at] == len(dates)
        wanted = {"max": np.max, "median": np.median, "mean": np.mean, "percentile": lambda v: np.percentile(v, 75)}[way]  # fmt: skip
        assert made[at] == pytest.approx(wanted(dates)) if len(dates) else np.isnan(made[at])


def test_composite_says_what_is_wrong(cube):
    for bad in ({"way": "best"}, {"way": "percentile", "percentile": 101}):
        with pytest.raises(InputError, match="wanted"):
            composite(cube, **bad)
    with pytest.raises(InputError, match="masks"):
        composite(cube, np.ones((2, 2, 2)))
    with pytest.raises(NotEnoughData):
        ndvi_limits([0.5, 0.5])
    assert growing_season([date(2020, 5, 3)], "north").tolist() == [False]


def images(folder, cube, days):
    made = []
    for number, (layer, day) in enumerate(zip(cube, days, strict=True)):
        path = write_map(folder / f"{day}.tif", layer, GRID)
        cloud = np.zeros(layer.shape)
        cloud[number % 3] = 1
        made.append(Dated(day, path, write_map(folder / f"{day}-cloud.tif", cloud, GRID)))
    return made


def test_from_images_to_a_trend_with_a_missing_year_said(tmp_path):
    rng = np.random.default_rng(2)
    days = [date(y, m, 5) for y in (2015, 2016, 2018, 2019, 2020) for m in (2, 6, 8, 9)]
    cube = rng.random((len(days), 12, 9))
    shots = images(tmp_path, cube, days)
    yearly = season_maps(shots, tmp_path / "season", years=range(2015, 2021), way="median")
    record = json.loads((tmp_path / "season" / "run.json").read_text("utf-8"))
    assert record["warnings"] == ["2017 年生长季没有影像，未合成"]
    found, grid = read_map(yearly[2015])
    first = [s for s in shots if s.day.year == 2015 and s.day.month > 5]
    kept = [np.where(read_map(s.mask)[0] == 0, read_map(s.path)[0], np.nan) for s in first]
    np.testing.assert_allclose(found, np.nanmedian(kept, axis=0), atol=1e-6)
    assert grid.same_as(GRID)
    trend_maps(yearly, tmp_path / "trend")
    assert "2017" in json.loads((tmp_path / "trend" / "run.json").read_text("utf-8"))["warnings"][0]
    slope = read_map(tmp_path / "trend" / "slope.tif")[0]
    whole = trends(sorted(yearly), [read_map(yearly[y])[0] for y in sorted(yearly)])
    np.testing.assert_allclose(slope, whole.slope, atol=1e-6)
    kinds = read_map(tmp_path / "trend" / "class.tif")[0]
    assert set(np.unique(kinds)) <= {-2, -1, 0, 1, 2}


def test_maps_that_do_not_lie_on_one_grid_are_all_named(tmp_path):
    other = Grid(GRID.crs, Affine(10, 0, 4e5 + 3, 0, -10, 2.9e6), 12, 9)
    grids = [GRID, other, GRID, other]
    yearly = {
        2000 + k: write_map(tmp_path / f"y{k}.tif", np.ones((12, 9)), grid)
        for k, grid in enumerate(grids)
    }
    with pytest.raises(GridMismatch, match=r"y1\.tif.*y3\.tif"):
        trend_maps(yearly, tmp_path / "out")
    with pytest.raises(NotEnoughData, match="4 or more"):
        trend_maps({2000: yearly[2000]}, tmp_path / "out")


def test_a_polygon_s_trend_is_that_of_its_means_and_a_cloudy_year_is_left_out(tmp_path):
    rng = np.random.default_rng(5)
    yearly = {}
    for year in range(2015, 2022):
        layer = rng.random((12, 9)) * 0.01 + 0.02 * (year - 2015)
        layer[:, 5:] = 0.5 if year % 2 else 0.6
        if year == 2018:
            layer[:, :4] = np.nan
        yearly[year] = write_map(tmp_path / f"fvc-{year}.tif", layer, GRID)
    boxes = [shapely.box(400_000, 2_899_880, 400_040, 2_900_000), shapely.box(400_055, 2_899_900, 400_085, 2_899_980)]  # fmt: skip
    zones = gpd.GeoDataFrame({"name": ["left", "right"]}, geometry=boxes, crs=4543).to_crs(4490)
    table = zone_trends(yearly, zones)
    assert table["used"].tolist() == [6, 7]
    assert table["slope"].tolist() == pytest.approx([0.02, 0], abs=1e-3)
    assert table["p"].iloc[0] < 0.01 < table["p"].iloc[1]
    assert np.isnan(table["mean_2018"].iloc[0])
    zones.to_file(tmp_path / "zones.gpkg", engine="pyogrio")
    call = [*map(str, yearly.values()), "--out", str(tmp_path / "out"), "--zones", str(tmp_path / "zones.gpkg")]  # fmt: skip
    done = CliRunner().invoke(command, call, catch_exceptions=False)
    assert done.exit_code == 0
    lines = (tmp_path / "out" / "zones.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("name,slope,s,z,p,used,mean_2015") and len(lines) == 3
    with pytest.raises(InputError, match="one year in its name"):
        CliRunner().invoke(command, ["a.tif", "--out", "x"], catch_exceptions=False)


def test_the_command_reads_a_list_of_images_or_says_all_that_is_wrong(tmp_path):
    days = [date(2020, 6, 1), date(2020, 7, 1), date(2021, 7, 1)]
    shots = images(tmp_path, np.random.default_rng(1).random((3, 12, 9)), days)
    lines = [f"{s.day},{s.path.name},{s.mask.name}" for s in shots]
    (tmp_path / "list.csv").write_text("date,path,mask\n" + "\n".join(lines), "utf-8")
    call = [str(tmp_path / "list.csv"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(season, call, catch_exceptions=False)
    assert done.exit_code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "2020.tif",
        "2021.tif",
        "run.json",
    ]
    (tmp_path / "list.csv").write_text("date,path\nMay,\n2020-01-01,none.tif\n", "utf-8")
    with pytest.raises(InputError, match=r"row 2, date.*row 2, path.*none\.tif does not exist"):
        CliRunner().invoke(season, call, catch_exceptions=False)
