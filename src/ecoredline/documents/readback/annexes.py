"""Annexes 1, 2 and 4 read back from a workbook or a document, ours or filled by hand elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from openpyxl.utils import get_column_letter

from ecoredline.documents.problems import CaseRow
from ecoredline.documents.readback import values
from ecoredline.documents.readback.heads import (
    Head,
    field_of,
    fields,
    find_head,
    is_head_row,
    is_under_head,
)
from ecoredline.documents.readback.opening import RawCell, RawTable, open_package
from ecoredline.documents.readback.pages import document_tables
from ecoredline.documents.readback.reading import KINDS, Fault, Note, PatchRow, Reading
from ecoredline.documents.readback.sheets import NO_RESULT, sheet_tables
from ecoredline.documents.readback.values import CellFault, Parsed, half_width
from ecoredline.errors import InputError

LISTS = {"annex-1": "patches", "annex-2": "patches", "annex-4": "problems"}
SUBJECTS = (
    ("annex-1", "疑似生态破坏问题"),
    ("annex-2", "人类活动清单"),
    ("annex-4", "生态破坏问题清单"),
)
LABEL = re.compile(r"附件([124])(?!\d)")
TOTAL = re.compile(r"[(（]?(合计|总计|共计|小计)")
SUMMARY = re.compile(r"合计[:：]?(\d+)[个处].*?(?:面积([\d,]+(?:\.\d+)?)公顷)?[。.]?$")
NOTE_START = re.compile(
    r"(注[:：]?|备注[:：]|说明[:：]|填表|填报|审核|制表|联系|单位|日期|演示合成数据|\d+[.．、]\s*\D)"
)
NOTHING = re.compile(r"(未发现|无生态保护红线|本期无)")
SAME = {"同上", "〃", "″", '"', "”", "..", "同前"}
OTHER_DATUM = re.compile(
    r"(西安\s*80|北京\s*54|1980西安|1954北京|GCJ-?02|火星坐标|BD-?09|Xian\s*1980)", re.IGNORECASE
)
ERRORS = {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}
EMPTY = {"ids": (), "lon": None, "lat": None, "area": None, "lonlat": None}
ALONE = ("lon", "lat", "area_ha", "lonlat")  # a value that rows cannot share
READERS = {
    "id": values.number_text,
    "ids": values.number_list,
    "text": values.as_text,
    "activity": lambda raw: values.types(raw, "activity_types"),
    "problem": lambda raw: values.types(raw, "problem_types"),
    "lon": lambda raw: values.degrees(raw, "lon"),
    "lat": lambda raw: values.degrees(raw, "lat"),
}


@dataclass
class Gathered:
    """What has been read so far, over all tables of a file."""

    kind: str
    rows: list = field(default_factory=list)
    places: list[tuple[str, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)
    faulty: int = 0


def read_annex(source: Path | str | bytes | BinaryIO, *, kind: str = "") -> Reading:
    """Read annex 1, 2 or 4 from XLSX or DOCX tables.

    Parameters
    ----------
    source : a path, the bytes, or a binary stream.
    kind : annex-1, annex-2 or annex-4; by default what titles and headings say.

    Faults of the content are in the result, all of them, each with table, row, column, value
    and reason; `Reading.accept` gives the rows only when there are none. Raises `InputError`
    for a file that is refused as a whole (size, macros, old format, entities), `SourceError`.
    """
    if kind and kind not in KINDS:
        raise InputError(f"got kind {kind!r}; wanted one of {', '.join(KINDS)}")
    package = open_package(source)
    tables, hidden = (sheet_tables if package.is_workbook else document_tables)(package.data)
    found = [(t, h) for t in tables if (h := find_head(t, LISTS.get(kind, "")))]
    if not found:
        reason = "没有找到附件1、2或4的表头：请保留官方表头（图斑编号、问题编号等）"
        return Reading(kind, faults=(Fault("文件", None, "", "", reason),), is_demo=package.is_demo)
    kinds = [kind_of(t, h) for t, h in found]
    gathered = Gathered(kind or next(filter(None, kinds), ""))
    _settle_kind(gathered, kinds, found, asked=kind)
    gathered.notes += [Note(f"工作表“{n}”", None, "", "", "是隐藏的工作表，未读取") for n in hidden]
    _read_tables(gathered, tables, found, kinds)
    _no_rows(gathered)
    return Reading(
        gathered.kind,
        tuple(gathered.rows),
        tuple(gathered.faults),
        tuple(gathered.notes),
        tuple(gathered.places),
        title_of(found[0][0], found[0][1]),
        package.is_demo,
    )


def words_above(table: RawTable, head: Head) -> list[str]:
    """The lines over a table: of the document, of the sheet, and the sheet's own name."""
    lines = [*table.above, table.name if table.is_sheet else ""]
    for _, cells in table.rows[: head.first]:
        lines += list(dict.fromkeys(cell.words for cell in cells if cell.words))
    return [line for line in lines if line]


