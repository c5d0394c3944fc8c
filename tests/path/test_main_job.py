"""Imagery → patch, end to end, nothing faked: the command on a simulated scene."""

import json
import os
import signal
import subprocess
import sys
import time

import docx
import geopandas as gpd
import openpyxl
import pytest
import shapely
from click.testing import CliRunner
from pyproj import Geod

from ecoredline.cli import main
from ecoredline.files import sha256
from ecoredline.patches.accuracy import against_polygons
from ecoredline.patches.table import read_table
from ecoredline.record import read_record

ELLIPSOID = Geod(a=6378137.0, rf=298.257222101)
FILES = {
    "run.json", "patches.gpkg", "patches.geojson", "annex-1.xlsx", "annex-1.docx",
    "annex-2.xlsx", "annex-2.docx", "letter.docx", "evidence.docx", "report.html",
}  # fmt: skip


def find_arguments(scene, out, *more):
    arguments = ["find", scene["before"], scene["after"], "--out", out, "--quiet"]
    for role in ("redline", "protected_areas", "divisions", "places"):
        arguments += [f"--{role.replace('_', '-')}", scene[role]]
    return [str(a) for a in [*arguments, *more]]


def test_a_run_folder_holds_every_file_and_no_half_written_one(small_run):
    names = {p.name for p in small_run.iterdir()}
    assert names >= FILES
    assert not [p for p in small_run.rglob("*") if ".part" in p.name]
    record = read_record(small_run)
    for name, entry in record["outputs"].items():
        assert sha256(small_run / name) == entry["sha256"], name
    layers = gpd.list_layers(small_run / "patches.gpkg")["name"].to_list()
    assert set(layers) == {"patches", "patches_raw", "dropped", "unseen"}


def test_the_list_finds_what_was_built_inside_the_redline(small_run, small_scene):
    patches = read_table(small_run)
    truth = gpd.read_file(small_scene["truth"], layer="activities")
    result = against_polygons(
        patches.to_crs(4543), truth.to_crs(4543), 4.0, counted=truth["area_ha"] >= 0.1
    )
    assert result.patch_recall >= 0.75
    assert result.false_per_km2 <= 3


def test_areas_are_those_of_the_ellipsoid_and_the_clip_of_the_redline(small_run, small_scene):
    patches = read_table(small_run)
    redline = shapely.union_all(
        gpd.read_file(small_scene["redline"]).to_crs(4490).geometry.to_numpy()
    )
    assert len(patches) > 0
    for patch in patches.itertuples():
        whole = abs(ELLIPSOID.geometry_area_perimeter(patch.geometry)[0]) / 1e4
        inside = (
            abs(ELLIPSOID.geometry_area_perimeter(patch.geometry.intersection(redline))[0]) / 1e4
        )
        assert patch.area_ha == pytest.approx(whole, abs=6e-5)
        assert patch.redline_area_ha == pytest.approx(inside, abs=6e-5)
        assert shapely.contains_xy(patch.geometry, patch.lon, patch.lat)


def test_letter_annex_and_table_give_the_same_count_and_area(small_run):
    patches = read_table(small_run)
    listed = patches[patches["channel"] == "suspected"]
    area = f"{listed['redline_area_ha'].round(4).sum():.4f}"
    text = "\n".join(p.text for p in docx.Document(small_run / "letter.docx").paragraphs)
    assert f"问题{len(listed)}个" in text.replace(" ", "")
    assert area in text
    sheet = openpyxl.load_workbook(small_run / "annex-1.xlsx").active
    cells = [c for row in sheet.iter_rows(values_only=True) for c in row if c is not None]
    for patch_id in listed["patch_id"]:
        assert patch_id in cells
    assert "未用印草稿" in everything_in(small_run / "letter.docx")


def everything_in(path) -> str:
    """All the text of a DOCX, headers and text boxes too."""
    import zipfile

    with zipfile.ZipFile(path) as package:
        return "".join(
            package.read(n).decode("utf-8", "ignore")
            for n in package.namelist()
            if n.endswith(".xml")
        )


