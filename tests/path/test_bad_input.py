"""The wrong thing, given to the command: it says what is wrong and nothing is lost."""

import shutil

import docx
import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from rasterio.transform import from_origin

from ecoredline.cli import main
from ecoredline.patches.table import read_table
from ecoredline.record import read_record


@pytest.fixture
def bad(small_scene, tmp_path):
    """A copy of the scene's paths that a test may spoil."""
    return dict(small_scene) | {"folder": tmp_path}


def find(scene, *more):
    arguments = ["find", scene["before"], scene["after"], "--redline", scene["redline"]]
    if scene.get("divisions"):
        arguments += ["--divisions", scene["divisions"]]
    out = scene["folder"] / "out"
    result = CliRunner().invoke(
        main, [str(a) for a in [*arguments, "--out", out, "--quiet", *more]]
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    if result.exit_code:
        assert "Traceback" not in result.output
        assert not (out / "run.json").exists()
        assert not list(out.rglob("*.gpkg"))
    return result


def write_image(path, values, transform, crs="EPSG:4543", **more):
    profile = {"driver": "GTiff", "dtype": values.dtype, "count": values.shape[0],
               "height": values.shape[1], "width": values.shape[2], "crs": crs, "transform": transform}  # fmt: skip
    with rasterio.open(path, "w", **profile | more) as image:
        image.write(values)
        image.descriptions = ["blue", "green", "red", "nir"][: values.shape[0]]
    return path


def respoil(scene, role, change, **profile):
    """Rewrite an image with its values, or its profile, changed."""
    path = scene["folder"] / f"{role}-spoilt-20260328.tif"
    with rasterio.open(scene[role]) as image:
        values, had = image.read(), image.profile | profile
        had.update(compress="deflate")
        names = image.descriptions
    values = change(values)
    had.update(count=values.shape[0], height=values.shape[1], width=values.shape[2])
    with rasterio.open(path, "w", **had) as image:
        image.write(values)
        image.descriptions = names[: values.shape[0]]
    scene[role] = path
    return scene


def test_images_that_do_not_overlap(bad):
    far = from_origin(900_000, 2_940_000, 2, 2)
    result = find(respoil(bad, "after", lambda v: v, transform=far))
    assert result.exit_code == 2
    assert "overlap" in result.output


def test_an_image_without_a_coordinate_system(bad):
    result = find(respoil(bad, "after", lambda v: v, crs=None))
    assert result.exit_code == 2
    assert "UnsuitableCRS" in result.output


def test_fewer_bands_on_one_date_use_what_both_have_or_refuse(bad):
    result = find(respoil(dict(bad), "after", lambda v: v[:3]))
    assert result.exit_code == 0, result.output
    assert "nir" in result.output.lower() or "近红外" in result.output
    before = (bad["folder"] / "out" / "run.json").read_bytes()
    arguments = [bad["before"], respoil(bad, "after", lambda v: v[:1])["after"]]
    arguments += ["--redline", bad["redline"], "--out", bad["folder"] / "out", "--quiet"]
    result = CliRunner().invoke(main, ["find", *map(str, arguments)])
    assert (bad["folder"] / "out" / "run.json").read_bytes() == before, (
        "the good run is still there"
    )
    assert result.exit_code == 2
    assert "band" in result.output


@pytest.mark.parametrize("size", [0, 5_000, 0.5])
def test_a_truncated_image(bad, size):
    whole = bad["after"].read_bytes()
    cut = bad["folder"] / "cut.tif"
    cut.write_bytes(whole[: int(size * len(whole)) if isinstance(size, float) else size])
    result = find(bad | {"after": cut})
    assert result.exit_code == 3, result.output
    assert "cut.tif" in result.output


def test_an_image_that_is_all_nodata(bad):
    result = find(respoil(bad, "after", np.zeros_like))
    assert result.exit_code == 2
    assert "valid" in result.output or "nodata" in result.output


def test_identical_images_give_empty_lists_and_a_whole_run(bad):
    result = find(bad | {"after": bad["before"]})
    assert result.exit_code == 0, result.output
    assert len(read_table(bad["folder"] / "out")) == 0
    assert (bad["folder"] / "out" / "annex-1.xlsx").exists()


def test_an_image_of_one_pixel(bad):
    dot = write_image(
        bad["folder"] / "dot.tif", np.ones((4, 1, 1), "uint16"), from_origin(5e5, 2.94e6, 2, 2)
    )
    result = find(bad | {"before": dot, "after": dot})
    assert result.exit_code == 2
    assert "1" in result.output


def test_a_redline_with_self_intersections_is_mended_and_said(bad):
    frame = gpd.read_file(bad["redline"])
    west, south, east, north = frame.total_bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    frame.loc[0, "geometry"] = bow
    frame.to_file(bad["folder"] / "bow.gpkg", engine="pyogrio")
    result = find(bad | {"redline": bad["folder"] / "bow.gpkg"})
    assert result.exit_code == 0, result.output
    assert any("自相交" in w or "修复" in w for w in read_record(bad["folder"] / "out")["warnings"])


def test_an_empty_redline(bad):
    gpd.read_file(bad["redline"]).iloc[:0].to_file(bad["folder"] / "none.gpkg", engine="pyogrio")
    result = find(bad | {"redline": bad["folder"] / "none.gpkg"})
    assert result.exit_code == 2
    assert "none.gpkg" in result.output


def test_a_gbk_shapefile_without_cpg_and_prj(bad):
    path = bad["folder"] / "hongxian.shp"
    gpd.read_file(bad["redline"]).to_crs(4490).to_file(path, encoding="GB18030", engine="pyogrio")
    for suffix in (".cpg", ".prj"):
        path.with_suffix(suffix).unlink()
    result = find(bad | {"redline": path})
    assert result.exit_code == 0, result.output
    names = {n for row in read_table(bad["folder"] / "out")["redline_names"] for n in row}
    assert all("\ufffd" not in n for n in names)
    assert names & set(gpd.read_file(bad["redline"])["name"])


def test_a_redline_in_a_zone_with_its_number_in_the_easting(bad):
    reference = find(dict(bad))
    assert reference.exit_code == 0
    expected = read_table(bad["folder"] / "out")["redline_area_ha"].sum()
    path = bad["folder"] / "zone.shp"
    gpd.read_file(bad["redline"]).to_crs(4522).to_file(path, engine="pyogrio")
    path.with_suffix(".prj").unlink()
    result = find(bad | {"redline": path}, "--force")
    assert result.exit_code == 0, result.output
    assert read_table(bad["folder"] / "out")["redline_area_ha"].sum() == pytest.approx(
        expected, rel=1e-3
    )


def test_a_redline_elsewhere_is_refused_with_both_places(bad):
    frame = gpd.read_file(bad["redline"])
    frame.geometry = frame.translate(5, 0)
    frame.to_file(bad["folder"] / "far.gpkg", engine="pyogrio")
    result = find(bad | {"redline": bad["folder"] / "far.gpkg"})
    assert result.exit_code == 2
    assert "overlap" in result.output


def test_gcj02_divisions_are_warned_of_with_the_metres(bad, shared_data):
    from ecoredline.geodesy import to_gcj02

    source = shared_data / "admin-panzhihua" / "panzhihua_counties_mapchina_wgs84.geojson"
    frame = gpd.read_file(source).to_crs(4490)
    honest = find(bad | {"divisions": source})
    assert "GCJ-02" not in honest.output
    frame.geometry = shapely.transform(
        frame.geometry.to_numpy(), lambda p: np.column_stack(to_gcj02(p[:, 0], p[:, 1]))
    )
    frame.to_file(bad["folder"] / "shifted.gpkg", engine="pyogrio")
    result = find(bad | {"divisions": bad["folder"] / "shifted.gpkg"})
    assert "GCJ-02" in result.output
    assert "4" in result.output and "米" in result.output


def test_an_output_folder_that_cannot_be_written(bad):
    (bad["folder"] / "out").write_text("a file, not a folder")
    arguments = [
        bad["before"],
        bad["after"],
        "--redline",
        bad["redline"],
        "--out",
        bad["folder"] / "out",
    ]
    result = CliRunner().invoke(main, ["find", *map(str, arguments)])
    assert result.exit_code == 3
    assert "could not write" in result.output


def test_a_missing_file_is_refused_before_anything_is_made(bad):
    arguments = [
        "find",
        "absent.tif",
        str(bad["after"]),
        "--redline",
        str(bad["redline"]),
        "--out",
        "x",
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert not (bad["folder"] / "out").exists()


def test_swapped_dates_are_refused(bad):
    result = find(bad | {"before": bad["after"], "after": bad["before"]})
    assert result.exit_code == 2
    assert "swap" in result.output
    shutil.rmtree(bad["folder"] / "out", ignore_errors=True)


def test_a_demo_redline_is_not_mixed_with_a_real_one(bad):
    frame = gpd.read_file(bad["redline"])
    frame.loc[0, "is_demo"] = 0
    frame.to_file(bad["folder"] / "mixed.gpkg", engine="pyogrio")
    result = find(bad | {"redline": bad["folder"] / "mixed.gpkg"})
    assert result.exit_code == 2
    assert "mixed" in result.output


@pytest.mark.parametrize("value", ["2026-02-30", "gestern", "20260101x"])
def test_a_date_that_is_none_is_refused_in_words(bad, value):
    result = find(bad, "--after-date", value)
    assert result.exit_code == 2
    assert "YYYY-MM-DD" in result.output


def test_a_date_given_on_the_command_line_is_used(bad):
    result = find(bad, "--before-date", "2024-01-05", "--after-date", "2026-03-01")
    assert result.exit_code == 0, result.output
    assert set(read_table(bad["folder"] / "out")["before_on"]) == {"2024-01-05"}
    assert "季节相差" in result.output


def test_seasons_too_far_apart_are_refused_unless_the_user_says_so_and_then_every_list_says_it(bad):
    days = ("--before-date", "2025-04-01", "--after-date", "2025-09-18")
    result = find(bad, *days)
    assert result.exit_code == 2
    for word in ("NotComparable", "2025-04-01", "2025-09-18", "170", "--confirm"):
        assert word in result.output
    assert find(bad, *days, "--season-gap-accepted").exit_code == 0
    out, said = bad["folder"] / "out", "季节差170天，未经第三时相确认"
    assert read_record(out)["season"]["passed_by"] == "accepted"
    assert read_record(out)["parameters"]["season_gap_accepted"] is True
    assert said in (out / "report.html").read_text("utf-8")
    for name in ("annex-1", "annex-2"):
        assert said in openpyxl.load_workbook(out / f"{name}.xlsx").active["A3"].value
        assert said in [p.text for p in docx.Document(out / f"{name}.docx").paragraphs]
    assert said in [p.text for p in docx.Document(out / "letter.docx").paragraphs]


def test_a_third_date_of_the_first_ones_season_lets_far_seasons_pass(bad):
    days = ("--before-date", "2025-04-01", "--after-date", "2025-09-18", "--confirm", bad["after"])
    assert find(bad, *days, "--confirm-date", "2025-10-01").exit_code == 2
    assert find(bad, *days, "--confirm-date", "2026-04-09").exit_code == 0
    record = read_record(bad["folder"] / "out")
    assert record["season"]["passed_by"] == "third_date" and record["season"]["said"] == ""
    assert not any("未经第三时相确认" in w for w in record["warnings"])


def test_a_shift_and_its_residual_stand_in_the_record(bad):
    result = find(
        respoil(bad, "after", lambda v: np.roll(v, 3, axis=2)), "--after-date", "2026-03-28"
    )
    assert result.exit_code == 0, result.output
    found = read_record(bad["folder"] / "out")["registration"]
    assert found["residual_before_px"] > 2 and found["residual_after_px"] < 1
    assert found["corrected"] and found["residual_after_m"] < 2


def test_a_changed_attribute_table_of_a_shapefile_is_a_changed_input(bad):
    path = bad["folder"] / "red.shp"
    frame = gpd.read_file(bad["redline"])[["code", "name", "geometry"]]
    frame.to_file(path, engine="pyogrio", encoding="utf-8")
    assert find(bad | {"redline": path}).exit_code == 0
    again = find(bad | {"redline": path})
    assert "已是这些输入的完整结果" in again.output
    data = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(data.replace("白坡山".encode(), "黑坡山".encode()))
    changed = find(bad | {"redline": path})
    assert "已是这些输入的完整结果" not in changed.output


def test_a_rerun_restores_a_file_that_was_lost(bad):
    assert find(bad).exit_code == 0
    lost = bad["folder"] / "out" / "letter.docx"
    lost.unlink()
    assert "已是这些输入的完整结果" not in find(bad).output
    assert lost.exists()


def test_a_file_geodatabase_is_read_and_hashed(bad):
    path = bad["folder"] / "red.gdb"
    gpd.read_file(bad["redline"])[["code", "name", "geometry"]].to_file(path, driver="OpenFileGDB")
    result = find(bad | {"redline": path})
    assert result.exit_code == 0, result.output
    assert len(read_record(bad["folder"] / "out")["inputs"]["redline"]["sha256"]) == 64


def test_demo_places_make_the_run_a_demo(bad, shared_data):
    pair = shared_data / "s2-chongqing-pair"
    frame = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["甲"]},
        geometry=[shapely.box(106.28, 29.39, 106.31, 29.43)],
        crs=4490,
    )
    frame.to_file(bad["folder"] / "real.gpkg", engine="pyogrio")
    scene = bad | {
        "before": pair / "s2_chongqing_20170414.tif", "after": pair / "s2_chongqing_20180402.tif",
        "redline": bad["folder"] / "real.gpkg", "divisions": None,
    }  # fmt: skip
    assert find(scene, "--places", bad["places"]).exit_code == 0
    assert read_record(bad["folder"] / "out")["is_demo"] is True


def test_a_disk_that_is_full_leaves_no_half_written_file_and_says_so(bad):
    import subprocess
    import sys

    out = bad["folder"] / "out"
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000));"
        "from ecoredline.cli import main; main(sys.argv[1:])"
    )
    arguments = [bad["before"], bad["after"], "--redline", bad["redline"], "--out", out, "--quiet"]
    command = [sys.executable, "-c", script, "find", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert "could not write" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [p for p in out.rglob("*") if p.is_file()]
