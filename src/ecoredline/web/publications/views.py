"""Pages of the office: editions, preparing one, looking at it, making it public, withdrawing it."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, form_page, seen_version, text_field
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.timeline import path_of, steps_for, timeline
from ecoredline.web.publications import actions, queries
from ecoredline.web.publications.open_views import content_of, tile_of

BOTH = require_http_methods(["GET", "POST"])
STEPS_DEG = ("0.01", "0.02", "0.05", "0.1")


class EditionForm(forms.Form):
    """What an edition is made with."""

    title = forms.CharField(label=_("标题"), max_length=100)
    day = day_field(_("截至日期"))
    step_deg = forms.TypedChoiceField(
        label=_("网格（度）"), coerce=float, choices=[(s, s) for s in STEPS_DEG], initial="0.02",
        help_text=_("0.01 度约 1 公里。公开的图形只由整格组成，不含任何更细的界线"),
    )  # fmt: skip
    area_step_km2 = forms.IntegerField(label=_("面积取整（平方公里）"), min_value=1, max_value=1000, initial=1)  # fmt: skip
    review_number = forms.CharField(
        label=_("审图号"), max_length=60, required=False, help_text=_("真实数据没有审图号不能公开")
    )
    note = text_field(_("说明"), required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = text_field(_("撤下原因"))


@require_GET
def edition_list(request):
    """Every edition of the person's divisions."""
    require(request.user, "publication.view")
    context = {
        "editions": queries.editions_for(request.user),
        "may_prepare": may(request.user, "publication.prepare"),
    }
    return render(request, "publications/list.html", context)


@BOTH
def edition_new(request):
    """A new edition; it is looked at before it becomes public."""
    require(request.user, "publication.prepare")
    made = []
    answer = form_page(
        request, EditionForm(request.POST or None, initial={"day": clock.today()}),
        lambda **facts: made.append(actions.prepare(by=request.user, **facts)),
        title=_("编制公开版本"), back=reverse("edition_list"), verb=_("编制"),
        done=_("已编制，请核对后公开"),
        intro=_("内容在编制时固定：整格概化的红线、取整的面积、按县和年的数量。不含图斑、线索、问题的位置，不含物种和人员信息。"),
    )  # fmt: skip
    return redirect("edition", made[0].pk) if made else answer


@require_GET
def edition(request, pk: int):
    """One edition as the public would see it, and its history."""
    require(request.user, "publication.view")
    found = queries.edition_for(request.user, pk)
    context = content_of(found, "edition_tile") | {
        "steps": steps_for(request.user, found),
        "path": path_of(found),
        "timeline": timeline(found),
    }
    return render(request, "publications/edition.html", context)


@require_GET
def edition_tile(request, pk: int, z: int, x: int, y: int):
    """A picture tile of an edition that need not be public."""
    require(request.user, "publication.view")
    response = tile_of(request, queries.edition_for(request.user, pk), z, x, y)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@require_POST
def edition_publish(request, pk: int):
    """Make it public."""
    found = queries.edition_for(request.user, pk)
    actions.publish(found, by=request.user, seen=seen_version(request))
    messages.success(request, _("已公开"))
    return redirect("edition", pk)


@BOTH
def edition_withdraw(request, pk: int):
    """Withdraw it, with a reason."""
    found = queries.edition_for(request.user, pk)
    require(request.user, "publication.withdraw", found)
    return form_page(
        request, ReasonForm(request.POST or None),
        lambda reason: actions.withdraw(found, by=request.user, reason=reason),
        title=_("撤下公开版本"), back=reverse("edition", args=[pk]), about=found.number,
        verb=_("撤下"), done=_("已撤下；公众浏览器和中间缓存最多还会保留五分钟"),
    )  # fmt: skip
