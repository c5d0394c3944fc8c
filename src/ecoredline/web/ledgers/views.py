"""Pages of the ledgers: the 24 books, one book as of a day or between two, baseline, mappings."""

from datetime import date
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.ledger import Book, books, classes, shown, spatial_by
from ecoredline.ledger.workbook import SheetRow
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.ledgers import actions, queries
from ecoredline.web.ledgers.forms import OWN_LABELS, BaselineForm, MappingForm, counties, systems
from ecoredline.web.ledgers.models import LedgerRow

BOTH = require_http_methods(["GET", "POST"])
PAGE_ROWS = 50


def day_of(request, name: str = "day") -> date | None:
    """The day of an address; None without one."""
    word = request.GET.get(name, "")
    if not word:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise BadFilter(f"{name}={word!r}: 2026-03-05") from None


def county_of(request) -> str:
    """The county of an address, which must be one of the person's."""
    code = request.GET.get("county", "")
    if code and code not in dict(counties(request.user)):
        raise BadFilter(f"county={code!r}")
    return code


@require_GET
def ledger_list(request):
    """The five classes with their books."""
    require(request.user, "ledger.view")
    day = clock.today()
    held = LedgerRow.objects.visible_to(request.user).filter(queries.held_on(day))
    counts = dict(held.values_list("book").annotate(Count("pk")))
    groups = [
        {"name": code_list("ledger_classes")[code][language()],
         "books": [book_card(b, counts) for b in found]}
        for code, found in classes().items()
    ]  # fmt: skip
    context = {
        "groups": groups, "counties": counties(request.user), "today": day,
        "baseline": queries.baseline_for(request.user),
        **{f"may_{k}": may(request.user, f"ledger.{k}") for k in ("edit", "export", "baseline", "map")},
    }  # fmt: skip
    return render(request, "ledgers/list.html", context)


def book_card(book: Book, counts: dict) -> dict:
    """What the list says of a book."""
    return {
        "book": book, "name": book.label(language()), "help": book.help(language()),
        "count": counts.get(book.name, 0) if book.is_own else None,
    }  # fmt: skip


@require_GET
def ledger(request, name: str):
    """One book: 现状 as of a day, 本底 as of the baseline's day, or 变化 between the two."""
    require(request.user, "ledger.view")
    book = queries.book_named(name)
    edition = request.GET.get("edition", "current")
    if edition not in code_list("ledger_editions"):
        raise BadFilter(f"edition={edition!r}: {', '.join(code_list('ledger_editions'))}")
    county, baseline = county_of(request), queries.baseline_for(request.user)
    day = day_of(request) or clock.today()
    start = day_of(request, "start") or (baseline.day if baseline else None)
    context = {
        "book": book, "title": book.label(language()), "help": book.help(language()),
        "edition": edition, "editions": [(c, r[language()]) for c, r in code_list("ledger_editions").items()],
        "county": county, "counties": counties(request.user), "day": day, "start": start,
        "baseline": baseline, "columns": [(c, c.label(language())) for c in book.columns],
        "hides": any(c.guarded for c in book.columns) and not may(request.user, "ledger.guarded"),
        "may_edit": may(request.user, "ledger.edit") and book.is_own,
        "may_export": may(request.user, "ledger.export"), "has_layer": bool(spatial_by(book)),
    }  # fmt: skip
    if edition == "change" and start is not None:
        rows = queries.changes_between(book, request.user, start, day, county)
        context["page"] = page_of(request, [change_line(book, r) for r in rows])
    elif edition != "change" and not (edition == "baseline" and start is None):
        when = start if edition == "baseline" else day
        rows = queries.rows_on(book, request.user, when, county)
        context["page"] = page_of(request, rows)
        context["lines"] = [line_of(book, r) for r in context["page"]]
    told = {"day": day, "county": county, "edition": edition, "start": start}
    context["query"] = urlencode({k: v for k, v in told.items() if v})
    exported = {
        "book": name,
        "day": start if edition == "baseline" and start else day,
        "county": county,
    }
    context["export_query"] = urlencode({k: v for k, v in exported.items() if v})
    return render(request, "ledgers/book.html", context)


def page_of(request, rows: list):
    """A page of rows."""
    return Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))


def line_of(book: Book, row: SheetRow) -> dict:
    """A row as words: its county, days and (label, value) cells."""
    cells = [
        (c.label(language()), shown(c, row.values.get(c.name), language()), c.kind)
        for c in book.columns
    ]
    return {"row": row, "cells": cells, "key": row.key if book.is_own else ""}


def change_line(book: Book, change: dict) -> dict:
    """A change as words."""
    fields = [
        (c.label(language()), shown(c, old, language()), shown(c, new, language()))
        for c, old, new in change["fields"]
    ]
    told = {"how": change["how"], "fields": fields, "moved": change["moved"]}
    return line_of(book, change["row"]) | told


@BOTH
def ledger_baseline(request):
    """Set the baseline's day."""
    require(request.user, "ledger.baseline")
    return form_page(
        request, BaselineForm(request.POST or None),
        lambda **facts: actions.set_baseline(by=request.user, **facts),
        title=_("设定本底日期"), back=reverse("ledger_list"),
        intro=_("本底、变化和现状由带日期的行得出；改变本底日期不改动任何记录。"),
    )  # fmt: skip


@require_GET
def ledger_mappings(request):
    """Columns beside the fields of other systems."""
    require(request.user, "ledger.view")
    system = request.GET.get("system", "") or next(iter(code_list("ledger_systems")))
    if system not in code_list("ledger_systems"):
        raise BadFilter(f"system={system!r}: {', '.join(code_list('ledger_systems'))}")
    rows = [
        row | {"title": books()[row["book"]].label(language()), "label": column_label(row)}
        for row in queries.mappings(system)
    ]
    context = {
        "rows": rows, "system": system, "systems": systems(),
        "spatial": sorted({r["book"] for r in rows if books()[r["book"]].spatial}),
        "source": code_list("ledger_systems")[system]["source"],
        "may_map": may(request.user, "ledger.map"), "may_export": may(request.user, "ledger.export"),
        "today": clock.today(),
    }  # fmt: skip
    return render(request, "ledgers/mappings.html", context)


def column_label(row: dict) -> str:
    """What a mapped column is called."""
    if row["column"] in OWN_LABELS:
        return OWN_LABELS[row["column"]]
    return books()[row["book"]].column(row["column"]).label(language())


@BOTH
def ledger_mapping_new(request):
    """Write a mapping."""
    require(request.user, "ledger.map")

    def work(system, column, field, source):
        book, _dot, name = column.partition(".")
        actions.set_mapping(
            by=request.user,
            system=system,
            book=book,
            column=name,
            field=field.strip(),
            source=source,
        )

    return form_page(
        request, MappingForm(request.POST or None, initial=request.GET.dict()), work,
        title=_("字段对照"), back=reverse("ledger_mappings"),
    )  # fmt: skip
