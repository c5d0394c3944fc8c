"""Pages of data-quality checks."""

from django import forms
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.quality.report import WORDS
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.middleware import CSP_HEADER
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.deliveries import actions
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.patches.views import DOCUMENT_POLICY, TYPES

PAGE_ROWS = 50
SHOWN_PLACES = 20
REPORTS = {"quality.html": ".html", "quality.xlsx": ".xlsx"}
ROLES = [
    ("", "—"), ("redline", _("生态保护红线")), ("protected", _("自然保护地")), ("divisions", _("行政区划")),
    ("places", _("地名")),
]  # fmt: skip


class DeliveryForm(forms.Form):
    """A file and what it is."""

    upload = forms.FileField(
        label=_("数据文件"), help_text=_("单个文件，或整个交付打成 zip（矢量、栅格、照片）")
    )
    role = forms.ChoiceField(
        label=_("图层种类"), choices=ROLES, required=False, help_text=_("不选则由名称判断")
    )
    year = forms.IntegerField(
        label=_("数据年份"), required=False, help_text=_("按当年有效的行政区划代码检查")
    )
    crs = forms.CharField(
        label=_("文件缺少坐标系时"), max_length=20, required=False, help_text="EPSG:4490"
    )


def deliveries_for(person):
    """The deliveries of units in the person's divisions."""
    require(person, "delivery.view")
    return Delivery.objects.visible_to(person).select_related("unit", "by", "job__created_by__unit")


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
    return form_page(
        request, DeliveryForm(request.POST or None, request.FILES or None),
        lambda **told: actions.hand_in(told.pop("upload"), by=request.user, **told),
        title=_("提交数据质检"), back=reverse("delivery_list"), done=_("已提交，正在检查"), verb=_("检查"),
        intro=_("45 项检查：文件、坐标系、几何、拓扑、属性、跨期、栅格、照片；依据在报告中逐项列出。"),
    )  # fmt: skip


@require_GET
def delivery(request, pk: int):
    """One delivery: verdict, every check that did not pass with its places, the reports."""
    row = delivery_for(request.user, pk)
    results = row.report.get("results", [])
    order = {"fail": 0, "warn": 1, "skip": 2, "pass": 3}
    for found in results:
        found["word"] = WORDS[found["status"]]
        found["shown"] = found["places"][:SHOWN_PLACES]
    context = {
        "row": row, "job": row.job, "word": WORDS.get(row.status, ""),
        "results": sorted(results, key=lambda r: order[r["status"]]),
        "counts": [(s, WORDS[s], row.counts.get(s, 0)) for s in order],
        "may_cancel": row.job and row.job.is_live and may(request.user, "job.cancel", row.job),
        "may_follow": row.job and may(request.user, "job.view", row.job),
    }  # fmt: skip
    return render(request, "deliveries/delivery.html", context)


@require_GET
def delivery_report(request, pk: int, name: str):
    """The error report to send back; recorded."""
    row = delivery_for(request.user, pk)
    file = actions.reports_folder(row) / name
    if name not in REPORTS or not file.is_file():
        raise NotFound()
    note_request(request, "delivery.report", f"delivery {row.pk}", name=name)
    response = FileResponse(file.open("rb"), as_attachment=True, filename=f"{row.pk}-{name}")
    response.headers["Content-Type"] = TYPES[REPORTS[name]]
    response.headers[CSP_HEADER] = DOCUMENT_POLICY
    return response
