import re
import zipfile
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest
import sample
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import plain
from ecoredline.codes import code_list
from ecoredline.documents import official
from ecoredline.documents.annex import annex_row, annex_table, write_annexes
from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.official import ANNEX_1, ANNEX_2, ANNEX_COLUMNS, ANNEX_NOTES
from ecoredline.documents.problems import CaseRow, problem_table
from ecoredline.errors import InputError, UnknownCode

HEADER_ROW = 4
DEMO = "演示合成数据"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, patches):
    out = tmp_path_factory.mktemp("annexes")
    write_annexes(out, patches)
    return out


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("empty")
    write_annexes(out, sample.patches(0), province="四川省")
    return out


def sheet_of(folder, name="annex-1"):
    return openpyxl.load_workbook(folder / f"{name}.xlsx").active


def body_text(document) -> str:
    return "\n".join(p.text for p in document.paragraphs)


def table_rows(sheet):
    return [
        row
        for row in sheet.iter_rows(min_row=HEADER_ROW + 1, values_only=True)
        if re.fullmatch(r"\d{6}-.*", str(row[0]))
    ]


def test_the_labels_are_those_of_the_official_table_in_its_order(law):
    for label in ("附件1\n", "附件 2\n"):
        table = law.split(label, 1)[1]
        line = next(line for line in table.splitlines() if line.startswith("图斑"))
        official_labels = [re.sub(r"\s", "", cell) for cell in line.split("\t")]
        assert official_labels == list(ANNEX_COLUMNS)


def test_the_notes_are_those_of_the_law_word_by_word(law):
    assert len(ANNEX_NOTES) == 3
    for note in ANNEX_NOTES:
        assert law.count(note) == 2, note  # once under annex 1, once under annex 2


def test_the_titles_are_those_of_the_law(law):
    for annex in (ANNEX_1, ANNEX_2):
        after = law.split(
            re.search(rf"\n({annex.label[:2]} ?{annex.label[2]})\n", law)[1] + "\n", 1
        )
        printed = next(line for line in after[1].splitlines() if line.strip())
        assert plain(annex.title("")) == plain(printed)
        assert annex.title("四川省") == annex.title("").replace("XX省（区、市）", "四川省")


def test_labels_broken_over_lines_are_the_same_labels():
    assert tuple(w.replace("\n", "") for w in official.ANNEX_LABEL_LINES) == ANNEX_COLUMNS


def test_activity_and_problem_words_are_in_the_laws_notes():
    for row in code_list("activity_types").values():
        assert row["zh"] in ANNEX_NOTES[0]
    for row in code_list("problem_types").values():
        assert row["zh"] in ANNEX_NOTES[1]


def test_the_workbook_has_title_label_header_and_notes_at_their_places(folder):
    sheet = sheet_of(folder)
    assert sheet["A1"].value == "附件1"
    assert sheet["A2"].value == "四川省生态保护红线疑似生态破坏问题"
    assert [c.value for c in sheet[HEADER_ROW]] == list(ANNEX_COLUMNS)
    column = [c.value for c in sheet["A"]]
    start = column.index(ANNEX_NOTES[0])
    assert column[start : start + 3] == list(ANNEX_NOTES)
    assert start == HEADER_ROW + len(table_rows(sheet))  # directly under the table


def test_annex_1_lists_suspected_patches_and_annex_2_the_protected_ones_too(folder, patches):
    for name, channels in (("annex-1", ["suspected"]), ("annex-2", ["suspected", "protected"])):
        wanted = set(patches["patch_id"][patches["channel"].isin(channels)])
        assert {row[0] for row in table_rows(sheet_of(folder, name))} == wanted


def test_numbers_in_the_workbook_are_numbers_with_their_decimals(folder):
    row = next(sheet_of(folder).iter_rows(min_row=HEADER_ROW + 1))
    for column, pattern in ((4, "0.000000"), (5, "0.000000"), (7, "0.0000")):
        assert isinstance(row[column].value, float)
        assert row[column].number_format == pattern
    assert row[0].data_type == "s" and row[0].number_format == "@"


def test_the_workbook_prints_on_landscape_a4_with_its_head_on_every_page(folder):
    sheet = sheet_of(folder)
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}"
    assert sheet.print_area.endswith(f"$A$1:$K${sheet.max_row}")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.freeze_panes == f"B{HEADER_ROW + 1}"
    assert "&P" in sheet.oddFooter.center.text


