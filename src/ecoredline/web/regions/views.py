"""Pages of the divisions: the list in use as of a day, with predecessors and successors; loading one."""

from datetime import date

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes.divisions import plain
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.regions import divisions

PAGE_ROWS = 100
WORD_LENGTH = 30


class ListForm(forms.Form):
    """A file of codes."""

    upload = forms.FileField(
        label=_("区划代码文件"),
        help_text=_(
            "CSV；列：代码、名称，可有启用时间、变更/弃用时间、新代码（多个以分号分开）、别名"
        ),
    )
    name = forms.CharField(label=_("名称"), max_length=200)
    source = forms.CharField(label=_("来源"), max_length=200, required=False)


@require_GET
def division_list(request):
    """Codes of the list in use on a day."""
    require(request.user, "division.view")
    try:
        day = date.fromisoformat(request.GET.get("day") or clock.today().isoformat())
    except ValueError:
        raise BadFilter("day: 2026-03-05") from None
    word = request.GET.get("q", "").strip()[:WORD_LENGTH]
    held = divisions.book()
    rows = [r for r in held.rows if (is_like(r, word) if word else r.holds_on(day))]
    page = Paginator(sorted(rows, key=lambda r: (r.code, r.since or date.min)), PAGE_ROWS)
    page = page.get_page(request.GET.get("page"))
    context = {
        "page": page, "day": day, "word": word, "list": divisions.list_in_use(),
        "lines": [
            {"row": r, "before": held.before.get(r.code, ()), "after": held.now_called(r.code, day),
             "holds": r.holds_on(day)}
            for r in page
        ],
        "odd": divisions.abolished_boundaries(), "may_load": may(request.user, "division.load"),
        "query": f"day={day}&q={word}",
    }  # fmt: skip
    return render(request, "regions/divisions.html", context)


def is_like(row, word: str) -> bool:
    """Does a row's code, name, short name or alias begin with a word?"""
    return any(w.startswith(word) for w in (row.code, row.name, plain(row.name), *row.aliases))


@require_http_methods(["GET", "POST"])
def division_load(request):
    """A list from the operator's file: all of it, or nothing with every fault."""
    require(request.user, "division.load")
    return form_page(
        request, ListForm(request.POST or None, request.FILES or None),
        lambda **facts: divisions.load_list(by=request.user, **facts),
        title=_("载入行政区划代码表"), back=reverse("division_list"), verb=_("检查并载入"),
        done=_("已载入，自即刻起使用"),
        intro=_("内置代码表只覆盖演示。载入的代码表逐份保留，最新的一份生效。"),
    )  # fmt: skip
