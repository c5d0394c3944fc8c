"""Pages of the redline's versions: deliveries, their difference, approval, floors, recomputing."""

import shapely
from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.boundary.picture import difference_svg
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.form_page import form_page, seen_version
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import FileChanged, NotAllowed
from ecoredline.web.core.taking_out import purpose_of
from ecoredline.web.core.timeline import path_of, steps_for, timeline
from ecoredline.web.files import store
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.jobs.permissions import job_rights
from ecoredline.web.maps.tiles import divisions_for
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import runs_for
from ecoredline.web.redlines import actions, approval, queries, uploads
from ecoredline.web.redlines.comparing import compare, job_of
from ecoredline.web.redlines.forms import (
    ApprovalForm,
    DeliverForm,
    FloorForm,
    ProtectedForm,
    ReasonForm,
    RecomputeForm,
)
from ecoredline.web.redlines.measuring import as_shapely, recompute
from ecoredline.web.regions.models import RedlinePolygon

BOTH = require_http_methods(["GET", "POST"])
SHOWN = 300
MOST_RECOMPUTED = 2000
COUNTY_ZOOM = 8


@require_GET
def redline_list(request):
    """Every version that touches the person's divisions, what is in force, floors with the margin."""
    require(request.user, "redline.view")
    context = {
        "deliveries": queries.deliveries_for(request.user),
        "readings": [
            {"job": j} | job_rights(request.user, j) for j in uploads.readings_of(request.user)
        ],
        "margins": queries.margins(request.user),
        "in_force": queries.redline_as_of(),
        "today": clock.today(),
        "protected": queries.protected_versions(request.user),
        "may_deliver": may(request.user, "redline.deliver"),
        "may_floor": may(request.user, "redline.floor"),
        "may_recompute": may(request.user, "redline.recompute"),
    }
    return render(request, "redlines/list.html", context)


@BOTH
def redline_new(request):
    """A new delivery: kept, then read with every fault and compared in the background."""
    return handing_in(
        request, uploads.REDLINE, DeliverForm, title=_("交付红线版本"), verb=_("读取并比对")
    )


def handing_in(request, what: str, form_class, **words):
    """A page that hands a file in; `again` names an upload whose words are taken over."""
    require(request.user, "redline.deliver")
    made = []

    def work(**told):
        made.append(uploads.hand_in(what, by=request.user, **told))

    again = request.GET.get("again", "")
    first = uploads.told_before(request.user, what, again)
    form = form_class(request.POST or None, request.FILES or None, initial=first)
    done = _("文件已保存，正在后台读取")
    answer = form_page(request, form, work, back=reverse("redline_list"), done=done, **words)
    return redirect("redline_reading", made[0].pk) if made else answer


@never_cache
@require_GET
def redline_reading(request, pk: int):
    """An upload that is being read: how far it is, every fault; what came of it once it is done."""
    job = uploads.reading_for(request.user, pk)
    if job.state == job.State.DONE:
        is_redline = job.arguments["what"] == uploads.REDLINE
        return (
            redirect("redline", job.arguments["delivery"])
            if is_redline
            else redirect("redline_list")
        )
    context = {"job": job, "told": job.arguments["told"], "what": job.arguments["what"]}
    return render(request, "redlines/reading.html", context | job_rights(request.user, job))


@BOTH
def protected_new(request):
    """A new version of the protected areas."""
    return handing_in(
        request, uploads.PROTECTED, ProtectedForm, title=_("交付自然保护地版本"), verb=_("读取并生效"),
        intro=_("新版本自生效日期起用于准入核查、台账和地图，此前的版本到该日为止；按日期查询仍用当时的版本。"),
    )  # fmt: skip


@require_GET
def redline(request, pk: int):
    """One delivery: provenance, difference in place with its map, approval, history."""
    found = queries.delivery_for(request.user, pk)
    job, reasons = job_of(found), found.difference.get("reasons", [])
    context = job_rights(request.user, job) | {
        "job": job if job and job.state != job.State.DONE else None,
        "delivery": found,
        "steps": steps_for(request.user, found),
        "path": path_of(found),
        "timeline": timeline(found),
        "counties": queries.counties_of(request.user, found),
        "polygons": queries.polygons_of(request.user, found)[:SHOWN],
        "reasons": [approval.reason_words(r) for r in queries.reasons_of(request.user, found)],
        "needs_approval": bool(reasons),
        "files": attachments_of(found).exclude(record=approval.APPROVAL),
        "approvals": attachments_of(found, approval.APPROVAL),
        "short": approval.shortfalls(found, reasons),
        "covers": found.approval_covers,
        "is_own": approval.is_own(request.user, found),
        "lowered": queries.lowered_of(request.user, found)[:SHOWN],
        "may_have_file": may(request.user, "redline.deliver")
        and queries.may_have_file(request.user, found),
        "picture": mark_safe(picture_of(request.user, found)),
    }
    return render(request, "redlines/delivery.html", context)


