"""The page on which an annex 4 of another office is looked at, taken in, and its updates taken over."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ecoredline.web.cases import importing
from ecoredline.web.clues.raise_views import file_of
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Problem

SHOWN_ROWS = 200


@require_http_methods(["GET", "POST"])
def case_import(request):
    """The file, what would come in and what is wrong, then all or nothing; updates one by one."""
    require(request.user, "case.import")
    context = {"year": request.POST.get("year") or clock.today().year, "faults": []}
    status = 200
    if request.method == "POST":
        try:
            done = imported(request, context)
        except Problem as problem:
            context["faults"], status = problem.details or [str(problem)], problem.status
        else:
            if done is not None:
                messages.success(request, _("已导入并立案 %(count)d 处") % {"count": len(done)})
                return redirect("case_list")
    context["shown_rows"] = SHOWN_ROWS
    return render(request, "cases/import.html", context, status=status)


def imported(request, context: dict):
    """The preview into the context, or the cases once confirmed."""
    year = str(context["year"])
    if not (year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100):
        raise BadForm(_("年度“%(got)s”应为四位数字") % {"got": year})
    name, token, data = file_of(request)
    detail = request.POST.get("detail", "").strip()
    context |= {"name": name, "token": token, "detail": detail}
    facts = {"by": request.user, "year": int(year)}
    if request.POST.get("confirm"):
        return importing.import_problems(data, name=name, detail=detail, **facts)
    if number := request.POST.get("take_over", ""):
        seen = request.POST.get(f"version-{number}", "")
        case = importing.take_over(
            data, number=number, name=detail or name, **facts,
            seen=int(seen) if seen.isascii() and seen.isdigit() else None,
        )  # fmt: skip
        messages.success(request, _("已采纳到 %(number)s") % {"number": case.number})
    context["preview"] = importing.read_problems(data, **facts)
    return None
