"""The tables of the board, made once for page and file: head, rows of cells, link of each number."""

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.board import queries
from ecoredline.web.board.departments import departments_table, overdue_departments_table
from ecoredline.web.board.figures import figures
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.board.inbox import address
from ecoredline.web.board.stages import STAGES
from ecoredline.web.board.table import Cell, Table
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE

STATES = {"clue": CLUE_LIFECYCLE.states, "case": CASE_LIFECYCLE.states}
LEVEL_ORDER = ("ministry", "province", "city", "county")
PERCENT = 100.0


def kind_name(kind: str) -> str:
    """Patch, clue, case."""
    return {"patch": _("图斑"), "clue": _("线索"), "case": _("问题")}[kind]


class Links:
    """Addresses of the items behind numbers: a thousand on a page, so they are put together once."""

    def __init__(self, chosen: BoardFilter):
        self.base = reverse("board_items")
        self.fixed = {k: v for k, v in vars(chosen).items() if v and k != "stage"}

    def __call__(self, stage: str, **where: str) -> str:
        """The items of a stage; `where` is a county or month. No value needs escaping."""
        parts = self.fixed | where | {"stage": stage}
        return f"{self.base}?{'&'.join(f'{k}={v}' for k, v in parts.items())}"


def county_label(code: str, names: dict) -> str:
    """A county's name; what lies in none says so."""
    return names.get(code, code) or _("未定位")


def funnel_table(person, chosen: BoardFilter, found: queries.Funnel, by: str) -> Table:
    """Stages across, counties or months down, every number with its items."""
    chosen = replace(chosen, year=str(chosen.number))
    link, digits = Links(chosen), found.digits(scoped_prefix(person, chosen))
    lines = found.table(by, digits)
    names = queries.county_names(row["key"] for row in lines) if by == "county" else {}
    heads = {"county": _("行政区"), "month": _("月份")}
    titles = {"county": _("各地各环节"), "month": _("各月各环节")}
    table = Table(by, titles[by], [heads[by], *(str(s.label) for s in STAGES)])
    table.rows.append([Cell(_("合计")), *(Cell(n, link(s)) for s, n in found.totals)])
    for row in lines:
        if by == "county":
            label, where = county_label(row["key"], names), {"county": row["key"] or "-"}
        else:
            label = f"{row['key']:%Y-%m}"
            where = {"month": label}
        cells = [Cell(n, link(s, **where) if n else "") for s, n in row["cells"]]
        table.rows.append([Cell(label, inner(chosen, where)), *cells])
    return table


def inner(chosen: BoardFilter, where: dict) -> str:
    """The funnel of one county alone, or of one month."""
    return f"{reverse('funnel')}?{replace(chosen, **where).query}"


def stays_table(kept) -> Table:
    """How long things stood in each state, by level: median and 90th percentile in days."""
    labels = dict(Unit.Level.choices)
    head = [_("对象"), _("状态"), _("层级"), _("次数"), _("中位数（天）"), _("90% 分位（天）")]
    table = Table("stays", _("各环节用时"), head, note=_("统计本年度离开该状态的，截至今日零时。"))
    order = {k: {s: i for i, s in enumerate(states)} for k, states in STATES.items()}
    rows = [r for r in kept.figures["stays"] if r["state"] in order.get(r["kind"], {})]
    rows.sort(key=lambda r: (r["kind"] == "case", order[r["kind"]][r["state"]], LEVEL_ORDER.index(r["level"]) if r["level"] in LEVEL_ORDER else 9))  # fmt: skip
    for r in rows:
        state = str(STATES[r["kind"]][r["state"]])
        level = str(labels.get(r["level"], r["level"]))
        table.rows.append(
            [Cell(kind_name(r["kind"])), Cell(state), Cell(level), Cell(r["count"]),
             Cell(r["median"], decimals=1), Cell(r["high"], decimals=1)]
        )  # fmt: skip
    return table


def sticking_table(person, chosen: BoardFilter) -> Table:
    """Where it sticks: what has stood longest where it is."""
    head = [_("编号"), _("状态"), _("单位"), _("县级行政区"), _("已停留（天）")]
    table = Table("sticking", _("卡在哪里（停留最久）"), head)
    for row in queries.sticking(person, chosen):
        subject, stay = row["subject"], row["stay"]
        state = str(STATES[row["kind"]].get(stay.state, stay.state))
        table.rows.append(
            [Cell(str(subject), address(row["kind"], subject.pk)), Cell(state),
             Cell(stay.unit.name if stay.unit else ""), Cell(subject.county), Cell(row["days"])]
        )  # fmt: skip
    return table


