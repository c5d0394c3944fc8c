"""Pages of one row of an own book: its history, a new state, its end."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.ledger.values import cell_of
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.ledgers import actions, queries
from ecoredline.web.ledgers.forms import EndForm, RowForm
from ecoredline.web.ledgers.views import line_of

BOTH = require_http_methods(["GET", "POST"])


def own_book(name: str):
    """An own book; raises `NotFound` (404.1) for the others."""
    book = queries.book_named(name)
    if not book.is_own:
        raise NotFound()
    return book


@require_GET
def row(request, name: str, key):
    """Every state of a row: what was true when, who wrote it, what it replaced."""
    require(request.user, "ledger.view")
    book = own_book(name)
    states, clear = queries.history_of(book, request.user, key), may(request.user, "ledger.guarded")
    lines = []
    for state in reversed(states):
        held = queries.as_sheet_row(state)
        lines.append(
            line_of(book, held if clear else queries.unguarded(book, held)) | {"state": state}
        )
    context = {
        "book": book, "title": book.label(language()), "key": key, "lines": lines,
        "is_open": any(s.valid_to is None and s.retired_at is None for s in states),
        "may_edit": may(request.user, "ledger.edit"),
    }  # fmt: skip
    return render(request, "ledgers/row.html", context)


@BOTH
def row_new(request, name: str):
    """A new row."""
    require(request.user, "ledger.edit")
    book = own_book(name)
    form = RowForm(book, request.user, request.POST or None)

    def work(**fields):
        cells, told = form.split(fields)
        actions.add_row(book, cells, actions.Told(**told), by=request.user)

    return form_page(
        request, form, work, title=book.label(language()), back=reverse("ledger", args=[name]),
        intro=book.help(language()),
    )  # fmt: skip


@BOTH
def row_change(request, name: str, key):
    """The next state of a row."""
    require(request.user, "ledger.edit")
    book = own_book(name)
    held = queries.open_row(book, request.user, key)
    first = {c.name: typed(c, held.values.get(c.name)) for c in book.columns}
    first |= {"told_county": held.division_code, "told_source": held.source_doc}
    form = RowForm(book, request.user, request.POST or None, initial=first)

    def work(**fields):
        cells, told = form.split(fields)
        actions.change_row(book, str(key), cells, actions.Told(**told), by=request.user)

    return form_page(
        request, form, work, title=_("变更"), back=reverse("ledger_row", args=[name, key]),
        about=book.label(language()),
        intro=_("生效日期与现有一期相同表示更正原有内容；较晚表示自该日起变化，原有内容保留到前一日。"),
    )  # fmt: skip


def typed(column, value):
    """A value as the form has it: codes stay codes."""
    return value if column.kind == "code" else cell_of(column, value)


@BOTH
def row_end(request, name: str, key):
    """A row holds no longer."""
    require(request.user, "ledger.edit")
    book = own_book(name)
    queries.open_row(book, request.user, key)
    return form_page(
        request, EndForm(request.POST or None),
        lambda **facts: actions.end_row(book, str(key), by=request.user, **facts),
        title=_("台账行失效"), back=reverse("ledger_row", args=[name, key]),
        about=book.label(language()), verb=_("失效"),
    )  # fmt: skip