def test_the_area_is_the_part_inside_the_redline_and_the_remark_tells_the_whole(patches):
    patch = patches.iloc[1].to_dict()
    row = annex_row(patch)
    assert row[7] == Decimal("0.4934")
    assert "图斑总面积0.9934公顷" in row[10]


def test_a_patch_wholly_inside_has_no_second_area(patches):
    assert annex_row(patches.iloc[0].to_dict())[10] == ""


def test_an_undetermined_type_stays_blank_and_the_remark_says_so(patches):
    row = annex_row(patches.iloc[4].to_dict())
    assert (row[8], row[9]) == ("", "")
    assert "人类活动类型待判定" in row[10] and "疑似问题类型待判定" in row[10]


def test_the_remark_keeps_division_note_source_and_what_was_said(patches):
    patch = patches.iloc[3].to_dict() | {"remark": "会商后保留。", "clue_source": "信访举报"}
    said = annex_row(patch)[10].split("；")
    assert said[:2] == ["会商后保留", "线索来源：信访举报"]
    assert said[-1] == "跨东区、仁和区，各占 52%、48%"


def test_a_patch_in_a_protected_area_names_it_in_annex_2(patches):
    row = next(r for r in annex_table(patches, ANNEX_2).rows if "保护地" in r[10])
    assert "位于自然保护地：二滩国家森林公园" in row[10]


def test_rows_are_ordered_by_division_and_id(patches):
    ids = [r[0] for r in annex_table(patches.sample(frac=1, random_state=3), ANNEX_2).rows]
    assert ids == sorted(ids)


def test_blank_divisions_stay_blank_and_the_title_keeps_the_templates_blank(patches, tmp_path):
    blank = patches.head(3).assign(province="", city="", county="", division_code="", position=None)
    assert annex_table(blank).title == "XX省（区、市）生态保护红线疑似生态破坏问题"
    write_annexes(tmp_path, blank)
    row = table_rows(sheet_of(tmp_path))[0]
    assert row[1:4] == (None, None, None) and row[6] is None


def test_patches_of_two_provinces_leave_the_title_blank(patches):
    two = patches.head(2).copy()
    two["province"] = ["四川省", "云南省"]
    assert annex_table(two).province == ""


