"""The queue and the page on which one patch is judged."""

import json
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import (
    BadFilter,
    BadForm,
    Blocked,
    ClaimedByOther,
    MovedMeanwhile,
    NotFound,
    StepNotAllowed,
)
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.core.timeline import steps_for, timeline
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.features import COORDINATE_DECIMALS
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import choices_for, patch_for, patches_for
from ecoredline.web.patches.views import evidence_of
from ecoredline.web.reviews import actions, claims, queries, refining
from ecoredline.web.reviews.actions import TYPES
from ecoredline.web.reviews.models import Refinement
from ecoredline.web.reviews.priority import explained
from ecoredline.web.reviews.queries import BLIND, CHECK, REVIEW
from ecoredline.web.reviews.rules import reasons, rule

PAGE_ROWS = 50
SAID = (BadForm, MovedMeanwhile, ClaimedByOther, StepNotAllowed, Blocked)
PURPOSES = (REVIEW, CHECK, BLIND)
LONGEST_NUMBER = 10


def purpose_of(request) -> str:
    """Which of the three queues is asked for; the person's own kind of work without a word."""
    wanted = request.POST.get("purpose") or request.GET.get("purpose") or ""
    if wanted in PURPOSES:
        return wanted
    return REVIEW if may(request.user, "review.first") else CHECK


def queue_of(person, purpose: str, chosen: PatchFilter):
    """The patches of a queue."""
    if purpose == BLIND:
        return queries.blind_for(person)
    return queries.waiting(person, purpose, chosen)


@require_GET
def review_queue(request):
    """What waits, most urgent first, and who works on what."""
    require(request.user, "review.work")
    purpose, faults = purpose_of(request), []
    try:
        chosen = PatchFilter.read(request.GET)
    except BadFilter as problem:
        chosen, faults = PatchFilter(), problem.details
    waiting = queue_of(request.user, purpose, chosen).defer("geom", "geom_raw", "reasons")
    page = Paginator(waiting, PAGE_ROWS).get_page(request.GET.get("page"))
    held = {c.patch_id: c for c in queries.open_claims().filter(patch__in=page.object_list)
            .exclude(purpose=BLIND).select_related("person")}  # fmt: skip
    for patch in page.object_list:
        patch.claim = held.get(patch.pk)
    context = {
        "purpose": purpose, "page": page, "filters": chosen.as_dict(), "faults": faults,
        "query": urlencode({"purpose": purpose}) + (f"&{chosen.query}" if chosen.query else ""),
        "filter_query": chosen.query, "choices": choices_for(request.user, None),
        "counties": counties_of(request.user, purpose),
        "tabs": tabs(request.user, purpose), "undo": queries.last_decision(request.user),
        "can": {a.removeprefix("review."): may(request.user, a) for a in (
            "review.first", "review.check", "review.blind", "review.bulk", "review.share",
            "review.counts", "review.export", "review.audit")},
    }  # fmt: skip
    return render(request, "reviews/queue.html", context)


def counties_of(person, purpose: str):
    """The counties in which something waits, with how much."""
    waiting = queue_of(person, purpose, PatchFilter()).order_by("division_code")
    return waiting.values_list("division_code", "county").annotate(n=Count("pk"))


def tabs(person, here: str) -> list[dict]:
    """The person's queues with how much waits in each."""
    found = []
    labels = {REVIEW: _("待审核"), CHECK: _("待质检"), BLIND: _("盲审")}
    for purpose, label in labels.items():
        if may(person, claims.ASKED[purpose]):
            count = queue_of(person, purpose, PatchFilter()).order_by().count()
            found.append(
                {"purpose": purpose, "label": label, "count": count, "is_here": purpose == here}
            )
    return found


def onward(request, purpose: str, *, after=None, back=False):
    """To the next patch of the queue, claimed; to the queue itself when nothing waits."""
    chosen = PatchFilter.read(request.GET)
    found = claims.take_next(
        by=request.user, purpose=purpose, chosen=chosen, after=after, back=back
    )
    query = urlencode({"purpose": purpose}) + (f"&{chosen.query}" if chosen.query else "")
    if found is None:
        messages.info(request, _("这个方向上没有待办图斑了。"))
        return redirect(f"{reverse('review_queue')}?{query}")
    return redirect(f"{reverse('review', args=[found.pk])}?{query}")


