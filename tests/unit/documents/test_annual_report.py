import io
import re
import zipfile

import annual_sample
import openpyxl
import pytest
from docx import Document
from lxml import etree

from ecoredline.documents.annual_data import CountyFigures, MonthFigures, StageFigure, TypicalCase
from ecoredline.documents.annual_report import annual_report_document, write_annual_report
from ecoredline.documents.word_charts import Chart
from ecoredline.errors import InputError

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    out = tmp_path_factory.mktemp("annual") / "year.docx"
    return write_annual_report(out, annual_sample.year())


def text_of(document):
    return "\n".join(p.text for p in document.paragraphs)


def test_the_chapters_follow_the_steps_of_the_notice(path, law):
    text = text_of(Document(path))
    heads = re.findall(r"^[一二三四五六七八九]、(.+)$", text, re.MULTILINE)
    steps = ["监控发现", "移交查处", "督促整改", "移送", "上报"]
    assert heads[1:6] == steps
    assert all(f"（{step}）" in law for step in steps)
    assert "非官方格式" in text


def test_one_number_stands_in_text_table_and_chart(path):
    document = Document(path)
    assert "确认生态破坏问题10处，涉及生态保护红线面积24.6913公顷" in text_of(document)
    stages = {r.cells[0].text: r.cells[1].text for r in document.tables[0].rows[1:]}
    with zipfile.ZipFile(path) as package:
        chart = etree.fromstring(package.read("word/charts/chart1.xml"))
        names, values = (
            [v.text for v in chart.find(f".//{C}{tag}").iter(f"{C}v")] for tag in ("cat", "val")
        )
        book = openpyxl.load_workbook(
            io.BytesIO(package.read("word/embeddings/chart1.xlsx"))
        ).active
    assert dict(zip(names, values, strict=True)) == stages
    assert {a: str(b) for a, b in book.iter_rows(min_row=2, values_only=True)} == stages


def test_rates_are_per_observed_area(path):
    counties = next(t for t in Document(path).tables if t.rows[0].cells[0].text == "县（区）")
    assert [r.cells[-1].text for r in counties.rows[1:]] == ["1.00", "0.80"]


def test_every_chart_is_a_part_of_its_own_and_has_words(path):
    with zipfile.ZipFile(path) as package:
        names = set(package.namelist())
        body = package.read("word/document.xml").decode()
        kinds = package.read("[Content_Types].xml").decode()
    assert {f"word/charts/chart{n}.xml" for n in (1, 2, 3)} <= names
    assert kinds.count("drawingml.chart+xml") == 3
    assert 'descr="各环节数量。数量：图斑40，' in body


def test_made_data_is_marked_on_every_page_and_real_data_never(path):
    document = Document(path)
    headers = [
        s.header.paragraphs[0].text for s in document.sections if not s.header.is_linked_to_previous
    ]
    assert headers and all("演示合成数据" in h for h in headers)
    real = annual_report_document(annual_sample.year(is_demo=False))
    assert "演示" not in text_of(real)


def test_a_province_of_many_counties_shows_the_most_in_its_chart_and_all_in_its_table(tmp_path):
    counties = tuple(CountyFigures(f"县{n}", 0, n, 0, 0, 0, 0, n) for n in range(1, 31))
    stages = (
        StageFigure("suspected", "疑似问题", 0),
        StageFigure("confirmed", "确认问题", 465, 465),
    )
    data = annual_sample.year(
        stages=stages, counties=counties, activity_types=(), months=(), sources=(), overdue=0
    )
    out = write_annual_report(tmp_path / "p.docx", data)
    table = next(t for t in Document(out).tables if t.rows[0].cells[0].text == "县（区）")
    assert [int(r.cells[2].text) for r in table.rows[1:]] == list(range(1, 31))
    assert "确认问题最多的20个" in text_of(Document(out))
    with zipfile.ZipFile(out) as package:
        chart = etree.fromstring(package.read("word/charts/chart2.xml"))
    shown = [v.text for v in chart.find(f".//{C}val").iter(f"{C}v")]
    assert shown == [str(n) for n in range(11, 31)]


def test_a_stage_nobody_counted_is_not_called_none():
    stages = (
        StageFigure("suspected", "疑似问题", 20, 50.5),
        StageFigure("confirmed", "确认问题", 10, 24.6913),
    )
    text = text_of(annual_report_document(annual_sample.year(stages=stages)))
    assert "销号" not in text.split("二、", 1)[0] and "实地复核" not in text


def test_an_empty_year_is_a_whole_report():
    bare = annual_sample.year(
        stages=(StageFigure("suspected", "疑似问题", 0), StageFigure("confirmed", "确认问题", 0)),
        counties=(), activity_types=(), problem_types=(), months=(), sources=(), handovers=(), measures=(),
        referrals=(), indicators=(), cases=(), redline_km2=None, observed_km2=None, overdue=0,
    )  # fmt: skip
    text = text_of(annual_report_document(bare))
    assert text.count("本年度无此项记录。") == 3 and "本年度未选取典型案例。" in text


def test_figures_that_contradict_each_other_are_all_said():
    wrong = annual_sample.year(
        counties=(CountyFigures("盐边县", 12, 6, 4, 4, 1, 1, 12.3457),),
        months=(MonthFigures("2026-03", 1, 1, 1),), overdue=9, observed_km2=1300.0,
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        annual_report_document(wrong)
    said = str(caught.value)
    for words in (
        "各县疑似问题合计12，与总数20",
        "各县面积合计12.3457",
        "各县逾期",
        "各月销号合计1",
        "大于红线面积",
    ):
        assert words in said


@pytest.mark.parametrize(
    "pictures", [((b"no picture", "x"),), ((annual_sample.picture("red"), "x"),) * 3]
)
def test_a_case_has_two_real_pictures_at_most(pictures):
    with pytest.raises(InputError, match="picture"):
        annual_report_document(annual_sample.year(cases=(TypicalCase("案", (), pictures),)))


@pytest.mark.parametrize(
    "change", [{"form": "pie"}, {"categories": ()}, {"series": (("a", (1,)),)}]
)
def test_a_chart_that_cannot_be_drawn_is_refused(change):
    whole = {"form": "bar", "title": "t", "categories": ("a", "b"), "series": (("s", (1, 2)),)}
    with pytest.raises(InputError):
        Chart(**(whole | change))