def title_of(table: RawTable, head: Head) -> str:
    """The line above the table that names an annex's subject."""
    lines = words_above(table, head)
    return next((line for line in lines if any(s in line for _, s in SUBJECTS)), "")


def kind_of(table: RawTable, head: Head) -> str:
    """Which annex a table is, by its headings, its title or its label; blank when unsaid."""
    if head.list_name == "problems":
        return "annex-4"
    for line in words_above(table, head):
        squeezed = re.sub(r"\s+", "", half_width(line))
        for kind, subject in SUBJECTS:
            if subject in squeezed:
                return kind
    for line in words_above(table, head):
        if label := LABEL.search(re.sub(r"\s+", "", half_width(line))):
            return f"annex-{label[1]}" if label[1] != "4" else ""
    return ""


def _settle_kind(gathered: Gathered, kinds: list[str], found: list, *, asked: str) -> None:
    """One file, one annex: what contradicts or stays unsaid is a fault."""
    said = sorted(set(kinds) - {""})
    names = "、".join(KINDS[k] for k in said)
    where = found[0][0].name
    if asked and said and asked not in said:
        reason = f"指定为{KINDS[asked]}，文件却是{names}"
        gathered.faults.append(Fault(where, None, "", "", reason))
    elif not asked and len(said) > 1:
        reason = f"文件含有{names}，请指定读取哪一个"
        gathered.faults.append(Fault("文件", None, "", "", reason))
    elif not asked and not said:
        reason = "看不出是附件1还是附件2（两表列名相同）：请保留标题，或指定读取哪一个"
        gathered.faults.append(Fault(where, None, "", "", reason))


def _read_tables(gathered: Gathered, tables: list[RawTable], found: list, kinds: list) -> None:
    """All tables in order; one without head and as wide as the last continues it."""
    heads = {id(t): (h, k) for (t, h), k in zip(found, kinds, strict=True)}
    last: Head | None = None
    for table in tables:
        head, kind = heads.get(id(table), (None, ""))
        gathered.notes += [Note(table.name, row, "", "", said) for row, said in table.remarks]
        if head and kind not in ("", gathered.kind):
            gathered.notes.append(Note(table.name, None, "", "", f"是{KINDS[kind]}，未读取"))
        elif head:
            last = head
            _check_head(gathered, table, head)
            _read_rows(gathered, table, head, table.rows[head.last + 1 :])
        elif last and table.rows and len(table.rows[0][1]) == _width(last):
            gathered.notes.append(Note(table.name, None, "", "", "没有表头，按上一表的续表读取"))
            _read_rows(gathered, table, last, table.rows)
        elif table.rows:
            gathered.notes.append(Note(table.name, None, "", "", "没有附件的表头，未读取"))


def _width(head: Head) -> int:
    return max([*head.columns.values(), *head.labels]) + 1


def _check_head(gathered: Gathered, table: RawTable, head: Head) -> None:
    """What is wrong or remarkable with the head, and a datum that is not CGCS2000."""
    row = table.rows[head.last][0]
    for column, reason in head.faults:
        gathered.faults.append(Fault(table.name, row, _column(table, head, column), "", reason))
    for column, reason in head.notes:
        gathered.notes.append(Note(table.name, row, _column(table, head, column), "", reason))
    for line in [*words_above(table, head), *head.labels.values()]:
        if OTHER_DATUM.search(line):
            reason = "坐标系不是CGCS2000：请先转换坐标再提交"
            gathered.faults.append(Fault(table.name, None, "", line, reason))


