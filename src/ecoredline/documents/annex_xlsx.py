"""An annex as a workbook: one landscape A4 sheet, numbers as numbers, text as text."""

import math
import unicodedata
from collections.abc import Sequence
from copy import copy

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ecoredline.record import DEMO_NOTICE

HEADER_ROW = 4  # label, title, unit, then the table
LINE_PT = 14.0
MAX_ROW_PT = 409.0  # what a spreadsheet row can be at most
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MARGINS_INCH = {"left": 0.6, "right": 0.6, "top": 0.7, "bottom": 0.7, "header": 0.3, "footer": 0.35}


def annex_workbook(table) -> Workbook:
    """Build the workbook of an `AnnexTable` or a `ProblemTable`: header frozen and repeated, print area set.

    Text that looks like a formula stays text, whatever a name on the map may say.

    >>> from ecoredline.documents.annex import ANNEX_1, AnnexTable
    >>> annex_workbook(AnnexTable(ANNEX_1, "四川省", ())).active["A2"].value
    '四川省生态保护红线疑似生态破坏问题'
    """
    book = Workbook()
    sheet = book.active
    sheet.title = table.annex.label
    book.properties.title, book.properties.creator = table.title, "EcoRedline"
    book.properties.subject = DEMO_NOTICE if table.is_demo else ""
    _head(sheet, table)
    last = _rows(sheet, table)
    _foot(sheet, table, last + 1)
    _print_setup(sheet, table, last)
    return book


