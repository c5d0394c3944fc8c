"""A workbook with one sheet a ledger, and reading it back: every fault, by sheet, row and column."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.ledger.declare import Book, books
from ecoredline.ledger.sheets import NOT_IN_XML, Fault, as_day, as_words
from ecoredline.ledger.values import cell_of, check_row
from ecoredline.vector.unpack import check_workbook, rows_of

KEY_HEAD, COUNTY_HEAD = "行标识", "县级区划代码"
FROM_HEAD, TO_HEAD, SOURCE_HEAD = "生效日期", "失效日期", "来源文件"
OWN_HEADS = (KEY_HEAD, COUNTY_HEAD, FROM_HEAD, TO_HEAD, SOURCE_HEAD)
COVER = "说明"
HEAD_ROW = 3  # notice, book's name, heads
NOT_OFFICIAL = (
    "台账名称与字段为 EcoRedline 自拟；官方台账的字段名称和编码未见公开，本表不作为官方格式"
)
FORMATS = {"ha": "0.0000", "lon": "0.000000", "lat": "0.000000", "date": "yyyy-mm-dd"}
HEAD_FILL = PatternFill("solid", fgColor="E3EEE8")


@dataclass
class SheetRow:
    """A row as a book has it: its key, county, days, source document, and values by column name."""

    key: str
    county: str
    valid_from: object = None
    valid_to: object = None
    source_doc: str = ""
    values: dict = field(default_factory=dict)
    geometry: object = None  # shapely, EPSG:4490
    number: int = 0  # of its line in a file that was read
    told: frozenset | None = None  # the columns its file had; None: all
    is_shaped: bool = False  # does its file say what its geometry is?


@dataclass
class BookReading:
    """What a workbook says: rows by book, and every fault."""

    rows: dict[str, list[SheetRow]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def sheet_name(book: Book) -> str:
    """The sheet of a book: at most 31 characters, none that Excel forbids."""
    return re.sub(r"[\[\]:*?/\\]", "", book.zh)[:31]


def write_workbook(path: Path | str, rows: dict[str, list[SheetRow]], *, notice: str = "") -> Path:
    """Write the books in `rows` (name → rows), each on its sheet, behind a cover; whole or not at all.

    `notice` (whose, as of which day, demo) stands on every sheet.
    """
    made = Workbook(write_only=True)
    cover = made.create_sheet(COVER)
    cover.column_dimensions["A"].width, cover.column_dimensions["B"].width = 30, 90
    for line in (["EcoRedline 生态保护红线台账", ""], [notice, ""], [NOT_OFFICIAL, ""], [],
                 ["台账", "说明"]):  # fmt: skip
        cover.append([words_cell(cover, c) for c in line])
    for name, found in rows.items():
        book = books()[name]
        cover.append(
            [words_cell(cover, book.zh), words_cell(cover, f"{len(found)} 行。{book.help_zh}")]
        )
        write_sheet(made.create_sheet(sheet_name(book)), book, found, notice)
    with whole_file(path) as part:
        made.save(part)
    return Path(path)


def write_sheet(sheet, book: Book, rows: list[SheetRow], notice: str) -> None:
    """One book."""
    heads = [*OWN_HEADS, *(c.label() for c in book.columns)]
    for index, head in enumerate(heads, 1):
        width = min(max(len(head) * 2 + 2, 12), 40)
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.freeze_panes = f"B{HEAD_ROW + 1}"
    sheet.append([words_cell(sheet, notice)])
    said = "" if book.is_own else "（由业务数据生成，此处只读；修改请到来源页面）"
    sheet.append([words_cell(sheet, f"{book.zh}{said}")])
    sheet.append([head_cell(sheet, h) for h in heads])
    for row in rows:
        cells = [words_cell(sheet, row.key), words_cell(sheet, row.county)]
        cells += [row.valid_from, row.valid_to, words_cell(sheet, row.source_doc)]
        for column in book.columns:
            value = cell_of(column, row.values.get(column.name))
            cells.append(formatted(sheet, column.kind, value))
        sheet.append(cells)


def formatted(sheet, kind: str, value):
    """A cell with the number format of its kind; text stays text whatever it begins with."""
    if isinstance(value, str):
        return words_cell(sheet, value)
    made = WriteOnlyCell(sheet, value)
    if kind in FORMATS:
        made.number_format = FORMATS[kind]
    return made


def words_cell(sheet, words: str):
    """A cell of text."""
    made = WriteOnlyCell(sheet, NOT_IN_XML.sub("", str(words)) or None)
    if made.value is not None:
        made.data_type = "s"
    return made


def head_cell(sheet, words: str):
    """A cell of the head."""
    made = words_cell(sheet, words)
    made.font, made.fill = Font(bold=True), HEAD_FILL
    return made


def read_workbook(path: Path | str, only: str = "") -> BookReading:
    """Read the sheets that bear a ledger's name; every fault with sheet, row and column.

    `only` takes one book's sheet. Raises `InputError` when the file is no workbook or has no
    ledger's sheet.
    """
    check_workbook(Path(path))
    try:
        made = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as fault:
        raise InputError(f"不是可读的 XLSX 文件（{fault}）；请用本平台导出的工作簿填写") from fault
    known = {sheet_name(b): b for b in books().values() if not only or b.name == only}
    found = BookReading()
    for sheet in made.worksheets:
        if sheet.title in known:
            read_sheet(sheet, known[sheet.title], found)
        elif sheet.title != COVER and not only:
            found.faults.append(Fault(1, "工作表", sheet.title, "没有这本台账", sheet.title))
    made.close()
    if not found.rows and not found.faults:
        have = "、".join(s.title for s in made.worksheets)
        raise InputError(f"工作簿中有工作表：{have}；没有台账 {'、'.join(known)} 的工作表")
    return found


def read_sheet(sheet, book: Book, found: BookReading) -> None:
    """One book's rows into the reading."""
    names = {c.label(): c.name for c in book.columns}
    heads: list[str] = []
    found.rows[book.name] = []
    for number, cells in enumerate(rows_of(sheet, book.zh), 1):
        if number < HEAD_ROW or all(as_words(c) == "" for c in cells):
            continue
        if number == HEAD_ROW:
            heads = [as_words(c) for c in cells]
            lacking = [h for h in names if h not in heads]
            strange = [h for h in heads if h and h not in names and h not in OWN_HEADS]
            for words, reason in ((lacking, "缺少这一列"), (strange, "没有这一列")):
                found.faults += [Fault(number, h, "", reason, sheet.title) for h in words]
            continue
        row = dict(zip(heads, cells, strict=False))
        found.rows[book.name].append(read_row(row, names, book, number, sheet.title, found.faults))


def read_row(row: dict, names: dict, book: Book, number: int, sheet: str, faults: list) -> SheetRow:
    """One line."""
    cells = {names[h]: v for h, v in row.items() if h in names}
    values, wrong = check_row(book, cells, number, sheet)
    if book.is_own:
        faults.extend(wrong)
    made = SheetRow(
        as_words(row.get(KEY_HEAD)), as_words(row.get(COUNTY_HEAD)),
        source_doc=as_words(row.get(SOURCE_HEAD)), values=values, number=number,
    )  # fmt: skip
    read_days(made, row, number, sheet, faults)
    return made


def read_days(made: SheetRow, row: dict, number: int, sheet: str, faults: list) -> None:
    """The first day of a row and the day it ended."""
    for head, field_name in ((FROM_HEAD, "valid_from"), (TO_HEAD, "valid_to")):
        word = as_words(row.get(head))
        try:
            setattr(made, field_name, as_day(row.get(head)) if word else None)
        except ValueError as fault:
            faults.append(Fault(number, head, word, str(fault), sheet))


def fingerprint(values: dict) -> str:
    """SHA-256 of a row's values, whatever their order.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    body = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(body.encode()).hexdigest()
