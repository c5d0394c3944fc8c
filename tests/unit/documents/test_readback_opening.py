"""What is refused before a library opens it, and what a strange file costs: one sentence."""

import io
import zipfile

import openpyxl
import pytest
from docx import Document
from openpyxl.utils import get_column_letter

from ecoredline.documents.official import ANNEX_COLUMNS
from ecoredline.documents.readback import opening, read_annex
from ecoredline.errors import InputError, SourceError

TITLE = "四川省生态保护红线疑似生态破坏问题"
ROW = ["甲-1", "四川省", "攀枝花市", "盐边县", 101.5, 26.9, "", 1, "", "", ""]


def saved(made) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def book():
    made = openpyxl.Workbook()
    for row in ([TITLE], list(ANNEX_COLUMNS), ROW):
        made.active.append(row)
    return made


def changed(data: bytes, name: str, change) -> bytes:
    """The same package with one part changed or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        names = old.namelist()
        for part in names if name in names else [*names, name]:
            said = old.read(part) if part in names else b""
            new.writestr(part, change(said) if part == name else said)
    return out.getvalue()


def doctype(part: bytes) -> bytes:
    entity = b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hostname">]>'
    start = part.find(b"?>") + 2 if part.startswith(b"<?xml") else 0
    return part[:start] + entity + part[start:]


def as_utf16(part: bytes) -> bytes:
    said = part.decode("utf-8").replace("UTF-8", "UTF-16").replace("utf-8", "UTF-16")
    return doctype(said.encode()).decode().encode("utf-16")


SHEET = "xl/worksheets/sheet1.xml"
REFUSED = {
    "旧版": opening.OLE + b"\0" * 600,
    "不是完整的": b"PK\x03\x04 cut off",
    "文档类型声明": changed(saved(book()), SHEET, doctype),
    "含有宏": changed(saved(book()), "xl/vbaProject.bin", lambda p: b"x"),
    "解压后过大": changed(saved(book()), "xl/media/a.xml", lambda p: b" " * (97 << 20)),
    "合并单元格过大": changed(
        saved(book()), SHEET,
        lambda p: p.replace(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
    ),
    "工作簿不能打开": changed(saved(book()), SHEET, lambda p: p[: len(p) // 2]),
    "少见的编码": changed(saved(book()), SHEET, lambda p: b'<?xml version="1.0" encoding="UTF-7"?>' + p),
}  # fmt: skip
REFUSED["没有工作簿或文档"] = None  # made below


def empty_package() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
    return out.getvalue()


@pytest.mark.parametrize("reason", REFUSED)
def test_a_dangerous_or_broken_file_is_refused_in_words(reason):
    with pytest.raises(InputError, match=reason):
        read_annex(REFUSED[reason] or empty_package())


def test_entities_in_another_encoding_are_found_too():
    with pytest.raises(InputError, match="文档类型声明"):
        read_annex(changed(saved(book()), SHEET, as_utf16))
    document = Document()
    with pytest.raises(InputError, match="文档类型声明"):
        read_annex(changed(saved(document), "word/document.xml", doctype))


def test_macros_are_known_by_the_content_type_too():
    kind = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    with pytest.raises(InputError, match="含有宏"):
        read_annex(changed(saved(book()), "[Content_Types].xml", lambda p: p.replace(plain, kind)))


def test_size_rows_and_columns_are_bounded(monkeypatch, tmp_path):
    data = saved(book())
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MOST_BYTES", len(data) - 1)
        with pytest.raises(InputError, match="超过"):
            read_annex(io.BytesIO(data))
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MOST_ROWS", 2)
        with pytest.raises(InputError, match="超过2行"):
            read_annex(data)
    wide = book()
    wide.active[f"{get_column_letter(61)}3"] = "x"
    with pytest.raises(InputError, match="61列"):
        read_annex(saved(wide))
    with pytest.raises(SourceError):
        read_annex(tmp_path / "nowhere.xlsx")


def test_a_hidden_sheet_is_left_out_and_said():
    made = book()
    made.create_sheet("旧表").append(["x"])
    made["旧表"].sheet_state = "hidden"
    reading = read_annex(saved(made))
    assert len(reading.accept()) == 1
    assert any("旧表" in str(n) and "隐藏" in str(n) for n in reading.notes)


def test_tracked_changes_are_read_as_accepted():
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = Document()
    document.add_paragraph(TITLE)
    table = document.add_table(rows=2, cols=11)
    for row, values in zip(table.rows, (ANNEX_COLUMNS, ROW), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = str(value)
    paragraph = table.cell(1, 6).paragraphs[0]._p
    w = nsdecls("w")
    paragraph.append(parse_xml(f"<w:ins {w}><w:r><w:t>新写</w:t></w:r></w:ins>"))
    paragraph.append(parse_xml(f"<w:del {w}><w:r><w:delText>旧写</w:delText></w:r></w:del>"))
    reading = read_annex(saved(document))
    assert [r.position for r in reading.accept()] == ["新写"]
    assert any("修订痕迹" in str(n) for n in reading.notes)