def _head(sheet: Worksheet, table) -> None:
    """Annex label, title, demo notice, extract and caution with the units, and the labels."""
    layout = table.layout
    for index, width in enumerate(layout.widths, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    _line(sheet, 1, layout, table.annex.label, Font("黑体", 16), height=24)
    centred = Alignment("center", "center")
    _line(sheet, 2, layout, table.title, Font("宋体", 20, bold=True), centred, 34)
    notices = (DEMO_NOTICE if table.is_demo else "", table.extract_line, table.caution)
    said = "　".join(filter(None, notices))
    sheet.merge_cells(f"A3:{get_column_letter(layout.notice_columns)}3")
    notice = sheet.cell(3, 1, said or None)
    notice.font = Font("黑体", 12, bold=True, color="C00000")
    notice.alignment = Alignment("left", "center", shrink_to_fit=True)
    unit = sheet.cell(3, len(layout.columns), layout.unit_line)
    unit.font, unit.alignment = Font("宋体", 10), Alignment("right", "center")
    _labels(sheet, layout)
    sheet.freeze_panes = sheet.cell(HEADER_ROW + layout.head_rows, 2)


def _labels(sheet: Worksheet, layout) -> None:
    """The labels; where some stand under a group, the others span both rows of the head."""
    style = _table_style("label", bold=True, wrap="center")
    last = HEADER_ROW + layout.head_rows - 1
    for row in range(HEADER_ROW, last + 1):
        for index in range(len(layout.columns)):
            sheet.cell(row, index + 1).style = style if row == HEADER_ROW and not index else "label"
        sheet.row_dimensions[row].height = 34 if row == last else 20
    for index, words in enumerate(layout.columns):
        grouped = layout.group_of(index)
        sheet.cell(last if grouped else HEADER_ROW, index + 1).value = words
        if layout.groups and not grouped:
            sheet.merge_cells(None, HEADER_ROW, index + 1, last, index + 1)
    for first, end, words in layout.groups:
        sheet.cell(HEADER_ROW, first + 1).value = words
        sheet.merge_cells(None, HEADER_ROW, first + 1, HEADER_ROW, end)


def _rows(sheet: Worksheet, table) -> int:
    """The rows of the table; returns the number of its last sheet row."""
    layout = table.layout
    first = HEADER_ROW + layout.head_rows
    if not table.rows:
        _line(sheet, first, layout, table.nothing, height=30)
        for index in range(1, len(layout.columns) + 1):
            sheet.cell(first, index).style = "label"
        sheet.cell(first, 1).font = Font("宋体", 11)
        return first
    patterns = _patterns(sheet, layout)
    for number, values in enumerate(table.rows, start=first):
        for index, value in enumerate(values):
            put(sheet.cell(number, index + 1), value, patterns[index])
        sheet.row_dimensions[number].height = row_height(values, layout.widths)
    return first + len(table.rows) - 1


def put(cell, value, pattern) -> None:
    """Write one value: numbers stay numbers, text is never taken for a formula."""
    cell._style = copy(pattern._style)
    if isinstance(value, str):
        cell.value = value or None
        if value.startswith(FORMULA_STARTS):
            cell.data_type, cell.quotePrefix = "s", True
    elif value is not None:
        cell.value = float(value)


def _patterns(sheet: Worksheet, layout) -> list[WriteOnlyCell]:
    """One styled cell a column; copying its style is far quicker than setting it."""
    patterns = []
    for index, align in enumerate(layout.aligns):
        cell = WriteOnlyCell(sheet)
        name = f"row_{index}"
        style = _table_style(name, wrap=align)
        style.number_format = layout.formats.get(index, "@")
        sheet.parent.add_named_style(style)
        cell.style = name
        patterns.append(cell)
    return patterns


def _table_style(name: str, *, bold: bool = False, wrap: str = "center") -> NamedStyle:
    """A style of the table: thin box, wrapped text."""
    thin = Side("thin", color="000000")
    return NamedStyle(
        name,
        Font("黑体" if bold else "宋体", 10),
        alignment=Alignment(wrap, "center", wrap_text=True),
        border=Border(thin, thin, thin, thin),
        number_format="@",
    )


def _foot(sheet: Worksheet, table, row: int) -> None:
    """The official notes word by word, then count and total outside the official table."""
    wrapped = Alignment("left", "top", wrap_text=True)
    layout = table.layout
    lines = [*layout.notes, table.summary]
    if table.is_demo:
        lines.append(
            f"{DEMO_NOTICE}：图斑、红线与行政区界线均为演示而制作，不得作为执法或移交依据。"
        )
    for words in lines:
        height = LINE_PT * math.ceil(display_width(words) / (sum(layout.widths) * 0.92)) + 3
        _line(sheet, row, layout, words, Font("宋体", 10), wrapped, height)
        row += 1


def _line(
    sheet: Worksheet, row: int, layout, words: str, font=None, alignment=None, height=None
) -> None:
    """One line across all columns."""
    sheet.merge_cells(f"A{row}:{_last(layout)}{row}")
    cell = sheet.cell(row, 1, words)
    cell.data_type = "s"  # a title is text too, whatever sign it begins with
    if font:
        cell.font = font
    if alignment:
        cell.alignment = alignment
    sheet.row_dimensions[row].height = height


def _last(layout) -> str:
    """Letter of the last column."""
    return get_column_letter(len(layout.columns))


def _print_setup(sheet: Worksheet, table, last_row: int) -> None:
    """Landscape A4, one page wide, header row repeated, page numbers, demo notice on each page."""
    setup = sheet.page_setup
    setup.orientation, setup.paperSize, setup.fitToWidth, setup.fitToHeight = "landscape", 9, 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    last_head, last = HEADER_ROW + table.layout.head_rows - 1, _last(table.layout)
    sheet.print_title_rows = f"{HEADER_ROW}:{last_head}"
    sheet.print_area = f"A1:{last}{sheet.max_row}"
    sheet.print_options.horizontalCentered = True
    for side, inches in MARGINS_INCH.items():
        setattr(sheet.page_margins, side, inches)
    sheet.oddFooter.center.text = "— &P —"
    sheet.oddFooter.right.text = "共 &N 页"
    if table.is_demo:
        sheet.oddHeader.right.text = f'&"黑体,Bold"&12&KC00000{DEMO_NOTICE}'
    if table.rows:
        sheet.auto_filter.ref = f"A{last_head}:{last}{last_row}"


def display_width(words: str) -> int:
    """Width in half-width characters: a Chinese character counts two.

    >>> display_width("a红线")
    5
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in words)


def row_height(values: tuple, widths: Sequence[float]) -> float:
    """Height in points that shows every wrapped cell of a row whole."""
    lines = 1
    for value, width in zip(values, widths, strict=True):
        if isinstance(value, str) and value:
            lines = max(lines, math.ceil(display_width(value) / (width - 1.5)))
    return min(MAX_ROW_PT, lines * LINE_PT + 4)
