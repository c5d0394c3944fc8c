"""The audit of what was missed: plans with their figures, the short task, its pictures, its file."""

import io
import zipfile

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, Blocked, NotFound
from ecoredline.web.imagery import render as imagery
from ecoredline.web.patches.queries import run_for, runs_for
from ecoredline.web.reviews import audits as actions
from ecoredline.web.reviews.models import AuditPlace
from ecoredline.web.reviews.office_views import number_of, sent

CHIP_PX, HALF_PX, LEAST_HALF_M = 384, 40, 60.0  # of the run's pixels to each side
SIDES = ("before", "after")
PERCENT = 100


def plan_for(person, pk: int):
    """A plan of a run the person may see; raises `NotFound` otherwise."""
    found = actions.plans_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


@require_http_methods(["GET", "POST"])
def audits(request):
    """The plans with their figures, and a new one."""
    require(request.user, "review.audit")
    faults: list[str] = []
    if request.method == "POST":
        try:
            made = new_plan(request)
        except BadForm as problem:
            faults = problem.details
        else:
            count = made.places.count()
            messages.success(request, _("已抽取 %(count)s 处。") % {"count": count})
            return redirect("audits")
    plans = [p for p in actions.plans_for(request.user) if may(request.user, "review.audit", p.run)]
    for plan in plans:
        describe(plan, request.user)
    context = {
        "plans": plans, "faults": faults, "typed": request.POST,
        "runs": [r for r in runs_for(request.user) if may(request.user, "review.audit_plan", r)],
        "can_plan": may(request.user, "review.audit_plan"),
    }  # fmt: skip
    return render(request, "reviews/audits.html", context, status=422 if faults else 200)


def describe(plan, person) -> None:
    """What the list shows of a plan."""
    plan.wanted, plan.judged = plan.looks * plan.places.count(), actions.judged_count(plan)
    plan.mine = actions.waiting(plan, person).count()
    plan.figures = actions.figures(plan) if plan.ended_at else None
    plan.may_close = plan.ended_at is None and may(person, "review.audit_plan", plan.run)


def new_plan(request):
    """The plan a form asks for."""
    asked = request.POST
    run = run_for(request.user, number_of(asked.get("run", ""), int) or 0)
    numbers = {k: number_of(asked.get(k, ""), int) for k in ("size", "seed", "looks")}
    return actions.make_plan(run, **numbers, by=request.user)


@require_http_methods(["GET", "POST"])
def audit(request, pk: int):
    """One place after the other; the figures when nothing waits any more."""
    plan = plan_for(request.user, pk)
    require(request.user, "review.audit", plan.run)
    faults: list[str] = []
    if request.method == "POST":
        try:
            say(request, plan)
        except (BadForm, Blocked) as problem:
            faults = problem.details or [str(problem.message)]
        else:
            return redirect("audit", pk)
    plan.refresh_from_db()
    return page(request, plan, faults)


def say(request, plan) -> None:
    """Keep what the form says of its place."""
    number = number_of(request.POST.get("number", ""), int)
    place = plan.places.filter(number=number).first() if number is not None else None
    if place is None:
        raise NotFound()
    remark = request.POST.get("remark", "").strip()
    verdict = request.POST.get("verdict", "")
    actions.answer(place, by=request.user, verdict=verdict, remark=remark)


def page(request, plan, faults):
    """The place that waits, or the one the person wants to say anew, or the figures."""
    describe(plan, request.user)
    place = actions.waiting(plan, request.user).first()
    last = actions.last_of(plan, request.user) if plan.ended_at is None else None
    if "again" in request.GET and last is not None:
        place = last
    context = {
        "plan": plan, "run": plan.run, "place": place, "last": last, "faults": faults,
        "done": plan.places.count() - plan.mine,
        "may_file": plan.ended_at is not None and may(request.user, "review.export", plan.run),
    }  # fmt: skip
    if plan.ended_at is not None:
        context |= {
            "counts": actions.counts(plan),
            "missed": actions.missed(plan),
            "rows": figure_rows(plan),
        }
    return render(request, "reviews/audit.html", context, status=422 if faults else 200)


def figure_rows(plan) -> list[dict]:
    """The figures of an ended plan: label, value, half of the 95 % interval, unit."""
    if plan.figures is None:
        return []
    found = plan.figures["estimates"]
    shares = ((_("查全率（1−漏报，按面积）"), found.producers[0]),
              (_("查准率（1−误报，按面积）"), found.users[0]), (_("总体精度"), found.overall))  # fmt: skip
    rows = [
        {"label": label, "value": PERCENT * e.value, "half": PERCENT * e.half_width, "unit": "%"}
        for label, e in shares
        if e.value == e.value
    ]
    area = found.area[0]
    return [
        *rows,
        {
            "label": _("变化面积估计"),
            "value": area.value,
            "half": area.half_width,
            "unit": _("公顷"),
        },
    ]


@require_POST
def audit_close(request, pk: int):
    """End a plan before all is judged."""
    actions.close(plan_for(request.user, pk), by=request.user)
    return redirect("audit", pk)


@require_GET
def audit_chip(request, pk: int, side: str):
    """The ground around a place on one date; 204 where the image shows nothing."""
    place = (
        AuditPlace.objects.select_related("plan__run__before", "plan__run__after")
        .filter(pk=pk)
        .first()
    )
    if place is None or side not in SIDES or not may(request.user, "review.audit", place.plan.run):
        raise NotFound()
    run = place.plan.run
    scene = getattr(run, side)
    pixel_m = max(run.record.get("grid", {}).get("pixel_m") or [0.0])
    half = max(LEAST_HALF_M, HALF_PX * pixel_m)
    body = scene and imagery.around(scene, place.point.x, place.point.y, half, CHIP_PX)
    response = HttpResponse(body or b"", content_type="image/png", status=200 if body else 204)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@require_GET
def audit_file(request, pk: int):
    """Form and key of an ended plan, for `ecoredline accuracy` and `train --audit`; recorded."""
    plan = plan_for(request.user, pk)
    require(request.user, "review.audit", plan.run)
    require(request.user, "review.export", plan.run)
    if plan.ended_at is None:
        raise Blocked(_("抽查尚未结束"))
    body, name = io.BytesIO(), f"audit-{plan.pk}"
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", actions.form_csv(plan))
        archive.writestr(f"{name}.key.json", actions.key_json(plan))
    note_request(request, "reviews.audit", f"plan {plan.pk}")
    return sent(body.getvalue(), "zip", name)
