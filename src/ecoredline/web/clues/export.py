"""The list of clues as a workbook: exactly the selection and the columns of the page."""

import io

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from ecoredline.documents.words import text
from ecoredline.record import DEMO_NOTICE
from ecoredline.web.clues.queries import due_class
from ecoredline.web.core.templatetags.ecoredline import code_label

WIDTHS = (26, 12, 10, 14, 14, 24, 12, 14, 26, 12, 12, 40)
HECTARE_FORMAT = "0.0000"


def heads() -> list[str]:
    """The column heads, as the page has them."""
    return [
        _("线索编号"), _("状态"), _("来源"), _("市级行政区"), _("县级行政区"), _("位置描述"),
        _("活动类型"), _("涉及红线面积（公顷）"), _("当前单位"), _("期限"), _("逾期"), _("备注"),
    ]  # fmt: skip


def cells_of(clue) -> list:
    """One clue's cells."""
    return [
        clue.number, clue.get_state_display(), code_label(clue.source, "clue_sources"), clue.city,
        clue.county, clue.place, code_label(clue.activity_type, "activity_types"),
        float(clue.redline_area_ha), clue.holder.name, clue.due_on,
        _("是") if due_class(clue) == "overdue" else "", clue.remark,
    ]  # fmt: skip


def workbook(clues, said: str = "") -> io.BytesIO:
    """The selection as XLSX; `said` tells above the table what was selected."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("疑似问题"))
    for index, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEFGHIJKL"[index]].width = width
    sheet.freeze_panes = "B3"
    rows = list(clues)
    notice = DEMO_NOTICE if any(clue.is_demo for clue in rows) else ""
    sheet.append([plain_cell(sheet, "　".join(filter(None, (notice, said))))])
    sheet.append([plain_cell(sheet, head, bold=True) for head in heads()])
    for clue in rows:
        sheet.append([cell(sheet, value) for value in cells_of(clue)])
    body = io.BytesIO()
    book.save(body)
    body.seek(0)
    return body


def cell(sheet, value):
    """A cell: text stays text whatever it begins with, numbers and dates are their own kind."""
    if isinstance(value, float):
        made = WriteOnlyCell(sheet, value)
        made.number_format = HECTARE_FORMAT
        return made
    return plain_cell(sheet, value) if isinstance(value, str) else value


def plain_cell(sheet, words: str, *, bold: bool = False):
    """A cell of text."""
    made = WriteOnlyCell(sheet, text(words))
    made.data_type = "s"
    made.font = Font(bold=bold)
    return made
