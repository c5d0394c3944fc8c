"""The list of cases, the page of one, its outline, and annex 4 of exactly what is shown."""

import json

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ecoredline.web.cases import annex, queries
from ecoredline.web.cases.filters import CaseFilter
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE, OPEN
from ecoredline.web.cases.models import Case
from ecoredline.web.cases.page import page_context
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadFilter, BadForm
from ecoredline.web.core.taking_out import purpose_of

PAGE_ROWS = 30
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
COORDINATE_DECIMALS = 8


@require_GET
def case_list(request):
    """The cases of the selection, a page of them."""
    require(request.user, "case.view")
    faults: list[str] = []
    try:
        chosen = CaseFilter.read(request.GET)
    except BadFilter as fault:
        chosen, faults = CaseFilter(), fault.details
    cases = queries.cases_for(request.user, chosen)
    page = Paginator(cases, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page, "total": queries.totals(cases), "filters": chosen.as_dict(),
        "query": chosen.query, "faults": faults, "choices": queries.choices_for(request.user),
        "states": CASE_LIFECYCLE.states.items(), "outcomes": Case.Outcome.choices,
        "today": clock.today(), "open_states": OPEN, "is_set": chosen.is_set,
        "may_export": may(request.user, "case.export"),
        "may_freeze": may(request.user, "list.finalise"),
        "may_open": may(request.user, "case.open"),
        "may_import": may(request.user, "case.import"),
        "may_hand": may(request.user, "case.hand_to_department"),
        "waiting_clues": queries.waiting_clues(request.user).count(),
    }  # fmt: skip
    return render(request, "cases/list.html", context)


@require_GET
def case_page(request, pk: int):
    """One case with everything that was said about it."""
    require(request.user, "case.view")
    case = queries.case_for(request.user, pk)
    return render(request, "cases/case.html", page_context(request.user, case))


@require_GET
def case_geojson(request, pk: int):
    """The outline of a case as a GeoJSON feature."""
    case = queries.case_for(request.user, pk)
    shape = json.loads(case.geom.geojson) if case.geom else None
    return JsonResponse(
        {"type": "Feature", "id": case.pk, "geometry": shape,
         "properties": {"number": case.number, "area_ha": float(case.area_ha)}},
        json_dumps_params={"ensure_ascii": False},
    )  # fmt: skip


@require_GET
def problem_list(request, suffix: str):
    """Annex 4 of exactly the cases of the selection; recorded, because it takes data away."""
    require(request.user, "case.export")
    purpose = purpose_of(request, "cases")
    chosen = CaseFilter.read(request.GET)
    table = annex.table_of(request.user, chosen)
    body = annex.annex_file(table, suffix)
    note_request(request, "cases.download", "annex 4", query=chosen.query, cases=len(table.rows),
                 **purpose)  # fmt: skip
    name = f"annex-4-{clock.today():%Y%m%d}.{suffix}"
    response = FileResponse(body, as_attachment=True, filename=name)
    response.headers["Content-Type"] = TYPES[suffix]
    return response


@require_POST
def problem_freeze(request):
    """Freeze the unit's problem list of a year as it stands."""
    year = request.POST.get("year", "")
    if not (year.isascii() and year.isdigit() and len(year) == len("2026")):
        raise BadForm(_("年度：“{got}”应为四位数字").format(got=year[:20]))
    made = annex.freeze(request.user, int(year), request.POST.get("note", "")[:1000])
    messages.success(request, _("{year}年生态破坏问题清单第{number}版：{count}处").format(
        year=made.year, number=made.number, count=made.count))  # fmt: skip
    return redirect("case_list")