def _column(table: RawTable, head: Head, column: int | None) -> str:
    """A column as a person finds it, with its heading."""
    if column is None:
        return ""
    place = f"{get_column_letter(column + 1)}列" if table.is_sheet else f"第{column + 1}列"
    return f"{place} {head.labels.get(column, '')}".strip()


def _read_rows(gathered: Gathered, table: RawTable, head: Head, rows: list) -> None:
    """The rows under a head: data, and what is none (repeated heads, totals, notes, blanks)."""
    before: dict[str, object] = {}
    start, areas = len(gathered.rows), Decimal("0.0000")
    faulty = gathered.faulty
    for number, cells in rows:
        aside = _aside(cells, head)
        if aside is None:
            made = _Row(gathered, table, head, number, cells, before).read()
            if made is not None:
                gathered.rows.append(made)
                gathered.places.append((table.name, number))
            continue
        words, reason = aside
        gathered.notes.append(Note(table.name, number, "", words, reason))
        if reason == "合计行，未读取" and gathered.faulty == faulty:
            own = gathered.rows[start:]
            areas = sum((getattr(r, "area_ha", None) or 0 for r in own), Decimal("0.0000"))
            _check_total(gathered, table, head, number, cells, len(own), areas)


def _aside(cells: list[RawCell], head: Head) -> tuple[str, str] | None:
    """(words, why it is no data) of a row that is none; None for a row of data."""
    words = list(dict.fromkeys(c.words for c in cells if c.words))
    if not words:
        return "", "空白行，未读取"
    if is_head_row(cells, head.list_name) or is_under_head(cells):
        return words[0], "重复的表头，未读取"
    first = re.sub(r"\s+", "", words[0])
    if TOTAL.match(first):
        return words[0], "合计行，未读取"
    if len(words) == 1 and NOTHING.search(first):
        return words[0], "说明没有内容的行，未读取"
    across = sum(bool(c.words) for c in cells) >= 2
    if len(words) == 1 and (across or NOTE_START.match(first)):
        return words[0], "表后的说明，未读取"
    return _hardly_filled(cells, head, words)


def _hardly_filled(cells: list[RawCell], head: Head, words: list[str]) -> tuple[str, str] | None:
    """A row that only bears a running number, a merged cell from above, or one stray word."""
    own = [name for name, i in head.columns.items() if i < len(cells) and _is_own(cells[i])]
    if not own:
        return words[0], "只有序号或上面的合并单元格，未读取"
    if len(own) == 1 and own[0] not in ("number", "patch_id"):
        return words[-1], "只有一格有字的行，未读取"
    return None


def _is_own(cell: RawCell) -> bool:
    return bool(cell.words) and not cell.below


def _check_total(gathered, table, head: Head, number: int, cells, count: int, area) -> None:
    """A total beside the rows must be theirs: count and area of our own line, area of a column."""
    first = re.sub(r"\s+", "", half_width(next(c.words for c in cells if c.words)))
    if first.startswith("小计"):
        return
    said_count, said_area = None, None
    if summary := SUMMARY.match(first):
        said_count = int(summary[1])
        said_area = Decimal(summary[2].replace(",", "")) if summary[2] else None
    column = head.columns.get("area_ha")
    if said_area is None and column is not None and column < len(cells):
        try:
            said_area = values.area_ha(cells[column].value, head.unit).value
        except CellFault:
            said_area = None
    if said_count is not None and said_count != count:
        reason = f"合计个数与表中{count}行不一致"
        gathered.faults.append(Fault(table.name, number, "", str(said_count), reason))
    slack = Decimal(0) if head.unit == "ha" else Decimal("0.0001") * max(1, count)
    if head.list_name == "patches" and said_area is not None and abs(said_area - area) > slack:
        reason = f"合计面积与各行之和{area}公顷不一致"
        gathered.faults.append(Fault(table.name, number, "", f"{said_area}公顷", reason))


