"""The main job on real imagery; skips, with the reason said, where the data are not present."""

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner
from pyproj import Geod

from ecoredline.cli import main
from ecoredline.patches.table import read_table
from ecoredline.record import read_record

pytestmark = pytest.mark.real
ELLIPSOID = Geod(a=6378137.0, rf=298.257222101)
REDLINE = shapely.Polygon([(106.275, 29.385), (106.315, 29.39), (106.31, 29.445), (106.272, 29.44)])


@pytest.fixture(scope="module")
def chongqing(shared_data, tmp_path_factory):
    """The Sentinel-2 pair of Chongqing (10 m pixels in degrees) with a redline drawn over it."""
    folder = tmp_path_factory.mktemp("chongqing")
    frame = gpd.GeoDataFrame({"code": ["T1"], "name": ["测试红线"]}, geometry=[REDLINE], crs=4490)
    frame.to_file(folder / "redline.gpkg", engine="pyogrio")
    pair = shared_data / "s2-chongqing-pair"
    arguments = [
        "find", pair / "s2_chongqing_20170414.tif", pair / "s2_chongqing_20180402.tif",
        "--redline", folder / "redline.gpkg", "--out", folder / "out", "--quiet",
    ]  # fmt: skip
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return folder / "out"


def test_dates_come_from_the_file_names_and_pixels_in_degrees_are_measured_in_metres(chongqing):
    record = read_record(chongqing)
    assert record["inputs"]["before"]["acquired_on"] == "2017-04-14"
    assert record["inputs"]["after"]["acquired_on"] == "2018-04-02"
    width, height = record["grid"]["pixel_m"]
    assert width == pytest.approx(9.4, abs=0.1)
    assert height == pytest.approx(10.7, abs=0.1)
    assert record["is_demo"] is False


def test_real_construction_is_found_and_its_areas_are_right(chongqing):
    patches = read_table(chongqing)
    inside = patches[patches["channel"] == "suspected"]
    assert len(inside) >= 10, "a motorway, factory halls and cleared hillsides lie in this pair"
    for patch in patches.itertuples():
        oracle = abs(ELLIPSOID.geometry_area_perimeter(patch.geometry)[0]) / 1e4
        assert patch.area_ha == pytest.approx(oracle, abs=6e-5)
        assert (
            patch.area_ha >= 0.3 * 0.09
        )  # ten pixels at least; their rim may have changed in part


def test_nothing_made_from_real_images_says_it_is_demo_data(chongqing):
    assert "演示合成数据" not in (chongqing / "report.html").read_text("utf-8")
    assert not read_table(chongqing)["is_demo"].any()


# Least patch recall of each city, a little below what was measured: a guard, not a claim.
CITIES = {
    "aguasclaras": 0.10, "beihai": 0.50, "bercy": 0.30, "bordeaux": 0.40, "hongkong": 0.20,
    "mumbai": 0.35, "nantes": 0.55, "paris": 0.70, "rennes": 0.60, "saclay_e": 0.50,
}  # fmt: skip


@pytest.mark.parametrize("city", CITIES)
def test_labelled_change_of_a_city_is_found_by_the_fixed_threshold(
    shared_data, city, record_property
):
    from bench.accuracy import measure_city

    result = measure_city(shared_data / "oscd-train" / city)
    record_property(
        "accuracy",
        f"{city:12} patch recall {result.patch_recall:.2f}, patch precision "
        f"{result.patch_precision:.2f}, pixel F1 {result.pixel_f1:.2f}, "
        f"false alarms {result.false_per_km2:.2f} per km2",
    )
    assert result.patch_recall >= CITIES[city]
    assert result.false_per_km2 <= 8
