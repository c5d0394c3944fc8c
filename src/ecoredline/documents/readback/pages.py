"""Tables of a document: merged cells filled, tracked changes as if accepted."""

import io
from functools import cache

from docx import Document
from docx.oxml.ns import qn as qualified

from ecoredline.documents.readback.opening import (
    MOST_COLUMNS,
    SAVE_AGAIN,
    RawCell,
    RawTable,
    too_many_rows,
)
from ecoredline.errors import InputError

LINES_ABOVE = 6
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

qn = cache(qualified)  # asked very often for a long list
TEXT, PARAGRAPH = qn("w:t"), qn("w:p")
MARKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t"}
UNREAD = {FALLBACK, *(qn(f"w:{n}") for n in ("del", "moveFrom", "pPr", "rPr", "tcPr"))}


def document_tables(data: bytes) -> tuple[list[RawTable], list[str]]:
    """The tables of a checked document with the lines above each; nothing is ever hidden."""
    try:
        body = Document(io.BytesIO(data)).element.body
    except Exception as fault:  # python-docx raises nearly everything for a strange file
        raise InputError(f"文档不能打开（{type(fault).__name__}）：{SAVE_AGAIN}") from fault
    tables, above, count = [], [], 0
    for element in _flat(body):
        if element.tag == qn("w:p"):
            above.append(words_of(element))
        elif element.tag == qn("w:tbl"):
            lines = [line for line in above if line][-LINES_ABOVE:]
            tables.append(_table(element, len(tables) + 1, lines))
            count += len(tables[-1].rows)
            too_many_rows(count)
            above = []
    return tables, []


def _flat(parent):
    """Children, with content controls opened."""
    for child in parent:
        if child.tag == qn("w:sdt"):
            content = child.find(qn("w:sdtContent"))
            yield from _flat(content) if content is not None else ()
        elif child.tag in (qn("w:ins"), qn("w:moveTo"), qn("w:customXml")):
            yield from _flat(child)
        else:
            yield child


def _table(element, number: int, above: list[str]) -> RawTable:
    """One table as a grid; a row's number is its place in the table, as a person counts."""
    table = RawTable(f"表{number}", [], above, is_sheet=False)
    held: dict[int, RawCell] = {}
    place = 0
    for row in _flat(element):
        if row.tag != qn("w:tr"):
            continue
        place += 1
        if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
            table.remarks.append((place, "该行在修订中被删除，未读取"))
            continue
        cells = _row(row, held)
        if any(cell.words for cell in cells):
            table.rows.append((place, cells))
        if any(True for _ in row.iter(qn("w:ins"), qn("w:del"))):
            table.remarks.append((place, "含修订痕迹，按接受修订后的内容读取"))
    return table


def _row(row, held: dict[int, RawCell]) -> list[RawCell]:
    """The cells of a row on the table's grid; `held` are the vertically merged ones above."""
    cells = [RawCell() for _ in range(_number(row, "w:trPr/w:gridBefore", 0))]
    for cell in _flat(row):
        if cell.tag != qn("w:tc"):
            continue
        span = max(1, _number(cell, "w:tcPr/w:gridSpan", 1))
        if len(cells) + span > MOST_COLUMNS:
            raise InputError(f"表格多于{MOST_COLUMNS}列：请删去清单以外的列")
        merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
        column = len(cells)
        if merge is not None and merge.get(qn("w:val"), "continue") == "continue":
            said, below = held.get(column, RawCell()).value, True
        else:
            said, below = words_of(cell), False
            held.pop(column, None)
            if merge is not None:
                held[column] = RawCell(said)
        cells += [RawCell(said or None, below, beside=i > 0) for i in range(span)]
    return cells


def _number(element, path: str, otherwise: int) -> int:
    """The number of a property, within bounds."""
    found = element.find("/".join(qn(step) for step in path.split("/")))
    said = found.get(qn("w:val"), "") if found is not None else ""
    return min(int(said), MOST_COLUMNS + 1) if said.isascii() and said.isdigit() else otherwise


def words_of(element) -> str:
    """The text of a paragraph or a cell: insertions in, deletions out, lines kept."""
    said, stack = [], [element]
    while stack:
        item = stack.pop()
        tag = item.tag
        if tag == TEXT:
            said.append(item.text or "")
        elif tag in MARKS:
            said.append(MARKS[tag])
        elif tag not in UNREAD:
            if tag == PARAGRAPH and said:
                said.append("\n")
            stack.extend(reversed(item))
    return "".join(said).strip()