@require_POST
def review_next(request):
    """Claim the next patch; the one the person stood at goes back to the queue."""
    purpose, key = purpose_of(request), request.POST.get("after", "")
    after = patch_for(request.user, int(key)) if number_of(key) is not None else None
    if after is not None:
        claims.end(after, by=request.user, purpose=purpose)
    return onward(request, purpose, after=after, back=bool(request.POST.get("back")))


@require_POST
def review_undo(request):
    """Take back the last word."""
    try:
        patch = actions.undo(by=request.user)
    except SAID as problem:
        messages.error(request, str(problem))
        return redirect("review_queue")
    messages.success(request, _("已撤销，图斑回到待审核。"))
    query = PatchFilter.read(request.GET).query
    return redirect(reverse("review", args=[patch.pk]) + (f"?{query}" if query else ""))


@require_GET
def review(request, pk: int):
    """One patch to be judged. Whoever may and finds it free claims it by looking."""
    require(request.user, "review.work")
    patch = patch_for(request.user, pk)
    return show(request, patch)


def purpose_at(person, patch, wanted: str) -> str:
    """For which work the person looks at this patch; blank: only to read."""
    if wanted in ("", BLIND) and queries.blind_for(person).filter(pk=patch.pk).exists():
        return BLIND
    for purpose, state in queries.STATES.items():
        if patch.state == state and may(person, claims.ASKED[purpose], patch):
            return purpose
    return ""


def show(request, patch, *, faults=(), typed=None, status=200):
    """The page; `typed` are the values of a form that was refused."""
    purpose = purpose_at(request.user, patch, request.GET.get("purpose", ""))
    claim, other = claimed(request.user, patch, purpose)
    chosen = PatchFilter.read(request.GET)
    outline = queries.outline_of(patch)
    hidden = purpose == BLIND
    config = map_config(request.user, patch.run) | {
        "patch_pk": patch.pk, "patch_geojson": reverse("review_geojson", args=[0]),
    }  # fmt: skip
    context = {
        "patch": patch, "run": patch.run, "purpose": purpose, "claim": claim, "other": other,
        "faults": list(faults), "typed": typed or {}, "evidence": evidence_of(patch),
        "map_config": config, "outline": outline, "priority": explained(patch),
        "query": urlencode({"purpose": purpose}) + (f"&{chosen.query}" if chosen.query else ""),
        "reasons": grouped_reasons(), "types": {k: choices(v) for k, v in TYPES.items()},
        "said": [] if hidden else queries.reviews_of(request.user, patch),
        "timeline": [] if hidden else timeline(patch),
        "outlines": patch.refinements.select_related("person"),
        "seen_as": None if hidden else queries.standing(other=patch).select_related("kept").first(),
        "steps": steps_for(request.user, patch), "undo": queries.last_decision(request.user),
        "minutes": int(rule("claim_minutes")), "seen_version": patch.version,
        "seconds_left": int((claim.expires_at - clock.now()).total_seconds()) if claim else 0,
    }  # fmt: skip
    return render(request, "reviews/review.html", context, status=status)


def claimed(person, patch, purpose: str):
    """The person's claim, made now where it is free, and who else has it: one of them is None."""
    if not purpose:
        return None, queries.claim_on(patch)
    try:
        return claims.take(patch, by=person, purpose=purpose), None
    except ClaimedByOther:
        return None, queries.claim_on(patch)


def choices(name: str) -> list[tuple[str, str]]:
    """A code list for a select."""
    return [(code, row[language()]) for code, row in code_list(name).items()]


def grouped_reasons() -> list[tuple[str, list[dict]]]:
    """The reasons of dismissal under their groups, with their keys."""
    found: dict[str, list[dict]] = {}
    for code, row in reasons().items():
        found.setdefault(row["group"], []).append({"code": code, "key": row["key"]})
    return list(found.items())


@require_POST
def review_decide(request, pk: int):
    """Write a judgement and go on to the next patch; what is refused is shown with what was typed."""
    patch = patch_for(request.user, pk)
    purpose = purpose_at(request.user, patch, request.GET.get("purpose", ""))
    try:
        label = decide(request, patch, purpose)
    except SAID as problem:
        faults = problem.details or [str(problem.message)]
        if not isinstance(problem, BadForm):
            faults = [str(problem)]
        patch = patch_for(request.user, pk)
        return show(request, patch, faults=faults, typed=request.POST, status=problem.status)
    messages.success(request, f"{patch.patch_id}：{label}")
    return onward(request, purpose)


