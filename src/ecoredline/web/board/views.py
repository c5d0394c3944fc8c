"""Inbox, board, funnel, the items behind a number, the workbook."""

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ecoredline.web.accounts.models import Unit
from ecoredline.web.board import export, queries, tables
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.board.inbox import address, due_class, inbox, reminders
from ecoredline.web.board.stages import STAGES
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may, require

PAGE_ROWS = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def inbox_page(request):
    """What waits for the person's unit."""
    require(request.user, "board.inbox")
    waiting = inbox(request.user)
    context = {
        "waiting": waiting, "reminders": reminders(request.user), "today": clock.today(),
        "count": sum(w.count for w in waiting), "overdue": sum(w.overdue for w in waiting),
        "soon": sum(w.soon for w in waiting),
    }  # fmt: skip
    return render(request, "board/inbox.html", context)


def page_context(request, chosen: BoardFilter) -> dict:
    """What every page of the board has."""
    return {
        "chosen": chosen, "query": chosen.query, "year": chosen.number,
        "years": queries.years(request.user), "may_annual": may(request.user, "board.annual"),
        "may_export": may(request.user, "board.export"),
        "counties": queries.counties(request.user, chosen),
        "redline": queries.redline_of(chosen),
    }  # fmt: skip


def chart_of(found: queries.Funnel) -> dict:
    """The funnel for the chart: stages with their sums, months with every stage."""
    months = found.months
    sums = {m: dict(r["cells"]) for m, r in zip(months, found.table("month"), strict=True)}
    return {
        "stages": [str(s.label) for s in STAGES],
        "totals": [n for _s, n in found.totals],
        "months": [f"{m:%Y-%m}" for m in months],
        "series": [
            {"name": str(s.label), "values": [sums[m][s.code] for m in months]} for s in STAGES
        ],
    }


def stays_chart(table) -> dict:
    """Time in each state for the chart."""
    return {
        "labels": [" ".join(str(c.value) for c in row[:3]) for row in table.rows],
        "median": [row[4].value and round(row[4].value, 1) for row in table.rows],
        "high": [row[5].value and round(row[5].value, 1) for row in table.rows],
        "names": [str(c) for c in table.head[4:6]],
    }


@require_GET
def board(request):
    """The supervisor's board."""
    require(request.user, "board.view")
    chosen = BoardFilter.read(request.GET)
    found = tables.board_tables(request.user, chosen)
    totals = found["county"].rows[0][1:]
    context = page_context(request, chosen) | {
        "funnel": list(zip([s.label for s in STAGES], totals, strict=True)),
        "table": found, "units_late": found["overdue-units"],
        "departments_late": found["overdue-departments"],
        "chart": {"stages": [str(s.label) for s in STAGES], "totals": [c.value for c in totals]},
        "stays": stays_chart(found["stays"]),
    }  # fmt: skip
    return render(request, "board/board.html", context)


@require_GET
def funnel(request):
    """Every stage by county and by month, every number with its items."""
    require(request.user, "board.view")
    chosen = BoardFilter.read(request.GET)
    found = queries.funnel(request.user, chosen)
    context = page_context(request, chosen) | {
        "tables": [
            tables.funnel_table(request.user, chosen, found, by) for by in ("county", "month")
        ],
        "chart": chart_of(found),
    }
    return render(request, "board/funnel.html", context)


@require_GET
def board_items(request):
    """The items behind a number: as many as it says."""
    require(request.user, "board.view")
    chosen = BoardFilter.read(request.GET)
    stage, found = queries.items(request.user, chosen)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    for subject in page.object_list:
        subject.url = address(stage.kind, subject.pk)
        subject.due_class = due_class(getattr(subject, "due_on", None))
    names = queries.county_names([chosen.county] if chosen.county != "-" else [])
    context = page_context(request, chosen) | {
        "page": page, "stage": stage, "query": chosen.query,
        "county": tables.county_label(chosen.county.replace("-", ""), names) if chosen.county else "",
        "back": replace(chosen, stage="", county="", month="").query,
    }  # fmt: skip
    return render(request, "board/items.html", context)


@require_GET
def board_xlsx(request, what: str):
    """Exactly what the page shows, as a workbook; recorded."""
    require(request.user, "board.export")
    chosen = BoardFilter.read(request.GET)
    if what == "funnel":
        found = queries.funnel(request.user, chosen)
        sheets = [
            tables.funnel_table(request.user, chosen, found, by) for by in ("county", "month")
        ]
    else:
        sheets = list(tables.board_tables(request.user, chosen).values())
    unit: Unit = request.user.unit
    body = export.workbook(sheets, export.selected(chosen, unit))
    note_request(request, "board.export", what, query=chosen.query)
    response = FileResponse(body, as_attachment=True, filename=f"{what}-{chosen.number}.xlsx")
    response.headers["Content-Type"] = XLSX
    return response