def overdue_tables(found: dict) -> list[Table]:
    """What is overdue: by unit, and the oldest."""
    units = Table("overdue-units", _("各单位逾期"), [_("单位"), _("逾期"), _("最早期限")])
    for row in found["units"]:
        units.rows.append([Cell(row["name"]), Cell(row["count"]), Cell(row["oldest"].isoformat())])
    head = [_("编号"), _("状态"), _("单位"), _("期限"), _("逾期（天）")]
    first = Table("overdue", _("逾期最久"), head)
    for row in found["rows"]:
        subject = row["subject"]
        first.rows.append(
            [Cell(str(subject), address(row["kind"], subject.pk)),
             Cell(str(subject.get_state_display())), Cell(subject.holder.name),
             Cell(subject.due_on.isoformat()), Cell(row["days"])]
        )  # fmt: skip
    return [units, first]


def rates_table(person, chosen: BoardFilter, found: queries.Funnel) -> Table:
    """Counts per 100 km² of observed redline."""
    rows = queries.rates(person, chosen, found)
    names = queries.county_names(r["county"] for r in rows)
    head = [
        _("县级行政区"), _("红线（平方千米）"), _("观测到（平方千米）"), _("图斑/百平方千米"),
        _("疑似/百平方千米"), _("确认/百平方千米"),
    ]  # fmt: skip
    table = Table(
        "rates", _("按观测面积的发生率"), head,
        note=_("观测面积取本年度看到最多的一个批次，是下限；没有观测就没有发生率。"),
    )  # fmt: skip
    for r in rows:
        cells = [Cell(r["per"][s], decimals=2) for s in ("detected", "suspected", "confirmed")]
        table.rows.append(
            [Cell(county_label(r["county"], names)), Cell(r["redline_km2"], decimals=2),
             Cell(r["observed_km2"], decimals=2), *cells]
        )  # fmt: skip
    return table


def units_table(kept) -> Table:
    """How quickly each unit answers, and how much it closes."""
    answers = {r["unit"]: r for r in kept.figures["answers"]}
    closings = {r["unit"]: r for r in kept.figures["closings"]}
    units = Unit.objects.in_bulk([u for u in {*answers, *closings} if u])
    head = [
        _("单位"), _("反馈件数"), _("反馈用时中位数（天）"), _("逾期反馈率（%）"),
        _("立案"), _("其中已销号"), _("销号率（%）"),
    ]  # fmt: skip
    table = Table("units", _("各单位反馈与销号"), head, note=_("截至今日零时。"))
    for key, unit in sorted(units.items(), key=lambda pair: (pair[1].division_code, pair[0])):
        a, c = answers.get(key, {}), closings.get(key, {})
        n, opened = a.get("count", 0), c.get("opened", 0)
        table.rows.append(
            [Cell(unit.name), Cell(n), Cell(a.get("median"), decimals=1),
             Cell(PERCENT * a["late"] / n if n else None, decimals=1), Cell(opened),
             Cell(c.get("closed", 0)),
             Cell(PERCENT * c["closed"] / opened if opened else None, decimals=1)]
        )  # fmt: skip
    return table


def board_tables(person, chosen: BoardFilter) -> dict[str, Table]:
    """Everything on the board, in order, by code."""
    found = queries.funnel(person, chosen)
    kept = figures(scoped_prefix(person, chosen), chosen.number)
    tables = [
        funnel_table(person, chosen, found, "county"), sticking_table(person, chosen), stays_table(kept),
        *overdue_tables(queries.overdue(person, chosen)), rates_table(person, chosen, found),
        units_table(kept), departments_table(kept), overdue_departments_table(person, chosen),
    ]  # fmt: skip
    return {t.code: t for t in tables}


def scoped_prefix(person, chosen: BoardFilter) -> str:
    """The division whose kept figures are shown: the chosen one where it lies in the person's own."""
    own = scope(person).prefix
    return chosen.county if chosen.county.startswith(own) and chosen.county != "-" else own
