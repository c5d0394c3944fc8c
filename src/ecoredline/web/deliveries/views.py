"""Pages of data-quality checks."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.quality import catalogue
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.middleware import CSP_HEADER
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound, for_pages
from ecoredline.web.deliveries import actions
from ecoredline.web.deliveries.forms import DeliveryForm
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.deliveries.repairing import ARCHIVE, LIST, ask_repair
from ecoredline.web.deliveries.shelf import reports_folder
from ecoredline.web.jobs.permissions import job_rights
from ecoredline.web.patches.views import DOCUMENT_POLICY, TYPES

PAGE_ROWS = 50
SHOWN_PLACES = 20
SHOWN_CHANGES = 100
REPORTS = {"quality.html": ".html", "quality.xlsx": ".xlsx", LIST: ".xlsx", ARCHIVE: ".zip"}


def deliveries_for(person):
    """The deliveries of units in the person's divisions."""
    require(person, "delivery.view")
    return Delivery.objects.visible_to(person).select_related(
        "unit", "by", "job__created_by__unit", "repair_job__created_by__unit"
    )


def delivery_for(person, pk: int) -> Delivery:
    """One delivery; raises `NotFound` (404.1)."""
    row = deliveries_for(person).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


@require_GET
def delivery_list(request):
    """What was handed in and how it was found."""
    context = {
        "page": Paginator(deliveries_for(request.user).defer("report"), PAGE_ROWS).get_page(
            request.GET.get("page")
        ),
        "may_check": may(request.user, "delivery.check"),
    }
    return render(request, "deliveries/list.html", context)


@require_http_methods(["GET", "POST"])
def delivery_new(request):
    """Hand a file in."""
    require(request.user, "delivery.check")

    def work(upload, **told):
        beside = {name: told.pop(name) for name in actions.BESIDE}
        actions.hand_in(upload, by=request.user, beside=beside, **told)

    intro = _(
        "%(n)d 项检查：文件、坐标系、几何、拓扑、属性、跨期、栅格、照片；依据在报告中逐项列出。"
    )
    return form_page(
        request, DeliveryForm(request.POST or None, request.FILES or None), work,
        title=_("提交数据质检"), back=reverse("delivery_list"), done=_("已提交，正在检查"), verb=_("检查"),
        intro=intro % {"n": len(catalogue())},
    )  # fmt: skip


@require_GET
def delivery(request, pk: int):
    """One delivery: verdict, every check that did not pass with its places, the repair, the reports."""
    row = delivery_for(request.user, pk)
    results = row.report.get("results", [])
    order = {"fail": 0, "warn": 1, "skip": 2, "pass": 3}
    for found in results:
        found["note"] = for_pages(found["note"])
        found["shown"] = [
            p | {"words": for_pages(p["words"])} for p in found["places"][:SHOWN_PLACES]
        ]
    job = row.job if not row.status else row.repair_job
    context = {
        "row": row, "job": job,
        "results": sorted(results, key=lambda r: order[r["status"]]),
        "counts": [(s, row.counts.get(s, 0)) for s in order],
        "repaired": row.repair.get("status", ""),
        "changes": row.repair.get("changes", [])[:SHOWN_CHANGES],
        "may_repair": bool(row.status) and not row.repair and row.repair_job is None
        and may(request.user, "delivery.repair", row),
    } | job_rights(request.user, job)  # fmt: skip
    return render(request, "deliveries/delivery.html", context)


@require_POST
def delivery_repair(request, pk: int):
    """Start a repair."""
    ask_repair(delivery_for(request.user, pk), by=request.user)
    messages.success(request, _("正在修复；原文件不改动"))
    return redirect("delivery", pk)


def report_file(request, pk: int, name: str):
    """A report or the mended data of a delivery the person sees; recorded. Raises `NotFound`."""
    row = delivery_for(request.user, pk)
    file = reports_folder(row.pk) / name
    if name not in REPORTS or not file.is_file():
        raise NotFound()
    note_request(request, "delivery.report", f"delivery {row.pk}", name=name)
    response = FileResponse(file.open("rb"), as_attachment=True, filename=f"{row.pk}-{name}")
    response.headers["Content-Type"] = TYPES.get(REPORTS[name], "application/zip")
    response.headers[CSP_HEADER] = DOCUMENT_POLICY
    return response


@require_GET
def delivery_report(request, pk: int, name: str):
    """The error report to send back, the mended data, the list of changes."""
    return report_file(request, pk, name)
