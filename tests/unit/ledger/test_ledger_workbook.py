"""Every book out to a workbook and back: nothing changes; and what is wrong is all told."""

from datetime import date

import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from ecoredline.codes import code_list
from ecoredline.errors import InputError, UnknownCode
from ecoredline.ledger import books, check_row, read_workbook, write_geopackage, write_workbook
from ecoredline.ledger.values import parse_cell
from ecoredline.ledger.workbook import SheetRow

WORDS = st.text("盐边县AB =-+@'7。", min_size=1, max_size=8).filter(lambda t: t.strip())
RAW = {
    "text": WORDS, "long": WORDS, "int": st.integers(0, 10**6), "year": st.integers(1950, 2100),
    "number": st.floats(-1e7, 1e7), "ha": st.floats(0, 1e6), "date": st.dates(date(1950, 1, 1)),
    "bool": st.sampled_from(["是", "否"]), "lon": st.floats(73, 135), "lat": st.floats(3, 53),
}  # fmt: skip


@st.composite
def sheet_rows(draw, book):
    found = []
    for number in range(draw(st.integers(0, 3))):
        cells = {
            c.name: draw(RAW[c.kind] if c.kind != "code" else st.sampled_from(list(code_list(c.codes))))
            for c in book.columns
        }  # fmt: skip
        values, faults = check_row(book, cells, 1)
        assert faults == []
        found.append(SheetRow(f"k{number}", "510422", date(2024, 1, 1), None, "文件", values))
    return found


@pytest.mark.parametrize("name", list(books()))
def test_out_and_back_changes_nothing(name, tmp_path):
    @settings(max_examples=4, deadline=None)
    @given(sheet_rows(books()[name]))
    def holds(rows):
        path = write_workbook(tmp_path / "b.xlsx", {name: rows}, notice="盐边县")
        found = read_workbook(path)
        assert found.faults == []
        assert [r.values for r in found.rows[name]] == [r.values for r in rows]
        assert [(r.key, r.county, r.valid_from) for r in found.rows[name]] == [
            (r.key, r.county, r.valid_from) for r in rows
        ]

    holds()


def test_the_declaration_is_whole():
    assert len({b.zh for b in books().values()}) == len({b.en for b in books().values()}) == 24
    for book in books().values():
        heads = [c.label() for c in book.columns]
        assert len(heads) == len(set(heads))
        assert len(book.zh) <= 31
        assert any(c.needed for c in book.columns)
        assert book.is_own or all(c.path for c in book.columns)


def test_every_fault_of_a_workbook_has_its_sheet_row_and_column(tmp_path):
    path = write_workbook(
        tmp_path / "b.xlsx", {"monitor_station": [SheetRow("", "510422")], "patrol": []}
    )
    book = load_workbook(path)
    sheet = book["监测点位台账"]
    heads = {c.value: c.column for c in sheet[3]}
    for head, value in (
        ("站点编号", "S1"),
        ("类型", "卫星"),
        ("经度", "200"),
        ("启用日期", "2024-13-01"),
    ):
        sheet.cell(4, heads[head], value)
    book["巡护台账"].cell(3, 6, "日子")
    book.create_sheet("别的")
    book.save(path)
    faults = {(f.sheet, f.row, f.column) for f in read_workbook(path).faults}
    assert faults == {
        ("监测点位台账", 4, h) for h in ("站点名称", "类型", "经度", "纬度", "启用日期")
    } | {("巡护台账", 3, "日子"), ("巡护台账", 3, "巡护日期"), ("别的", 1, "工作表")}


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("year", "2101"),
        ("year", "一九九九"),
        ("area_ha", "-1"),
        ("area_ha", "nan"),
        ("class_1", "x" * 301),
    ],
)
def test_a_bad_value_says_what_was_wanted(column, bad):
    with pytest.raises(ValueError, match="应"):
        parse_cell(books()["ecosystem_unit"].column(column), bad)


def test_what_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match="不是可读的"):
        read_workbook(tmp_path / "x.xlsx")
    with pytest.raises(UnknownCode, match="redline_patch"):
        from ecoredline.ledger import book

        book("redline")
    with pytest.raises(InputError, match="空间"):
        write_geopackage(tmp_path / "x.gpkg", {"letter": []})


def test_the_spatial_books_become_layers(tmp_path):
    values = {"number": "S1", "name": "一号", "kind": "water", "lon": 101.7, "lat": 26.6}
    rows = {
        "monitor_station": [SheetRow("k", "510422", values=values)],
        "redline_patch": [],
        "letter": [],
    }
    path = write_geopackage(tmp_path / "b.gpkg", rows)
    assert {name for name, _ in pyogrio.list_layers(path)} == {"monitor_station", "redline_patch"}
    frame = pyogrio.read_dataframe(path, layer="monitor_station")
    assert (frame["kind"][0], frame.geometry[0].x) == ("水文水质", 101.7)
