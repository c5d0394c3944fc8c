"""The command on files: answers, exit codes, nothing taken from a faulty table."""

import json

import geopandas as gpd
import pytest
from click.testing import CliRunner
from docx import Document
from shapely.geometry import box

from ecoredline.admission.command import command

EASED = ("--max-age", "redline=0", "--none", "protected=没有", "--none", "water=没有")


@pytest.fixture
def files(tmp_path):
    redline = gpd.GeoDataFrame(
        {"code": ["R1"], "control_zone": ["general"], "is_demo": [1]},
        geometry=[box(101.70, 26.50, 101.72, 26.52)], crs=4490,
    )  # fmt: skip
    redline.to_file(tmp_path / "redline.gpkg", engine="pyogrio")
    rows = ["甲,101.705,26.505", "甲,101.706,26.505", "甲,101.706,26.506"]
    (tmp_path / "p.csv").write_text("\n".join(["项目名称,经度,纬度", *rows]), "utf-8")
    return tmp_path


def run(files, *more):
    arguments = [
        files / "p.csv",
        "--redline",
        files / "redline.gpkg",
        "-o",
        files / "out",
        *EASED,
        *more,
    ]
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_a_project_in_demo_redline_says_so_on_report_and_in_json(files):
    ran = run(files, "--activity", "LHA-07", "--as-of", "2026-06-01")
    assert ran.exit_code == 0 and "尚缺：省级人民政府认定意见" in ran.output
    (told,) = json.loads((files / "out" / "result.json").read_text("utf-8"))["results"]
    assert told["outcome"] == "permitted" and not told["admitted"] and told["is_demo"]
    document = Document(files / "out" / "report-甲.docx")
    words = "\n".join(p.text for p in document.paragraphs)
    cells = "\n".join(c.text for t in document.tables for r in t.rows for c in r.cells)
    assert "符合有限人为活动类型" in words and "依据未经原文核对" in cells
    assert f"{told['redline_ha']:.4f} 公顷" in cells and len(document.inline_shapes) == 1
    assert document.sections[0].header.paragraphs[0].text == "演示合成数据"


def test_the_pdf_says_what_the_docx_says(files):
    ran = run(files, "--activity", "LHA-07", "--as-of", "2026-06-01", "--pdf")
    assert ran.exit_code == 0, ran.output
    body = (files / "out" / "report-甲.pdf").read_bytes()
    assert body.startswith(b"%PDF-") and body.rstrip().endswith(b"%%EOF")
    assert b"NotoSansCJK" in body or b"FontFile" in body  # the letters are in the file


def test_without_a_redline_no_number_is_made_up(files):
    (files / "redline.gpkg").unlink()
    ran = run(files)
    assert ran.exit_code == 0 and "无法计算" in ran.output and "0.0000" not in ran.output
    (told,) = json.loads((files / "out" / "result.json").read_text("utf-8"))["results"]
    assert told["outcome"] == "undetermined" and told["redline_ha"] is None


def test_a_faulty_table_or_word_leaves_no_answer(files):
    (files / "p.csv").write_text("经度,纬度\n101.7,x\n", "utf-8")
    assert run(files).exit_code != 0
    assert run(files, "--max-age", "redlin=3").exit_code != 0
    assert run(files, "--as-of", "2026/6/1").exit_code != 0
    assert not (files / "out").exists()