def picture_of(person, delivery) -> str:
    """The map of lost, gained and lowered ground; every word in it is escaped by the computing half."""
    parts = queries.parts_of(person, delivery).filter(is_sliver=False)
    wide = RedlinePolygon.objects.visible_to(person).filter(version=delivery.version_of)
    layers = {
        "redline": [as_shapely(g) for g in wide.values_list("geom", flat=True)],
        "county": [
            as_shapely(d.geom) for d in divisions_for(person, COUNTY_ZOOM) if d.level == "county"
        ],
    }
    for kind in ("lost", "gained", "nature", "function"):
        found = parts.filter(kind=kind).values_list("geom", flat=True)
        layers[kind] = [as_shapely(g) for g in found]
    labels = []
    for division in divisions_for(person, COUNTY_ZOOM):
        if division.level == "county":
            spot = shapely.point_on_surface(as_shapely(division.geom))
            labels.append((spot.x, spot.y, division.name))
    return difference_svg(layers, labels, str(_("红线变化位置图")))


@require_GET
def redline_file(request, pk: int):
    """The delivered file as it came; noted, and refused when its bytes are no longer those."""
    found = queries.delivery_for(request.user, pk)
    require(request.user, "redline.deliver")
    if not queries.may_have_file(request.user, found):
        raise NotAllowed("redline.file")
    place = store.path_of(found.sha256)
    if not place.exists():
        raise FileChanged(found.file_name)
    purpose = purpose_of(request, "redline")
    note_request(request, "file.download", f"redline {found.pk}", sha256=found.sha256, **purpose)
    return FileResponse(place.open("rb"), as_attachment=True, filename=found.file_name)


@require_POST
def redline_check(request, pk: int):
    """Compare again."""
    found = queries.delivery_for(request.user, pk)
    job = compare(found, by=request.user, seen=seen_version(request))
    messages.success(request, _("正在后台比对") if job else _("已与现行版本比对"))
    return redirect("redline", pk)


@require_POST
def redline_accept(request, pk: int):
    """Bring it into force."""
    found = queries.delivery_for(request.user, pk)
    actions.accept(found, by=request.user, seen=seen_version(request))
    messages.success(request, _("版本已生效，边界变化已记入台账"))
    return redirect("redline", pk)


@BOTH
def redline_approval(request, pk: int):
    """Attach the approval."""
    found = queries.delivery_for(request.user, pk)
    require(request.user, "redline.approval", found)
    has = approval.losses(found.difference.get("reasons", []))
    law = _(
        "厅字〔2017〕2号（九）：因国家重大基础设施、重大民生保障项目建设等需要调整的，由省级政府组织论证，提出调整方案，经审核后报国务院批准。"
    )
    now = _(
        "本次比对：调出 %(area).4f 公顷，降低管控区 %(nature).4f 公顷，改变功能 %(function).4f 公顷。登记的人不能自己使版本生效。"
    )
    return form_page(
        request, ApprovalForm(request.POST or None, request.FILES or None),
        lambda **facts: approval.approve(found, by=request.user, **facts),
        title=_("登记批准文件"), back=reverse("redline", args=[pk]), about=found.number,
        intro=f"{law}{now % has}",
    )  # fmt: skip


@BOTH
def redline_refuse(request, pk: int):
    """Send it back."""
    found = queries.delivery_for(request.user, pk)
    require(request.user, "redline.refuse", found)
    return form_page(
        request, ReasonForm(request.POST or None),
        lambda reason: actions.refuse(found, by=request.user, reason=reason),
        title=_("退回红线版本"), back=reverse("redline", args=[pk]), about=found.number, verb=_("退回"),
    )  # fmt: skip


@BOTH
def floor_new(request):
    """Enter a floor."""
    require(request.user, "redline.floor")
    first = {"division_code": request.user.unit.division_code, "valid_from": clock.today()}
    return form_page(
        request, FloorForm(request.POST or None, initial=first),
        lambda **facts: actions.set_floor(by=request.user, **facts),
        title=_("登记面积下限"), back=reverse("redline_list"),
    )  # fmt: skip


@require_GET
def redline_recompute(request):
    """What a run's patches or a clue would say with the version of another day; writes nothing."""
    require(request.user, "redline.recompute")
    runs = runs_for(request.user)
    form = RecomputeForm(runs, request.GET if "day" in request.GET else None)
    context = {"form": form, "rows": None, "most": MOST_RECOMPUTED}
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        subjects = []
        if wanted["run"] is not None:
            mine = Patch.objects.visible_to(request.user).filter(run=wanted["run"])
            mine = mine.exclude(channel="outside").order_by("pk")
            subjects += list(mine[:MOST_RECOMPUTED])
            context["left_out"] = max(0, mine.count() - MOST_RECOMPUTED)
        if wanted["clue"]:
            subjects += list(Clue.objects.visible_to(request.user).filter(number=wanted["clue"]))
        if not subjects:
            form.add_error(None, _("没有选中图斑或线索：请选择批次，或填写本单位可见的线索编号"))
        rows = recompute(subjects, wanted["day"])
        context |= {
            "rows": rows[:SHOWN],
            "changed": sum(r.differs for r in rows),
            "count": len(rows),
            "before_ha": sum(r.stored_ha for r in rows),
            "after_ha": sum(r.now_ha for r in rows),
            "in_force": queries.redline_as_of(wanted["day"]),
            "day": wanted["day"],
        }
    return render(request, "redlines/recompute.html", context)
