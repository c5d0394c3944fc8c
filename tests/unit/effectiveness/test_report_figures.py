"""The report's charts and map: their numbers are those of the evaluation, and the same bytes come again."""

import io
import json
import re
import zipfile

import pytest
from docx import Document
from openpyxl import load_workbook
from PIL import Image

from ecoredline.documents.word_charts import Chart, add_chart
from ecoredline.effectiveness import DEMO_MARK, assess, evaluate, read_numbers, shipped_rules
from ecoredline.effectiveness.place_map import STEP_COLOURS, Outline, place_map, read_outlines
from ecoredline.errors import InputError, SourceError

HEAD = "unit,unit_zh,year,name,value,source,refs\n"
ONE = {"redline_ha": 1000, "redline_km2": 10, "natural_ha": 900, "new_activity_ha": 0, "line_km": 1, "function_total": 500, "fvc_mean": 0.6, "duties_done": 9, "duties": 10, "cases_closed": 0, "cases_due": 0, "replies_on_time": 4, "replies_due": 5, "observed_share": 95}  # fmt: skip
SQUARES = {"510402": (101.0, 26.0), "510411": (101.2, 26.0)}


@pytest.fixture
def given(tmp_path):
    """Numbers of two counties in two years, and their outlines; 510411 was hardly looked at before."""
    rows = []
    for unit, worse in (("510402", {}), ("510411", {"new_activity_ha": 12, "duties_done": 2})):
        for year in (2022, 2023):
            numbers = ONE | (worse if year == 2023 else {})
            numbers |= {"observed_share": 60} if (unit, year) == ("510411", 2022) else {}
            rows += [f"{unit},县{unit},{year},{n},{v},台账,P-1;layer-3" for n, v in numbers.items()]
    (tmp_path / "numbers.csv").write_text(HEAD + "\n".join(rows), "utf-8")
    features = [
        {"type": "Feature", "properties": {"code": c}, "geometry": {"type": "Polygon", "coordinates": [
            [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y + 0.1], [x, y]]]}}
        for c, (x, y) in SQUARES.items()
    ]  # fmt: skip
    data = {"type": "FeatureCollection", "features": features}
    (tmp_path / "outlines.geojson").write_text(json.dumps(data), "utf-8")
    return tmp_path


def run(given, name):
    out = given / name
    assess("demo", given / "numbers.csv", 2023, out, compare_year=2022, draws=50, outlines=given / "outlines.geojson")  # fmt: skip
    return out


def test_report_has_charts_of_the_scores_and_a_map_and_comes_again_with_the_same_bytes(given):
    first, second = run(given, "a"), run(given, "b")
    for name in ("report.docx", "evaluation.json", "scores.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert "outlines" in json.loads((first / "run.json").read_text("utf-8"))["inputs"]
    with zipfile.ZipFile(first / "report.docx") as archive:
        names = archive.namelist()
        books = sorted(n for n in names if n.startswith("word/embeddings"))
        assert any(n.startswith("word/media/") and n.endswith(".png") for n in names)
        sheets = [list(load_workbook(io.BytesIO(archive.read(n))).active.values) for n in books]
    found = evaluate(shipped_rules("demo"), read_numbers(given / "numbers.csv"), 2023)
    totals = {e.unit_zh: round(e.total, 1) for e in found}
    assert dict(row[:2] for row in sheets[0][1:]) == totals
    assert [row[0] for row in sheets[2][1:]] == ["县510402"]  # like effort in both years
    document = Document(first / "report.docx")
    words = "\n".join(p.text for p in document.paragraphs)
    captions = re.findall(r"^图 \d .*", words, re.MULTILINE)
    assert len(captions) == 5 and all(DEMO_MARK in c for c in captions)
    section = document.sections[0]
    for header in (section.header, section.even_page_header):
        assert DEMO_MARK in header.paragraphs[0].text
    assert (
        "layer-3" not in words and "数据来源：台账" in words and "1 个单位两年影像观测比例" in words
    )


def test_map_colours_each_place_by_its_grade(given):
    outlines = read_outlines(given / "outlines.geojson")
    picture = Image.open(io.BytesIO(place_map(outlines, {"510402": (1, 5), "510411": (2, 0)})))
    width, height = picture.size
    seen = {picture.getpixel((x, height // 2 + 60)) for x in (width // 5, width * 4 // 5)}
    assert seen == {tuple(bytes.fromhex(STEP_COLOURS[s])) for s in (5, 0)}
    with pytest.raises(InputError, match="no outline"):
        place_map([Outline("x", outlines[0].geometry)], {"510402": (1, 5)})


@pytest.mark.parametrize(
    ("text", "fault"), [("{", SourceError), ('{"features": [{"properties": {}}]}', InputError)]
)
def test_outlines_that_are_none_are_refused(tmp_path, text, fault):
    (tmp_path / "o.geojson").write_text(text, "utf-8")
    with pytest.raises(fault):
        read_outlines(tmp_path / "o.geojson")


def test_a_gap_stays_a_gap_in_a_chart_and_shares_fill_the_bar():
    document = Document()
    add_chart(document, Chart("stacked", "名次", ("甲", "乙"), (("一", (0.4, float("nan"))), ("二", (0.6, 1)))))  # fmt: skip
    part = next(p for p in document.part.package.iter_parts() if "/charts/" in str(p.partname))
    xml = part.blob.decode()
    assert "percentStacked" in xml and "nan" not in xml and xml.count("<c:v>0.4</c:v>") == 1
