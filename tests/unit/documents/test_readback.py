"""Annexes read back: the law of writing and reading, and lists as other offices fill them."""

import io
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.codes import code_list
from ecoredline.documents.annex import annex_row, annex_table
from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.official import ANNEX_1, ANNEX_2, ANNEX_COLUMNS, PROBLEM_COLUMNS
from ecoredline.documents.problems import CaseRow, problem_table
from ecoredline.documents.readback import AnnexFaults, PatchRow, read_annex
from ecoredline.errors import InputError

BUILDERS = {"xlsx": annex_workbook, "docx": annex_document}
TITLE_1, TITLE_2 = "四川省生态保护红线疑似生态破坏问题", "四川省生态保护红线人类活动清单"


def saved(made) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def workbook(rows, *, head=ANNEX_COLUMNS, title=TITLE_1, merge=()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in ([title], head, *rows) if title else (head, *rows):
        sheet.append(list(row))
    for place in merge:
        sheet.merge_cells(place)
    return saved(book)


def patch(number="510422-1", lon=101.5, lat=26.9, area=1.5, activity="矿产资源开发", **more):
    row = [
        number,
        "四川省",
        "攀枝花市",
        "盐边县",
        lon,
        lat,
        "某村",
        area,
        activity,
        "占用生态空间",
        "",
    ]
    for name, value in more.items():
        row[ANNEX_COLUMNS.index(name)] = value
    return row


def reasons(reading):
    return "\n".join(map(str, reading.faults))


def said(reading):
    return "\n".join(map(str, reading.notes))


words = st.text(
    st.characters(categories=("L", "N", "P", "Zs", "Sm"), exclude_characters="_\u3000\xa0"),
    max_size=12,
).map(lambda t: " ".join(t.split()))
free_text = (
    st.lists(words, max_size=3)
    .map("\n".join)
    .map(str.strip)
    .filter(lambda t: t not in ("同上", "〃", "″", '"', "”", "..", "同前"))
)
names = st.sampled_from(["", "盐边县", "米易县", "红格镇"])
numbers = st.text("ABC0123456789-〔〕号", min_size=1, max_size=14).map(lambda t: f"N{t}")
areas = st.decimals(0, 90000, places=4)
lons = st.floats(73.01, 135.99).map(lambda v: round(v, 6))
lats = st.floats(3.01, 53.99).map(lambda v: round(v, 6))
problems = st.sampled_from(["", "space", "vegetation;other", "function"])
patches = st.builds(
    PatchRow, numbers, names, names, names, lons, lats, free_text, areas,
    st.sampled_from(["", *code_list("activity_types")]), problems, free_text,
)  # fmt: skip
cases = st.builds(
    CaseRow, numbers, names, names, names, names, lons, lats,
    st.lists(numbers, unique=True, max_size=3).map(tuple), free_text, problems, free_text, free_text,
    free_text,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    st.lists(patches, max_size=5, unique_by=lambda r: r.patch_id),
    st.sampled_from([("annex-1", ANNEX_1), ("annex-2", ANNEX_2)]),
    st.sampled_from(sorted(BUILDERS)),
)
def test_what_annexes_1_and_2_say_is_read_back_whole(rows, annex, suffix):
    kind, declared = annex
    frame = pd.DataFrame(
        [asdict(r) | {"redline_area_ha": r.area_ha, "channel": "suspected"} for r in rows]
    )
    frame = (
        frame.drop(columns=["area_ha"], errors="ignore")
        if len(rows)
        else pd.DataFrame({"channel": []})
    )
    table = annex_table(frame, declared)
    reading = read_annex(saved(BUILDERS[suffix](table)))
    assert reading.kind == kind and reading.title == table.title
    read = reading.accept()
    assert [r.patch_id for r in read] == sorted(r.patch_id for r in rows)
    assert tuple(
        annex_row(asdict(r) | {"redline_area_ha": r.area_ha, "area_ha": None})[:10] for r in read
    ) == tuple(row[:10] for row in table.rows)
    assert [r.remark for r in read] == [row[10] for row in table.rows]
    assert reading.area_ha == table.area_ha


@settings(max_examples=40, deadline=None)
@given(st.lists(cases, max_size=5, unique_by=lambda r: r.number), st.sampled_from(sorted(BUILDERS)))
def test_what_annex_4_says_is_read_back_whole(rows, suffix):
    reading = read_annex(saved(BUILDERS[suffix](problem_table(rows, province="四川省"))))
    assert reading.kind == "annex-4"
    assert reading.accept() == tuple(sorted(rows, key=lambda r: r.number))


def messy_workbook() -> bytes:
    """As a county sends it: own column order, mu, DMS, merged county, totals, repeated head."""
    head = [
        "序号",
        "图斑号",
        "县（区）",
        "省",
        "市",
        "经 度",
        "纬 度",
        "面积\n（亩）",
        "活动类型",
        "疑似问题类型",
        "位置",
        "说明",
    ]
    rows = [
        ["盐边县上报" + TITLE_1 + "（2026年第三季度）"], [], ["填报单位：某某局"], head,
        [1, "５１０４２２－１", "盐边县", "四川省", "攀枝花市", "102°15′30″", "26度40分12秒", "1,500", "(1)", "占用", "某村", ""],
        [2, 510422002, None, "同上", "同上", "E101:30:00", "N26°30′", 15, "采石", "占用生态空间、破坏植被", "某村２组", datetime(2026, 3, 5)],
        [], head, ["4"],
        [3, "510422-3", "米易县", "四川省", "攀枝花市", timedelta(hours=101, minutes=30), 26.5123456789, "2公顷", "⑤道路", "", "某村", "注意复核"],
        ["合计", None, None, None, None, None, None, 1545],
        ["注：1. 面积按亩填写。"], ["填表人：王某　审核人：李某"],
    ]  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A1:L1")
    sheet.merge_cells("C5:C6")
    sheet.merge_cells("A12:L12")
    return saved(book)


def test_a_list_filled_by_hand_elsewhere_is_read_and_every_conversion_is_said():
    reading = read_annex(messy_workbook())
    first, second, third = reading.accept()
    assert (first.patch_id, first.lon, first.lat, first.area_ha) == (
        "510422-1",
        102.258333,
        26.67,
        Decimal("100.0000"),
    )
    assert (second.county, second.province, second.lon, second.lat) == (
        "盐边县",
        "四川省",
        101.5,
        26.5,
    )
    assert (second.patch_id, second.problem_type, second.remark) == (
        "510422002",
        "space;vegetation",
        "2026-03-05",
    )
    assert (third.lon, third.lat, third.area_ha, third.activity_type) == (
        101.5,
        26.512346,
        Decimal("2.0000"),
        "5",
    )
    assert [r.activity_type for r in reading.rows] == ["1", "1", "5"]
    text = said(reading)
    wanted = (
        "第5行 H列 面积（亩）：“1,500”1500亩折合100.0000公顷", "度分秒换算为102.258333度", "全角", "按上一行读作“四川省”",
        "重复的表头", "合计行", "序号", "识别为时间", "四舍五入", "单元格是日期", "表后的说明",
    )  # fmt: skip
    assert [w for w in wanted if w not in text] == []


def test_a_document_filled_by_hand_is_read_across_its_pages():
    document = Document()
    document.add_paragraph("附件 4")
    document.add_paragraph("四川省生态保护红线生态破坏问题清单")
    table = document.add_table(rows=2, cols=13)
    for first, last, label in ((1, 4, "所在行政区名称"), (5, 6, "经纬度")):
        table.cell(0, first).merge(table.cell(0, last)).text = label
    for i, label in enumerate(PROBLEM_COLUMNS):
        if i in (0, *range(7, 13)):
            table.cell(0, i).merge(table.cell(1, i))
        table.cell(0 if i in (0, *range(7, 13)) else 1, i).text = label
    row = [
        "甲-1",
        "四川省",
        "攀枝花市",
        "盐边县",
        "红格镇",
        "东经101°30′",
        "北纬26°30′",
        "A-1，A-2\nA-3",
        "12",
        "占用",
        "毁林",
        "已立案",
        "",
    ]
    for number in ("甲-1", "甲-2"):
        cells = table.add_row().cells
        for cell, value in zip(cells, [number, *row[1:]], strict=True):
            cell.text = value
    table.cell(2, 3).merge(table.cell(3, 3)).text = "盐边县"
    rest = document.add_table(rows=1, cols=13)
    for cell, value in zip(rest.rows[0].cells, ["甲-3", *row[1:]], strict=True):
        cell.text = value
    rows = read_annex(saved(document)).accept()
    assert [r.number for r in rows] == ["甲-1", "甲-2", "甲-3"]
    assert {r.patch_ids for r in rows} == {("A-1", "A-2", "A-3")}
    assert {(r.county, r.lon, r.lat, r.problem_type) for r in rows} == {
        ("盐边县", 101.5, 26.5, "space")
    }


def test_all_faults_are_said_with_place_value_and_reason_and_nothing_is_taken():
    reading = read_annex(
        workbook(
            [
                patch("甲-1"), patch("甲-1"), patch("", area="约3公顷"), patch("甲-2", lon=26.9, lat=101.5),
                patch("甲-3", lon="102°75′00″"), patch("甲-4", lon=34512345.6, lat=2945678.9),
                patch("甲-5", activity="放牧"), patch("甲-6", area=-2), patch("甲-7、甲-8"), patch("甲-9", lat=None),
                patch("甲-10", activity="(2)采石"), patch(1234567890123456789), patch("甲-11", lat=62.0),
                patch("甲-12", area=30_000_000),
            ]
        )
    )  # fmt: skip
    text = reasons(reading)
    for row, words_ in (
        (4, "与工作表“Sheet”第3行重复"), (5, "缺少图斑编号"), (5, "“约3公顷”读不出面积"), (6, "建议经度改为101.5、纬度改为26.9"),
        (7, "读不出经度"), (8, "投影坐标"), (9, "“放牧”不是所列的类型"), (10, "面积为负数"),
        (11, "一行只能有一个图斑编号"), (12, "缺少中心纬度"), (13, "不是所列的类型"), (14, "超过15位"), (15, "不在我国范围内"),
        (16, "核对单位"),
    ):  # fmt: skip
        assert any(f"第{row}行" in line and words_ in line for line in text.splitlines()), (
            row,
            words_,
        )
    assert [r.patch_id for r in reading.rows] == ["甲-1"]
    with pytest.raises(AnnexFaults) as caught:
        reading.accept()
    assert caught.value.faults == reading.faults and len(reading.faults) >= 14


@pytest.mark.parametrize(
    ("total", "wanted"),
    [
        (["合计", *[None] * 6, 2.9], "合计面积与各行之和3.0000公顷不一致"),
        (["合计：3个图斑，涉及生态保护红线面积3.0000公顷。"], "合计个数与表中2行不一致"),
        (["合计", *[None] * 6, 3.0], ""),
    ],
)
def test_a_total_must_be_the_sum_of_its_rows(total, wanted):
    text = reasons(read_annex(workbook([patch("甲-1"), patch("甲-2"), total])))
    assert text.endswith(wanted) and bool(text) == bool(wanted)


def test_a_merged_area_is_never_counted_twice():
    reading = read_annex(workbook([patch("甲-1"), patch("甲-2", area=None)], merge=["H3:H4"]))
    assert "合并单元格跨多行，坐标或面积不能共用" in reasons(reading)


def test_a_formula_without_result_is_a_fault():
    assert "公式没有计算结果" in reasons(read_annex(workbook([patch("甲-1", area="=1+1")])))
    assert "公式的错误值" in reasons(read_annex(workbook([patch("甲-1", 位置描述="#REF!")])))


@pytest.mark.parametrize(
    ("head", "unit", "hectares"),
    [
        ("面积(公顷)", "", "150.0000"), ("面积（亩）", "", "10.0000"), ("面积/平方米", "", "0.0150"),
        ("面积(km²)", "", "15000.0000"), ("面积", "单位：亩", "10.0000"), ("面积", "", "150.0000"),
    ],
)  # fmt: skip
def test_the_unit_is_that_of_the_heading_or_of_the_line_above(head, unit, hectares):
    labels = [head if c.startswith("面积") else c for c in ANNEX_COLUMNS]
    reading = read_annex(workbook([patch(area=150)], head=labels, title=TITLE_1 + unit))
    assert [r.area_ha for r in reading.accept()] == [Decimal(hectares)]
    assert ("没有写面积单位" in said(reading)) == (head == "面积" and not unit)


def test_columns_missing_double_or_strange_are_said():
    head = [
        "经度" if c == "面积(公顷)" else "密级" if c == "位置描述" else c for c in ANNEX_COLUMNS
    ]
    reading = read_annex(workbook([patch()], head=head))
    assert "缺少“面积”列" in reasons(reading) and "重复，无法判断以哪列为准" in reasons(reading)
    assert "G列 密级：不是附件规定的列，未读取" in said(reading)


def test_coordinates_in_one_cell_are_two_numbers():
    head = ["图斑编号", "县级行政区", "经纬度", "面积(公顷)", "人类活动类型", "疑似问题"]
    reading = read_annex(
        workbook([["甲-1", "盐边县", "东经101°30′ 北纬26°30′", 1, "", ""]], head=head)
    )
    assert [(r.lon, r.lat) for r in reading.accept()] == [(101.5, 26.5)]


def test_which_annex_it_is_comes_from_the_title_or_is_asked():
    assert read_annex(workbook([patch()], title=TITLE_2)).kind == "annex-2"
    assert read_annex(workbook([patch()], title="附件 2")).kind == "annex-2"
    unsaid = workbook([patch()], title="")
    assert "看不出是附件1还是附件2" in reasons(read_annex(unsaid))
    assert len(read_annex(unsaid, kind="annex-2").accept()) == 1
    assert "指定为附件1" in reasons(read_annex(workbook([patch()], title=TITLE_2), kind="annex-1"))
    assert "没有找到" in reasons(read_annex(workbook([[1, 2]], head=["甲", "乙"])))
    with pytest.raises(InputError, match="annex-4"):
        read_annex(unsaid, kind="annex-7")


def test_another_datum_is_refused():
    reading = read_annex(workbook([patch()], title=TITLE_1 + "（1980西安坐标系）"))
    assert "坐标系不是CGCS2000" in reasons(reading)


def test_a_reading_is_plain_data_and_keeps_the_demo_mark():
    import json

    table = problem_table([CaseRow("甲", lon=101.5, lat=26.5, county="盐边县", is_demo=True)])
    reading = read_annex(saved(annex_workbook(table)))
    assert (
        reading.is_demo
        and json.loads(json.dumps(reading.as_mapping()))["rows"][0]["number"] == "甲"
    )
    assert replace(reading, is_demo=False).as_mapping()["faults"] == []
