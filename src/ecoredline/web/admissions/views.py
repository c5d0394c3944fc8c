"""Pages of admission checks: ask, read the answer, take the report."""

import json

import shapely
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.admission.report import STATES_ZH
from ecoredline.admission.result import AREA_METHOD, cite
from ecoredline.codes import code_list
from ecoredline.web.admissions import actions, answers, queries
from ecoredline.web.admissions.approved import decide
from ecoredline.web.admissions.asking import asked
from ecoredline.web.admissions.forms import ApprovalForm, ProjectForm
from ecoredline.web.admissions.queries import AdmissionFilter
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadFilter, BadForm
from ecoredline.web.core.templatetags.ecoredline import language, said
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.queries import runs_for

BOTH = require_http_methods(["GET", "POST"])
PAGE_ROWS = 50
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
SHOWN_HITS = 100


@require_GET
def admission_list(request):
    """The answers given so far."""
    faults: list[str] = []
    try:
        chosen = AdmissionFilter.read(request.GET)
    except BadFilter as problem:
        chosen, faults = AdmissionFilter(), problem.details
    rows = queries.admissions_for(request.user, chosen).defer("answer", "geom")
    query = request.GET.copy()
    query.pop("page", None)
    outcomes = code_list("admission_outcomes")
    context = {
        "page": Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page")),
        "filters": chosen, "faults": faults, "query": query.urlencode(),
        "outcomes": [(code, row[language()]) for code, row in outcomes.items()],
        "counts": queries.counts(queries.admissions_for(request.user, chosen)),
        "may_check": may(request.user, "admission.check"),
    }  # fmt: skip
    return render(request, "admissions/list.html", context)


@never_cache
@BOTH
def admission_new(request):
    """Draw, type or upload a project and have it checked."""
    require(request.user, "admission.check")
    form = ProjectForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                told = dict(form.cleaned_data)
                day = told.pop("as_of")
                made = actions.check(asked(**told), by=request.user, as_of=day, once=True)
            except BadForm as problem:
                for sentence in problem.details:
                    form.add_error(None, sentence)
            else:
                messages.success(request, gettext("已核查 %(n)d 个项目") % {"n": made.count})
                if made.count == 1:
                    return redirect("admission", pk=made.answers.get().pk)
                return redirect("admission_request", pk=made.pk)
    context = {"form": form, "map_config": place_config(request.user)}
    return render(request, "admissions/new.html", context, status=status)


def place_config(person, run=None) -> dict:
    """The map of the form or the answer."""
    found = map_config(person, run or runs_for(person).first())
    found["layers"].pop("unseen", None)
    return found


def facts_of(row) -> list[tuple]:
    """What the head of an answer says."""
    told, p = row.answer, row.answer["project"]
    return [
        (_("项目"), f"{row.name}（{row.code}）"),
        (_("核查编号"), row.number),
        (_("人为活动类型"), answers.answer_of(row).activity_in(language()) or gettext("未给出")),
        (_("准入途径"), code_list("admission_paths").get(p["path"], {}).get(language(), p["path"])),
        (_("项目面积（公顷）"), f"{row.area_ha:.4f}"),
        (_("占用红线（公顷）"), gettext("无法计算") if row.redline_ha is None else f"{row.redline_ha:.4f}"),
        (_("认定意见文号"), p["opinion"] or gettext("无")),
        (_("判定日期"), told["as_of"]),
        (_("规则表版本"), told["rules"]),
        (_("项目坐标系"), p["crs"]),
        (_("面积计算方法"), said(AREA_METHOD)),
        (_("碎片规则"), said(told["sliver_rule"])),
        (_("项目文件散列值"), p["sha256"]),
        (_("结果散列值"), row.sha256),
        (_("核查人"), f"{row.unit.name} {row.by.display_name} {localtime(row.asked_at):%Y-%m-%d %H:%M}"),
    ]  # fmt: skip


@require_GET
def admission(request, pk: int):
    """One answer: verdict, the rule for each zone, what is touched, which layers were used."""
    row = queries.admission_for(request.user, pk)
    answer = answers.answer_of(row)
    run = runs_for(request.user).filter(redline_version=row.redline_version).first()
    shape = shapely.from_wkt(row.answer["project"]["wkt"])
    config = place_config(request.user, run) | {
        "outline": json.loads(shapely.to_geojson(shape)), "extent": list(shapely.bounds(shape)),
    }  # fmt: skip
    roles = code_list("admission_layers")
    context = {
        "row": row, "answer": answer, "facts": facts_of(row), "map_config": config,
        "findings": [(f, cite(f.rule) if f.rule else "") for f in answer.findings],
        "hits": [
            (roles[role][language()], hit) for role in roles for hit in answer.hits_of(role)
        ][:SHOWN_HITS],
        "layers": [
            (roles[s.role][language()], s, STATES_ZH[s.state]) for s in answer.layers.values()
        ],
        "approvals": row.approvals.select_related("by"),
        "may_approve": may(request.user, "admission.approve", row),
        "single": row.request.count == 1,
    }  # fmt: skip
    return render(request, "admissions/answer.html", context)


@require_GET
def admission_report(request, pk: int):
    """The report as DOCX; recorded."""
    row = queries.admission_for(request.user, pk)
    body = answers.report_of(row, request.user)
    note_request(request, "admission.report", row.number, sha256=row.sha256)
    return download(body, f"{row.number}.docx", DOCX)


@require_GET
def admission_report_pdf(request, pk: int):
    """The report as PDF; recorded."""
    row = queries.admission_for(request.user, pk)
    body = answers.report_pdf_of(row, request.user)
    note_request(request, "admission.report", row.number, sha256=row.sha256, kind="pdf")
    return download(body, f"{row.number}.pdf", PDF)


def download(body: bytes, name: str, kind: str) -> HttpResponse:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type=kind, headers=headers)


@require_GET
def admission_request(request, pk: int):
    """The answers of one request."""
    found, rows = queries.request_for(request.user, pk)
    context = {
        "asked": found,
        "page": Paginator(rows.defer("answer", "geom"), PAGE_ROWS).get_page(
            request.GET.get("page")
        ),
        "counts": queries.counts(rows),
        "seen": rows.count(),
    }
    return render(request, "admissions/request.html", context)


@require_GET
def admission_archive(request, pk: int):
    """Workbook, GeoPackage and JSON of a request's answers the person sees; recorded."""
    found, rows = queries.request_for(request.user, pk)
    body = answers.archive_of(
        list(rows.select_related("rules", "redline_version", "protected_version")), request.user
    )
    note_request(request, "admission.archive", f"request {found.pk}", count=rows.count())
    return download(body, f"admission-{found.pk}.zip", "application/zip")


@BOTH
def admission_approve(request, pk: int):
    """Write down an approval, or its end."""
    row = queries.admission_for(request.user, pk)
    require(request.user, "admission.approve", row)
    return form_page(
        request, ApprovalForm(request.POST or None),
        lambda **facts: decide(row, by=request.user, **facts),
        title=_("登记批准"), back=reverse("admission", args=[pk]), about=row.number,
        intro=f"{row.name}（{row.code}）：{code_list('admission_outcomes')[row.outcome][language()]}",
    )  # fmt: skip
