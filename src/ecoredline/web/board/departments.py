"""How long departments take with what was handed to them, and what of it is overdue."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.board.inbox import address
from ecoredline.web.board.queries import SHOWN, within
from ecoredline.web.board.table import Cell, Table
from ecoredline.web.cases.models import Handover
from ecoredline.web.core import clock
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.letters.models import LetterReply


def overdue_handovers(person, chosen: BoardFilter, count: int = SHOWN) -> list[Handover]:
    """What a department should have answered and has not, neither here nor to the letter: oldest first."""
    answered = LetterReply.objects.filter(letter=OuterRef("letter"))
    found = Handover.objects.filter(
        within(person, chosen, "case__division_code"),
        ~Exists(answered), replied_on=None, due_on__lt=clock.today(),
    ).exclude(department="")  # fmt: skip
    found = found.select_related("case").defer("case__geom").order_by("due_on", "pk")
    return list(found[:count])


def name_of(code: str) -> str:
    """A department's name in the page's language."""
    return code_list("departments").get(code, {}).get(language(), code)


def departments_table(kept) -> Table:
    """Of each department: days from hand-over to reply and from opening to decision, and what is late."""
    head = [
        _("部门"), _("移交件数"), _("已反馈"), _("反馈用时中位数（天）"), _("90% 分位（天）"),
        _("逾期未反馈"), _("最早期限"), _("查处件数"), _("已作决定"), _("查处用时中位数（天）"),
    ]  # fmt: skip
    table = Table(
        "departments", _("各部门用时"), head,
        note=_("反馈用时自移交至反馈，查处用时自部门立案至作出决定；统计本年度移交和查处的，截至今日零时。"),
    )  # fmt: skip
    sent = {r["department"]: r for r in kept.figures.get("handed", ())}
    done = {r["department"]: r for r in kept.figures.get("investigated", ())}
    for code in [c for c in code_list("departments") if c in sent or c in done]:
        h, i = sent.get(code, {}), done.get(code, {})
        table.rows.append(
            [Cell(name_of(code)), Cell(h.get("count", 0)), Cell(h.get("answered", 0)),
             Cell(h.get("median"), decimals=1), Cell(h.get("high"), decimals=1),
             Cell(h.get("late", 0)), Cell(h.get("oldest") or ""),
             Cell(i.get("count", 0)), Cell(i.get("decided", 0)), Cell(i.get("median"), decimals=1)]
        )  # fmt: skip
    return table


def overdue_departments_table(person, chosen: BoardFilter) -> Table:
    """The hand-overs that departments have not answered in time, each with its case."""
    head = [_("部门"), _("问题编号"), _("移交日期"), _("期限"), _("逾期（天）")]
    table = Table("overdue-departments", _("部门逾期未反馈"), head)
    today = clock.today()
    for row in overdue_handovers(person, chosen):
        table.rows.append(
            [Cell(name_of(row.department)), Cell(row.case.number, address("case", row.case_id)),
             Cell(row.sent_on.isoformat()), Cell(row.due_on.isoformat()),
             Cell((today - row.due_on).days)]
        )  # fmt: skip
    return table
