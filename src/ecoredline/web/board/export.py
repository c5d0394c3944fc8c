"""What the board shows, as a workbook: the same tables, the same numbers, what was selected."""

import io

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from ecoredline.documents.words import text
from ecoredline.web.board.queries import redline_of

SHEET_NAME = 28
WIDTH = 16
FORMATS = {0: "0", 1: "0.0", 2: "0.00", 4: "0.0000"}


def workbook(tables, said: str) -> io.BytesIO:
    """One sheet a table; `said` stands above each and says what was selected."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title.replace("/", "／")[:SHEET_NAME])
        for index in range(len(table.head)):
            sheet.column_dimensions["ABCDEFGHIJKLMNOP"[index]].width = WIDTH
        sheet.append([cell(sheet, said)])
        sheet.append([cell(sheet, head, bold=True) for head in table.head])
        for row in table.rows:
            sheet.append([cell(sheet, c.value, c.decimals) for c in row])
        if table.note:
            sheet.append([cell(sheet, table.note)])
    body = io.BytesIO()
    book.save(body)
    body.seek(0)
    return body


def cell(sheet, value, decimals: int = 0, *, bold: bool = False):
    """One cell; text can never become a formula."""
    is_number = isinstance(value, int | float)
    found = WriteOnlyCell(sheet, value if is_number else text("" if value is None else str(value)))
    if is_number:
        found.number_format = FORMATS[decimals]
    else:
        found.data_type = "s"
    if bold:
        found.font = Font(bold=True)
    return found


def selected(chosen, unit) -> str:
    """What was selected, in words."""
    parts = [unit.name, f"{chosen.number}", chosen.county, chosen.month]
    version = redline_of(chosen)
    redline = _("；红线版本：") + version.name if version else ""
    return _("范围：") + " ".join(filter(None, parts)) + redline
