"""Tables of a workbook: values, merged cells filled, formulas by their last result."""

import io
import warnings

from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from ecoredline.documents.readback.opening import (
    MOST_COLUMNS,
    SAVE_AGAIN,
    RawCell,
    RawTable,
    too_many_rows,
)
from ecoredline.errors import InputError

NO_RESULT = object()


def sheet_tables(data: bytes) -> tuple[list[RawTable], list[str]]:
    """The sheets of a checked workbook that hold anything, and the names of hidden ones."""
    book = _load(data)
    formulas = any(c.data_type == "f" for s in book.worksheets for c in s._cells.values())
    results = _load(data, results=True) if formulas else None
    tables, hidden = [], []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(sheet.title)
            continue
        tables.append(_table(sheet, results[sheet.title] if results else None))
    too_many_rows(sum(len(table.rows) for table in tables))
    return [table for table in tables if table.rows], hidden


def _load(data: bytes, *, results: bool = False):
    """The workbook by openpyxl; whatever it stumbles over becomes one plain sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(io.BytesIO(data), data_only=results, keep_links=False)
    except Exception as fault:  # openpyxl raises nearly everything for a strange file
        raise InputError(f"工作簿不能打开（{type(fault).__name__}）：{SAVE_AGAIN}") from fault


def _table(sheet: Worksheet, results: Worksheet | None) -> RawTable:
    """One sheet: only the rows that hold a value, each as wide as the sheet's values."""
    table = RawTable(f"工作表“{sheet.title}”", [])
    values = {}
    for (row, column), cell in sheet._cells.items():
        if isinstance(cell, MergedCell) or cell.value is None or cell.value == "":
            continue
        value = cell.value
        if cell.data_type == "f":
            value = results.cell(row, column).value if results is not None else None
            table.remarks.append((row, "公式按其上次计算结果读取"))
            value = NO_RESULT if value is None else value
        values[row, column] = RawCell(value)
    if not values:
        return table
    widest = max(column for _, column in values)
    if widest > MOST_COLUMNS:
        raise InputError(f"{table.name}有{widest}列，多于{MOST_COLUMNS}列：请删去清单以外的列")
    last = max(row for row, _ in values)
    _fill_merged(sheet, values, last, widest)
    for row in sorted({row for row, _ in values}):
        cells = [values.get((row, column)) or RawCell() for column in range(1, widest + 1)]
        table.rows.append((row, cells))
        if sheet.row_dimensions[row].hidden:
            table.remarks.append((row, "该行被隐藏或筛掉，仍已读取"))
    return table


def _fill_merged(sheet: Worksheet, values: dict, last: int, widest: int) -> None:
    """Every cell of a merged range shows the value of its first."""
    for found in sheet.merged_cells.ranges:
        first = values.get((found.min_row, found.min_col))
        if first is None:
            continue
        for row in range(found.min_row, min(found.max_row, last) + 1):
            for column in range(found.min_col, min(found.max_col, widest) + 1):
                if (row, column) != (found.min_row, found.min_col):
                    down, across = row > found.min_row, column > found.min_col
                    values[row, column] = RawCell(first.value, down, across)