def number_of(text: str) -> int | None:
    """A version as the form sent it; None for anything else.

    >>> number_of("12"), number_of("²"), number_of("")
    (12, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None


def decide(request, patch, purpose: str) -> str:
    """The action a form asks for; gives its name in words."""
    asked = request.POST
    reason, remark = asked.get("reason", ""), asked.get("remark", "").strip()
    verdict = "dismiss" if reason else asked.get("verdict", "")
    types = {name: asked.get(name, "") for name in TYPES}
    seen = number_of(asked.get("version", ""))
    if purpose == BLIND:
        actions.judge_blind(
            patch, by=request.user, verdict=verdict, reason=reason, remark=remark, **types
        )
        return _("已记下您的判断")
    if verdict == "accept":
        actions.accept(patch, by=request.user, remark=remark, seen=seen, **types)
        return _("审核通过")
    if verdict == "dismiss":
        actions.dismiss(patch, by=request.user, reason=reason, remark=remark, seen=seen)
        return _("已排除")
    if verdict == "release":
        actions.release(patch, by=request.user, remark=remark, seen=seen)
        return _("质检通过")
    if verdict == "return":
        actions.send_back(patch, by=request.user, remark=remark, seen=seen)
        return _("已退回重审")
    raise BadForm(_("结论：请选择"))


@require_POST
def review_outline(request, pk: int):
    """Keep a drawn outline."""
    patch = patch_for(request.user, pk)
    seen = request.POST.get("version", "")
    try:
        drawn = refining.refine(
            patch, by=request.user, outline=request.POST.get("outline", ""),
            reason=request.POST.get("outline_reason", "").strip(),
            seen=number_of(seen),
        )  # fmt: skip
    except SAID as problem:
        faults = problem.details or [str(problem.message)]
        return show(request, patch, faults=faults, typed=request.POST, status=problem.status)
    said = _("范围已修订：%(area).4f 公顷，其中红线内 %(inside).4f 公顷。")
    messages.success(request, said % {"area": drawn.area_ha, "inside": drawn.redline_area_ha})
    query = request.GET.urlencode()
    return redirect(reverse("review", args=[pk]) + (f"?{query}" if query else ""))


@require_GET
def review_geojson(request, pk: int):
    """The outline that counts, with the detector's two beside it, as one GeoJSON feature."""
    patch = patch_for(request.user, pk)
    drawn = queries.newest_outline(patch)
    asked = {"raw": "geom_raw", "refined": "geom"}
    row = Patch.objects.filter(pk=patch.pk).values_list(
        *(AsGeoJSON(f, precision=COORDINATE_DECIMALS) for f in asked.values())
    )[0]
    shapes = {n: json.loads(t) if t else None for n, t in zip(asked, row, strict=True)}
    if drawn is not None:
        text = Refinement.objects.filter(pk=drawn.pk).values_list(
            AsGeoJSON("geom", precision=COORDINATE_DECIMALS), flat=True
        )[0]
        shapes["drawn"] = json.loads(text)
    body = {
        "type": "Feature", "id": patch.pk, "geometry": shapes.get("drawn") or shapes["refined"],
        "properties": {"patch_id": patch.patch_id, "raw": shapes["raw"], "refined": shapes["refined"]},
    }  # fmt: skip
    return JsonResponse(body)


@require_POST
def review_renew(request, pk: int):
    """The person is still at work: {seconds} left; 409 when somebody else has it now."""
    patch = patch_for(request.user, pk)
    purpose = purpose_at(request.user, patch, request.GET.get("purpose", ""))
    if not purpose:
        raise NotFound()
    claim = claims.take(patch, by=request.user, purpose=purpose)
    return JsonResponse({"seconds": int((claim.expires_at - clock.now()).total_seconds())})


@require_POST
def review_give_back(request, pk: int):
    """Stop working on it; it stands in the queue again."""
    patch = patch_for(request.user, pk)
    for purpose in PURPOSES:
        claims.end(patch, by=request.user, purpose=purpose)
    query = request.GET.urlencode()
    return redirect(reverse("review_queue") + (f"?{query}" if query else ""))


@require_POST
def review_restore(request, pk: int):
    """A dismissed patch goes back to the queue."""
    patch = patches_for(request.user).filter(pk=pk).first()
    if patch is None:
        raise NotFound()
    try:
        actions.restore(patch, by=request.user, remark=request.POST.get("remark", ""))
    except SAID as problem:
        faults = problem.details or [str(problem.message)]
        patch = patch_for(request.user, pk)
        return show(request, patch, faults=faults, typed=request.POST, status=problem.status)
    messages.success(request, _("已恢复待审。"))
    return redirect("review", pk)
