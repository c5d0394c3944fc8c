"""Tables of CSV and XLSX as rows with their numbers, and small readings of cells."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook

from ecoredline.errors import InputError, SourceError
from ecoredline.files import as_text, read_bytes
from ecoredline.vector.unpack import check_workbook, rows_of

DAY = re.compile(r"^((?:19|20|21)\d\d)\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?$")
PLAIN_DAY = re.compile(r"^((?:19|20|21)\d\d)(\d\d)(\d\d)$")
# What XML 1.0 cannot hold, so that no workbook can: a text without it comes back as it went.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Fault:
    """What is wrong in a cell: row of the file (0: all), column head, what was found, why; sheet if any."""

    row: int
    column: str
    value: str
    reason: str
    sheet: str = ""

    def __str__(self):
        place = f"{self.sheet}：" if self.sheet else ""
        where = f"第{self.row}行" if self.row else "整个文件"
        got = f"“{self.value}”" if self.value else ""
        return f"{place}{where}“{self.column}”{got}：{self.reason}"


@dataclass
class Table:
    """Column heads, and rows as (number in the file, head → cell)."""

    heads: list[str]
    rows: list[tuple[int, dict]]


def read_rows(path: Path | str) -> Table:
    """The first table of a CSV (UTF-8 or GBK) or XLSX: heads in the first row that is not blank.

    Raises `InputError` when the file is neither.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return table_of(enumerate(csv.reader(io.StringIO(csv_text(path))), 1))
    check_workbook(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as fault:
        raise InputError(f"不是可读的 XLSX 文件（{fault}）；请另存为 .xlsx 或 .csv") from fault
    sheet = book.worksheets[0]
    found = table_of(enumerate(rows_of(sheet, path.name), 1))
    book.close()
    return found


def csv_text(path: Path) -> str:
    """The text of a CSV, by the first encoding that fits."""
    try:
        return as_text(read_bytes(path), path.name)
    except SourceError as fault:
        raise InputError("CSV 的文字编码既不是 UTF-8 也不是 GBK；请另存为 UTF-8") from fault


def table_of(numbered) -> Table:
    """Heads and rows out of numbered lines of cells; blank lines are skipped."""
    heads, rows = None, []
    for number, cells in numbered:
        if all(as_words(c) == "" for c in cells):
            continue
        if heads is None:
            heads = [as_words(c) for c in cells]
        else:
            rows.append((number, {h: c for h, c in zip(heads, cells, strict=False) if h}))
    return Table([h for h in heads or [] if h], rows)


def as_words(value) -> str:
    """A cell as text; whole numbers without a point.

    >>> as_words(510422.0), as_words(None), as_words(" 盐边 ")
    ('510422', '', '盐边')
    """
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        value = value.date()
    words = NOT_IN_XML.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return words.strip(" \t\n\u3000")


def as_day(value) -> date:
    """A cell as a day; raises `ValueError` that says how it should be written.

    >>> as_day("2026年3月5日"), as_day("20260305")
    (datetime.date(2026, 3, 5), datetime.date(2026, 3, 5))
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = DAY.match(as_words(value)) or PLAIN_DAY.match(as_words(value))
    if not found:
        raise ValueError("应为日期，如 2026-03-05")
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        raise ValueError("没有这一天；应为日期，如 2026-03-05") from None
