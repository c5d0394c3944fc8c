"""Pages of boundary markers and sign boards."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.redlines import markers, queries
from ecoredline.web.redlines.forms import MarkersForm, PatrolForm, states

BOTH = require_http_methods(["GET", "POST"])
PAGE_ROWS = 50
FAR_M = 50.0


@require_GET
def marker_list(request):
    """Markers and boards with their state and distance from the line."""
    require(request.user, "redline.view")
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()[:60]
    if state and state not in code_list("marker_states"):
        raise BadFilter(f"state={state!r}: {', '.join(code_list('marker_states'))}")
    found = queries.markers_for(request.user, state, words)
    context = {
        "page": Paginator(found, PAGE_ROWS).get_page(request.GET.get("page")),
        "states": states(),
        "state": state,
        "words": words,
        "query": "&".join(f"{k}={v}" for k, v in (("state", state), ("q", words)) if v),
        "far_m": FAR_M,
        "may_edit": may(request.user, "marker.edit"),
    }
    return render(request, "redlines/markers.html", context)


@require_GET
def marker(request, pk: int):
    """One marker: where it stands, how far from the line, patrols with photographs."""
    found = queries.marker_for(request.user, pk)
    photos = list(attachments_of(found))
    looks = [
        {"patrol": p, "files": [f for f in photos if f.record == f"patrol:{p.pk}"]}
        for p in found.patrols.select_related("by").order_by("-on", "-pk")
    ]
    context = {
        "marker": found,
        "looks": looks,
        "county": queries.division_name(found.division_code),
        "may_patrol": may(request.user, "marker.patrol", found),
        "far_m": FAR_M,
    }
    return render(request, "redlines/marker.html", context)


@BOTH
def marker_import(request):
    """A table of markers; all of it, or nothing with every fault."""
    require(request.user, "marker.edit")
    return form_page(
        request, MarkersForm(request.POST or None, request.FILES or None),
        lambda upload: markers.import_markers(upload, by=request.user),
        title=_("导入界桩与标识牌"), back=reverse("marker_list"), verb=_("导入"), done=_("已导入"),
    )  # fmt: skip


@BOTH
def marker_patrol(request, pk: int):
    """A look at a marker."""
    found = queries.marker_for(request.user, pk)
    require(request.user, "marker.patrol", found)
    return form_page(
        request, PatrolForm(request.POST or None, request.FILES or None),
        lambda **facts: markers.patrol(found, by=request.user, **facts),
        title=_("巡护记录"), back=reverse("marker", args=[pk]), about=found.number,
    )  # fmt: skip