def test_everything_made_from_demo_data_says_so(small_run):
    assert read_record(small_run)["is_demo"] is True
    notice = "演示合成数据"
    for name in sorted(n for n in FILES if n.endswith(".docx")):
        assert notice in everything_in(small_run / name), name
    for name in ("annex-1.xlsx", "annex-2.xlsx"):
        sheet = openpyxl.load_workbook(small_run / name).active
        assert any(notice in str(c) for row in sheet.iter_rows(values_only=True) for c in row), name
    assert notice in (small_run / "report.html").read_text("utf-8")
    for sheet in (small_run / "evidence").glob("*.html"):
        assert notice in sheet.read_text("utf-8")
    assert read_table(small_run)["is_demo"].all()


def test_nothing_is_dropped_silently_and_counts_agree(small_run):
    record = read_record(small_run)
    dropped = read_table(small_run, "dropped")
    assert record["counts"]["dropped"] == len(dropped)
    assert sum(record["counts"]["drop_reasons"].values()) == len(dropped)
    assert (dropped["reason"] != "").all()
    assert (dropped["reason_detail"] != "").all()
    assert record["counts"]["patches"] == len(read_table(small_run))


def test_the_record_names_inputs_parameters_steps_and_what_could_not_be_seen(
    small_run, small_scene
):
    record = read_record(small_run)
    assert set(record["inputs"]) == {
        "before",
        "after",
        "redline",
        "protected_areas",
        "divisions",
        "places",
    }
    assert record["inputs"]["before"]["sha256"] == sha256(small_scene["before"])
    assert record["threshold"] > record["low_threshold"] > 0
    assert {s["name"] for s in record["steps"]} >= {"read", "detect", "patches", "screen", "write"}
    assert record["registration"]
    assert record["coverage"]
    for county in record["coverage"]:
        assert county["redline_ha"] >= county["unseen_ha"] >= 0


def test_a_second_run_gives_the_same_patches_to_the_last_vertex(small_run, small_scene, tmp_path):
    result = CliRunner().invoke(main, find_arguments(small_scene, tmp_path / "again"))
    assert result.exit_code == 0, result.output
    first, second = read_table(small_run), read_table(tmp_path / "again")
    assert first["patch_id"].to_list() == second["patch_id"].to_list()
    assert first.geometry.to_wkb().to_list() == second.geometry.to_wkb().to_list()
    again = CliRunner().invoke(main, find_arguments(small_scene, tmp_path / "again"))
    assert "已是这些输入的完整结果" in again.output


def test_only_the_redline_is_required_and_what_is_missing_is_said(small_scene, tmp_path):
    out = tmp_path / "bare"
    arguments = [
        "find",
        small_scene["before"],
        small_scene["after"],
        "--redline",
        small_scene["redline"],
    ]
    result = CliRunner().invoke(main, [str(a) for a in [*arguments, "--out", out, "--quiet"]])
    assert result.exit_code == 0, result.output
    assert "未提供行政区划" in result.output
    patches = read_table(out)
    assert len(patches) > 0
    assert set(patches["county"]) == {""}
    assert set(patches["channel"]) <= {"suspected", "outside"}


def test_an_earlier_run_makes_its_patches_duplicates(small_run, small_scene, tmp_path):
    result = CliRunner().invoke(
        main, find_arguments(small_scene, tmp_path / "next", "--previous", small_run)
    )
    assert result.exit_code == 0, result.output
    assert len(read_table(tmp_path / "next")) == 0
    assert read_record(tmp_path / "next")["inputs"]["previous"]["sha256"] == sha256(
        small_run / "run.json"
    )
    dropped = read_table(tmp_path / "next", "dropped")
    assert (dropped["reason"] == "duplicate").sum() == len(read_table(small_run))
    assert "0" in "\n".join(
        p.text for p in docx.Document(tmp_path / "next" / "letter.docx").paragraphs
    )


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_leaves_no_record_and_a_rerun_finishes(small_scene, tmp_path, kind):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "ecoredline", *find_arguments(small_scene, out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not out.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, kind)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not (out / "run.json").exists()
    result = CliRunner().invoke(main, find_arguments(small_scene, out))
    assert result.exit_code == 0, result.output
    assert json.loads((out / "run.json").read_text("utf-8"))["finished_at"]
    assert not [p for p in out.rglob("*") if ".part" in p.name]
