"""Pages of one row of an own book: its history, a new state, its end."""

import json

import shapely
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.geodesy import area_ha, round_ha
from ecoredline.grid import ELLIPSOID
from ecoredline.ledger.values import cell_of
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.ledgers import actions, queries
from ecoredline.web.ledgers.drawing import shape_told
from ecoredline.web.ledgers.forms import EndForm, RowForm
from ecoredline.web.ledgers.inside import measured_inside
from ecoredline.web.ledgers.models import LedgerRow
from ecoredline.web.ledgers.views import line_of
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.queries import runs_for

BOTH = require_http_methods(["GET", "POST"])
MOST_JOINED = 50
KINDS_DRAWN = {
    "polygon": ("Polygon", _("面")),
    "line": ("LineString", _("线")),
    "point": ("Point", _("点")),
}


def own_book(name: str):
    """An own book; raises `NotFound` (404.1) for the others."""
    book = queries.book_named(name)
    if not book.is_own:
        raise NotFound()
    return book


@require_GET
def row(request, name: str, key):
    """Every state of a row: what was true when, who wrote it, what it replaced; its shape, its kin."""
    require(request.user, "ledger.view")
    book = own_book(name)
    states, clear = queries.history_of(book, request.user, key), may(request.user, "ledger.guarded")
    lines = []
    for state in reversed(states):
        held = queries.as_sheet_row(state)
        held = held if clear else queries.unguarded(book, held)
        lines.append(
            line_of(book, held)
            | {"state": state, "shape": measured(held.geometry, state.valid_from)}
        )
    newest = next((x for x in lines if x["state"].retired_at is None), lines[0])["row"]
    context = {
        "book": book, "title": book.label(language()), "key": key, "lines": lines,
        "is_open": any(s.valid_to is None and s.retired_at is None for s in states),
        "may_edit": may(request.user, "ledger.edit"),
        "map_config": shape_config(request.user, newest.geometry),
        "has_shape": newest.geometry is not None,
        "joined": [joined_table(j) for j in queries.joined_to(book, newest.values, request.user)],
    }  # fmt: skip
    return render(request, "ledgers/row.html", context)


@require_GET
def row_by_pk(request, pk: int):
    """From a state of a row, as the map names it, to the row's page."""
    require(request.user, "ledger.view")
    found = LedgerRow.objects.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return redirect("ledger_row", found.book, found.key)


def measured(shape, day) -> list[tuple]:
    """(label, words) of a shape: hectares on the ellipsoid, inside the redline of a day; kilometres."""
    if shape is None or shape.geom_type == "Point":
        return []
    if shape.geom_type == "MultiLineString":
        km = ELLIPSOID.geometry_length(shape) / 1000
        return [(_("图形长度（千米）"), f"{km:.3f}")]
    inside, version = measured_inside(shape, day)
    told = (
        gettext("%(ha)s（红线版本：%(version)s）")
        % {"ha": f"{inside:.4f}", "version": version.name}
        if version
        else gettext("%(day)s 该处没有红线版本，无法计算") % {"day": day}
    )
    return [
        (_("图形面积（公顷）"), f"{round_ha(area_ha(shape)):.4f}"),
        (_("其中红线内（公顷）"), told),
    ]


def shape_config(person, shape) -> dict:
    """The map of a row, with its shape."""
    found = map_config(person, runs_for(person).first())
    found["layers"].pop("unseen", None)
    told = None if shape is None else json.loads(shapely.to_geojson(shape))
    return found | {"shape": told, "outline": told}


def joined_table(found: dict) -> dict:
    """Rows of another ledger that belong to this one, as words."""
    book = found["book"]
    return {
        "book": book, "title": book.label(language()), "count": len(found["rows"]),
        "columns": [c.label(language()) for c in book.columns],
        "lines": [line_of(book, r) for r in found["rows"][:MOST_JOINED]],
    }  # fmt: skip


def row_page(request, book, form, work, **context):
    """The form of a row; of a spatial book with its map."""
    if not book.shapes:
        return form_page(request, form, work, **context)
    shape = context.pop("shape", None)
    return form_page(
        request, form, work, template="ledgers/edit.html", kinds=[KINDS_DRAWN[k] for k in book.shapes],
        map_config=shape_config(request.user, shape), **context,
    )  # fmt: skip


@never_cache
@BOTH
def row_new(request, name: str):
    """A new row."""
    require(request.user, "ledger.edit")
    book = own_book(name)
    form = RowForm(book, request.user, request.POST or None, request.FILES or None)

    def work(**fields):
        cells, told, said = form.split(fields)
        shape = shape_told(book, **said) if book.shapes else None
        actions.add_row(
            book, cells, actions.Told(**told), by=request.user,
            shape=None if isinstance(shape, str) else shape,
        )  # fmt: skip

    return row_page(
        request, book, form, work, title=book.label(language()), back=reverse("ledger", args=[name]),
        intro=book.help(language()),
    )  # fmt: skip


@never_cache
@BOTH
def row_change(request, name: str, key):
    """The next state of a row."""
    require(request.user, "ledger.edit")
    book = own_book(name)
    held = queries.open_row(book, request.user, key)
    shape = queries.shape_of(held)
    first = {c.name: typed(c, held.values.get(c.name)) for c in book.columns}
    first |= {"told_county": held.division_code, "told_source": held.source_doc}
    form = RowForm(
        book, request.user, request.POST or None, request.FILES or None, initial=first,
        has_shape=shape is not None,
    )  # fmt: skip

    def work(**fields):
        cells, told, said = form.split(fields)
        drawn = shape_told(book, **said) if book.shapes else actions.KEEP
        actions.change_row(
            book, str(key), cells, actions.Told(**told), by=request.user, shape=drawn
        )

    return row_page(
        request, book, form, work, title=_("变更"), back=reverse("ledger_row", args=[name, key]),
        about=book.label(language()), shape=shape,
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