@dataclass
class _Row:
    """One row of data on its way to a typed row; every fault of it is gathered."""

    gathered: Gathered
    table: RawTable
    head: Head
    number: int
    cells: list[RawCell]
    before: dict[str, object]
    failed: bool = False

    def read(self) -> PatchRow | CaseRow | None:
        """The typed row, or None when anything in it is wrong."""
        made = {name: self._value(name, row) for name, row in fields(self.head.list_name).items()}
        both = made.pop("lonlat")
        if both:
            made["lon"], made["lat"] = both
        self._check_place(made)
        self._check_number(made)
        if self.failed:
            self.gathered.faulty += 1
            return None
        self.before.update(made)
        return (CaseRow if self.head.list_name == "problems" else PatchRow)(**made)

    def _cell(self, name: str) -> RawCell:
        column = self.head.columns.get(name)
        return RawCell() if column is None or column >= len(self.cells) else self.cells[column]

    def _value(self, name: str, row: dict):
        """One field's value, its conversions noted; None or blank when it has a fault."""
        empty = EMPTY.get(row["kind"], "")
        if name not in self.head.columns:
            return empty
        cell = self._cell(name)
        try:
            return self._parsed(name, row, cell)
        except CellFault as fault:
            self._fault(name, str(fault))
            return empty

    def _parsed(self, name: str, row: dict, cell: RawCell):
        """The value of a cell by its kind; raises `CellFault`."""
        if cell.value is NO_RESULT:
            raise CellFault("公式没有计算结果：请在 Excel 或 WPS 中打开并保存一次")
        if cell.words in ERRORS:
            raise CellFault("是公式的错误值：请改正后再提交")
        if cell.below and name in ALONE and cell.words:
            raise CellFault("合并单元格跨多行，坐标或面积不能共用：请逐行填写")
        if cell.words in SAME and row["kind"] in ("name", "text"):
            self._note(name, f"按上一行读作“{self.before.get(name, '')}”")
            return self.before.get(name, "")
        if not cell.words and row["blank"] != "ok":
            if row["blank"] == "fault":
                raise CellFault(f"缺少{row['zh']}")
            self._note(name, "是空白")
        found = self._reader(row)(cell.value)
        if row["kind"] == "lonlat":
            for part in found:
                self._notes(name, part)
            return tuple(part.value for part in found)
        self._notes(name, found)
        return found.value

    def _reader(self, row: dict):
        """The reader of a field's kind."""
        if row["kind"] == "area":
            return lambda raw: values.area_ha(raw, self.head.unit)
        if row["kind"] == "lonlat":
            return values.both_degrees
        if row["field"] == "patch_id":
            return values.patch_number
        if row["kind"] == "name":
            return values.number_text
        return READERS[row["kind"]]

    def _check_place(self, made: dict) -> None:
        """Both coordinates together must lie in China."""
        if made["lon"] is None or made["lat"] is None:
            return
        if reason := values.place_fault(made["lon"], made["lat"]):
            name = "lonlat" if "lonlat" in self.head.columns else "lon"
            outside = values.CHINA["lon"][0] <= made["lon"] <= values.CHINA["lon"][1]
            self._fault("lat" if outside and name == "lon" else name, reason)

    def _check_number(self, made: dict) -> None:
        """A number stands once in a file."""
        name = "number" if self.head.list_name == "problems" else "patch_id"
        number = made[name]
        if not number:
            return
        if number in self.gathered.numbers:
            table, row = self.gathered.numbers[number]
            self._fault(name, f"与{table}第{row}行重复")
        self.gathered.numbers.setdefault(number, (self.table.name, self.number))

    def _notes(self, name: str, found: Parsed) -> None:
        for said in found.notes:
            self._note(name, said)

    def _note(self, name: str, said: str) -> None:
        self.gathered.notes.append(Note(*self._place(name), said))

    def _fault(self, name: str, reason: str) -> None:
        self.failed = True
        self.gathered.faults.append(Fault(*self._place(name), reason))

    def _place(self, name: str) -> tuple[str, int, str, str]:
        column = _column(self.table, self.head, self.head.columns.get(name))
        value = self._cell(name).value
        shown = "" if value is None or value is NO_RESULT else str(value)
        return self.table.name, self.number, column, shown


def _no_rows(gathered: Gathered) -> None:
    """A list without rows is whole, but said."""
    if not gathered.rows and not gathered.faults:
        gathered.notes.append(Note("文件", None, "", "", "清单没有数据行"))


def rows_with_faults(reading: Reading) -> Iterator[tuple[str, int]]:
    """The places of rows that have a fault, each once, in order."""
    yield from dict.fromkeys((f.table, f.row) for f in reading.faults if f.row is not None)


__all__ = ["field_of", "read_annex", "rows_with_faults"]
