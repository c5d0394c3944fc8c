"""The interpreters' response form as a workbook: out with a pull-down, back with every row read."""

from pathlib import Path

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation

from ecoredline.errors import InputError, SourceError
from ecoredline.files import whole_file
from ecoredline.vector.unpack import check_workbook

SHEET = "判读表"
HEADINGS = {
    "sample_id": "样点", "lon": "经度", "lat": "纬度", "before_on": "前时相", "after_on": "后时相",
    "changed": "有变化（1 是，0 否）", "note": "说明",
}  # fmt: skip
WIDTHS = (10, 12, 12, 12, 12, 22, 40)
FIRST_ROW = 4
MOST_ROWS = 100_000
HOW = (
    "逐点打开两期影像，只看样点所在像元及其周边一个像元：人类活动造成的地表改变填 1，没有填 0，"
    "看不清（云、阴影、无影像）留空并写明原因。请独立判读，不要参考清单；不要改动样点、坐标与行序。"
)


def write_form(path: Path, form: pd.DataFrame, record: dict) -> None:
    """Write the form: only answer and note can be typed in; what is not 1 or 0 is refused at once."""
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    sheet["A1"] = (f"【{record['notice']}】" if record.get("notice") else "") + "变化检测精度判读表"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = HOW
    sheet["A2"].alignment = Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells("A2:G2")
    sheet.row_dimensions[2].height = 48
    for column, (name, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True), start=1):
        cell = sheet.cell(FIRST_ROW - 1, column, HEADINGS[name])
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE8DD")
        sheet.column_dimensions[cell.column_letter].width = width
    for row, values in enumerate(form.itertuples(index=False), start=FIRST_ROW):
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(row, column, value if value != "" else None)
            cell.protection = Protection(locked=column < 6)
    last = FIRST_ROW + len(form) - 1
    rule = DataValidation(type="list", formula1='"1,0"', allow_blank=True, showErrorMessage=True)
    rule.errorTitle, rule.error = "判读", "只填 1（有变化）或 0（无变化），或留空"
    rule.add(f"F{FIRST_ROW}:F{last}")
    sheet.add_data_validation(rule)
    sheet.freeze_panes = f"A{FIRST_ROW}"
    sheet.protection.sheet = True  # without a password: it guards against slips, not against people
    with whole_file(path) as part:
        book.save(part)


def read_form(path: Path) -> tuple[pd.DataFrame, int]:
    """The filled form as text by our column names, and the sheet's row of its first sample.

    Raises `SourceError` (no workbook), `InputError` (not this form).
    """
    check_workbook(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as fault:  # openpyxl lets many kinds through
        raise SourceError(f"could not read {path} as a workbook: {fault}; copy it again") from fault
    try:
        if SHEET not in book.sheetnames:
            raise InputError(f"{path} has sheets {', '.join(book.sheetnames)}; wanted {SHEET}")
        rows = list(book[SHEET].iter_rows(values_only=True, max_row=MOST_ROWS, max_col=50))
    finally:
        book.close()
    names = {zh: name for name, zh in HEADINGS.items()}
    for k, row in enumerate(rows):
        found = [names.get(str(v).strip()) if v is not None else None for v in row]
        if "sample_id" in found and "changed" in found:
            return body(rows[k + 1 :], found), k + 2
    raise InputError(f"{path} has no heading row; wanted {', '.join(HEADINGS.values())}")


def body(rows: list[tuple], names: list[str | None]) -> pd.DataFrame:
    """The rows below the headings as text; wholly blank ones at the end are left out."""
    texts = [[as_text(v) for v in row] for row in rows]
    while texts and not any(texts[-1]):
        texts.pop()
    data = {n: [row[k] for row in texts] for k, n in enumerate(names) if n}
    return pd.DataFrame(data)


def as_text(value) -> str:
    """A cell as text; whole numbers without a point.

    >>> as_text(1.0), as_text(None), as_text(" x ")
    ('1', '', 'x')
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