@pytest.mark.parametrize(
    "start", ["=1+1", "+86", "-cmd|' /C calc'!A0", "@SUM(A1)", "=HYPERLINK(1)"]
)
def test_text_that_looks_like_a_formula_stays_text(patches, tmp_path, start):
    write_annexes(tmp_path, patches.head(1).assign(county=start, position=start, remark=start))
    sheet = sheet_of(tmp_path)
    row = sheet[HEADER_ROW + 1]
    for column in (3, 6, 10):
        assert (row[column].data_type, row[column].value) == ("s", start)
        assert row[column].quotePrefix
    with zipfile.ZipFile(tmp_path / "annex-1.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_control_characters_in_a_name_do_not_break_the_files(patches, tmp_path):
    write_annexes(tmp_path, patches.head(1).assign(county="东\x00\x0b区 <&>"))
    assert table_rows(sheet_of(tmp_path))[0][3] == "东区 <&>"
    assert Document(tmp_path / "annex-1.docx").tables[0].cell(1, 3).text == "东区 <&>"


def test_the_document_repeats_its_head_and_never_cuts_a_row(folder, patches):
    table = Document(folder / "annex-1.docx").tables[0]
    assert [c.text.replace("\n", "") for c in table.rows[0].cells] == list(ANNEX_COLUMNS)
    head = table.rows[0]._tr.trPr
    assert head.find(qn("w:tblHeader")) is not None
    assert all(r._tr.trPr.find(qn("w:cantSplit")) is not None for r in table.rows)
    assert len(table.rows) == 1 + (patches["channel"] == "suspected").sum()


def test_the_documents_rows_say_the_same_as_the_workbooks(folder):
    cells = [[c.text for c in r.cells] for r in Document(folder / "annex-2.docx").tables[0].rows]
    for told, values in zip(cells[1:], table_rows(sheet_of(folder, "annex-2")), strict=True):
        assert told[4] == f"{values[4]:.6f}" and told[7] == f"{values[7]:.4f}"
        others = [v or "" for i, v in enumerate(values) if i not in (4, 5, 7)]
        assert [t for i, t in enumerate(told) if i not in (4, 5, 7)] == others


def test_the_document_is_landscape_a4_and_its_table_fills_the_core(folder):
    document = Document(folder / "annex-1.docx")
    section = document.sections[0]
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    core = section.page_width - section.left_margin - section.right_margin
    width = document.tables[0]._tbl.tblPr.find(qn("w:tblW")).get(qn("w:w"))
    assert abs(int(width) * 635 - core) < 0.5 * 36000


def test_notes_and_totals_stand_under_the_documents_table(folder, patches):
    text = body_text(Document(folder / "annex-1.docx"))
    chosen = patches[patches["channel"] == "suspected"]
    assert "\n".join(ANNEX_NOTES) in text
    assert (
        f"合计：{len(chosen)}个图斑，涉及生态保护红线面积{chosen.redline_area_ha.sum():.4f}公顷。"
        in text
    )


def test_demo_data_is_marked_on_every_page_and_sheet(folder):
    for name in ("annex-1", "annex-2"):
        sheet = sheet_of(folder, name)
        assert sheet["A3"].value == DEMO and DEMO in sheet.oddHeader.right.text
        document = Document(folder / f"{name}.docx")
        section = document.sections[0]
        assert DEMO in body_text(document)
        assert all(DEMO in h.paragraphs[0].text for h in (section.header, section.even_page_header))


def test_real_data_bears_no_demo_mark(tmp_path):
    write_annexes(tmp_path, sample.patches(4, demo=False))
    with zipfile.ZipFile(tmp_path / "annex-1.docx") as book:
        assert all(DEMO.encode() not in book.read(n) for n in book.namelist())
    assert sheet_of(tmp_path)["A3"].value is None


def test_an_empty_list_is_a_whole_document_that_says_so(empty_folder):
    sheet = sheet_of(empty_folder)
    assert sheet["A2"].value == "四川省生态保护红线疑似生态破坏问题"
    assert sheet[f"A{HEADER_ROW + 1}"].value == "本期未发现疑似生态破坏问题"
    document = Document(empty_folder / "annex-2.docx")
    assert document.tables[0].cell(1, 0).text == "本期未发现人类活动图斑"
    assert "合计：0个图斑，涉及生态保护红线面积0.0000公顷。" in body_text(document)


def test_a_patch_without_area_is_refused_by_name(patches):
    bad = patches.head(1).assign(redline_area_ha=float("nan"))
    with pytest.raises(InputError, match="redline_area_ha of 510402"):
        annex_table(bad)


def test_an_unknown_type_is_refused(patches):
    with pytest.raises(UnknownCode, match="activity_types"):
        annex_table(patches.head(1).assign(activity_type="9"))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=30))
def test_the_total_is_the_sum_of_the_printed_areas(areas):
    rows = [
        {"channel": "suspected", "patch_id": str(i), "redline_area_ha": a, "area_ha": a}
        for i, a in enumerate(areas)
    ]
    table = annex_table(pd.DataFrame(rows))
    assert table.area_ha == sum(Decimal(str(row[7])) for row in table.rows)
    assert all(-row[7].as_tuple().exponent == 4 for row in table.rows)
    assert abs(float(table.area_ha) - sum(areas)) <= 0.00005 * len(areas) + 1e-6


def test_an_extract_says_so_under_the_title_of_workbook_and_document():
    part = "盐边县（510422）"
    table = annex_table(sample.patches(3), province="四川省", extract=part)
    sheet, document = annex_workbook(table).active, annex_document(table)
    assert sheet["A3"].value.endswith(f"节选：仅含{part}范围内的图斑")
    texts = [p.text for p in document.paragraphs]
    assert texts[texts.index(table.title) + 1 :].count(table.extract_line) == 1
    assert "未发现" not in body_text(document)


def test_an_empty_extract_speaks_only_of_its_own_part():
    part = "盐边县（510422）"
    table = annex_table(sample.patches(0), province="四川省", extract=part)
    said = f"{part}范围内{ANNEX_1.nothing}"
    assert annex_workbook(table).active.cell(HEADER_ROW + 1, 1).value == said
    cells = [c.text for row in annex_document(table).tables[0].rows for c in row.cells]
    assert said in cells
    assert annex_table(sample.patches(0)).nothing == ANNEX_1.nothing


def test_a_long_row_of_annex_4_runs_over_the_page_under_a_repeated_head():
    rows = [CaseRow(f"WT-{n}", handling="责令停止；" * 400) for n in range(2)]
    table = annex_document(problem_table(rows)).tables[0]
    head, body = table.rows[:2], table.rows[2:]
    assert all(row._tr.xpath("./w:trPr/w:tblHeader") for row in head)
    assert len(body) == 2 and not any(row._tr.xpath("./w:trPr/w:cantSplit") for row in body)
