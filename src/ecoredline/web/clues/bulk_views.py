"""Many clues at once: looked at first, then done as a whole."""

from collections import defaultdict
from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.web.clues import dispatching, queries
from ecoredline.web.clues.consulting import Outcome, consult
from ecoredline.web.clues.dated import default_due
from ecoredline.web.clues.filters import ClueFilter
from ecoredline.web.clues.models import Clue, Consultation
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import (
    BadFilter,
    BadForm,
    MovedMeanwhile,
    NotAllowed,
    NotFound,
    StepNotAllowed,
)

MOST_AT_ONCE = 500
PAGE_ROWS = 50
HANDS = {"dispatch": dispatching.dispatch_clues, "pass_down": dispatching.pass_down_clues}
SAID = (BadForm, MovedMeanwhile, StepNotAllowed)


def chosen_clues(request) -> list[Clue]:
    """The clues ticked, or all of the selection; raises `BadFilter` for too many."""
    given = request.POST if request.method == "POST" else request.GET
    if given.get("all"):
        clues = list(queries.clues_for(request.user, ClueFilter.read(given))[: MOST_AT_ONCE + 1])
    else:
        ids = [key for part in given.getlist("ids") for key in part.split(",") if key]
        clues = queries.clues_by_numbers(request.user, ids)
    if len(clues) > MOST_AT_ONCE:
        raise BadFilter(_("一次最多办理 %(most)d 条，请缩小筛选") % {"most": MOST_AT_ONCE})
    return clues


def able(person, step: str, clues: list[Clue]) -> tuple[list[Clue], list[Clue]]:
    """Those on which the person may take the step now, and the rest."""
    start = Clue.LIFECYCLE.step(step).start
    fits = [c for c in clues if c.state in start and may(person, f"clue.{step}", c)]
    keys = {c.pk for c in fits}
    return fits, [c for c in clues if c.pk not in keys]


@require_http_methods(["GET", "POST"])
def clue_bulk(request):
    """Dispatch, pass down or sign for many clues: a preview, then all or nothing."""
    given = request.POST if request.method == "POST" else request.GET
    step = given.get("do", "")
    if step == "consult":
        clues = chosen_clues(request)
        return redirect_to_consult(clues)
    if step not in (*HANDS, "receive"):
        raise NotFound()
    require(request.user, f"clue.{step}")
    clues, rest = able(request.user, step, chosen_clues(request))
    faults, status = [], 200
    if request.POST.get("confirm"):
        try:
            done = (
                receive_all(request, clues) if step == "receive" else hand_all(request, step, clues)
            )
        except SAID as problem:
            faults, status = told(problem), problem.status
            clues = queries.clues_by_numbers(request.user, [c.pk for c in clues])
        else:
            messages.success(request, done)
            return redirect("clue_list")
    return preview(request, step, clues, rest, faults, status)


def told(problem) -> list[str]:
    """The sentences of a refusal."""
    if isinstance(problem, BadForm):
        return problem.details
    return [str(problem)]


def redirect_to_consult(clues):
    """To the consultation of these clues."""
    return redirect(f"{reverse('clue_consult')}?ids={','.join(str(c.pk) for c in clues)}")


def preview(request, step: str, clues, rest, faults, status: int):
    """What would be done: which clue to which unit, how many and how much for each letter."""
    units = list(queries.units_below(request.user))
    rows = [{"clue": c, "unit": target_of(request, c, units), "letter_to": None} for c in clues]
    groups = defaultdict(list)
    for row in rows:
        row["is_strange"] = (
            bool(row["unit"]) and row["unit"].division_code not in row["clue"].scope_codes
        )
        groups[row["unit"]].append(row["clue"])
    totals = [
        {"unit": unit, "count": len(found), "area_ha": sum(c.redline_area_ha for c in found)}
        for unit, found in groups.items()
    ]
    due = min((default_due(u) for u in units), default=None)
    own = dispatching.own_due(clues, request.user.unit) if step == "pass_down" else None
    context = {
        "step": step, "label": Clue.LIFECYCLE.step(step).label, "rows": rows, "rest": rest,
        "units": units, "totals": totals, "faults": faults, "today": clock.today(),
        "due_on": request.POST.get("due_on") or (min(d for d in (due, own) if d) if due else ""),
        "latest": own, "typed": request.POST, "with_letter": "letter" in request.POST or not request.POST.get("confirm"),
    }  # fmt: skip
    return render(request, "clues/bulk.html", context, status=status)


def target_of(request, clue: Clue, units):
    """The unit a clue goes to: as chosen, else the next below in whose divisions it lies."""
    chosen = request.POST.get(f"to-{clue.pk}")
    if chosen is not None:
        return next((u for u in units if str(u.pk) == chosen), None)
    inside = (
        u for u in units if clue.division_code.startswith(u.division_code) and clue.division_code
    )
    return next(inside, None) or (units[0] if len(units) == 1 else None)


@transaction.atomic
def hand_all(request, step: str, clues) -> str:
    """One letter for each addressee; all of them or none. Gives what was done in words."""
    units = list(queries.units_below(request.user))
    groups, faults = defaultdict(list), []
    for clue in clues:
        unit = target_of(request, clue, units)
        if unit is None:
            faults.append(_("%(number)s 没有选择接收单位") % {"number": clue.number})
        groups[unit].append(clue)
    due_on = day_of(request.POST.get("due_on", ""), faults)
    if not clues:
        faults.append(_("没有可以办理的线索"))
    if faults:
        raise BadForm(*faults)
    said = []
    for unit, found in groups.items():
        letter = HANDS[step](
            clues=found, to_unit=unit, due_on=due_on, by=request.user, seen=seen_of(request, found),
            reason=request.POST.get("reason", "").strip(), letter=bool(request.POST.get("letter")),
            contact=request.POST.get("contact", "").strip(),
        )  # fmt: skip
        said.append(f"{unit.name} {len(found)}" + (f"（{letter.number}）" if letter else ""))
    return _("已下达：%(what)s") % {"what": "；".join(said)}


def day_of(text: str, faults: list[str]) -> date | None:
    """A day of a form; what cannot be read becomes a fault."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(_("反馈期限“%(got)s”应为 年-月-日") % {"got": text})
        return None


def seen_of(request, clues) -> dict[int, int]:
    """The versions the person looked at."""
    found = {c.pk: request.POST.get(f"seen-{c.pk}", "") for c in clues}
    return {pk: int(v) for pk, v in found.items() if v.isascii() and v.isdigit()}


@transaction.atomic
def receive_all(request, clues) -> str:
    """Sign for all of them."""
    for clue in clues:
        dispatching.receive(clue, by=request.user)
    return _("已签收 %(count)d 条。") % {"count": len(clues)}


@require_http_methods(["GET", "POST"])
def clue_consult(request):
    """A consultation over several clues with an outcome for each."""
    require(request.user, "clue.consult")
    clues, rest = able(request.user, "consult", chosen_clues(request))
    faults, status = [], 200
    if request.method == "POST" and request.POST.get("confirm"):
        try:
            held(request, clues)
        except (*SAID, NotAllowed) as problem:
            faults, status = told(problem), problem.status
        else:
            messages.success(request, _("会商意见已保存。"))
            return redirect("consultation_list")
    for clue in clues:
        clue.typed = {
            name: request.POST.get(f"{name}-{clue.pk}", "") for name in ("outcome", "opinion")
        }
        clue.typed["outcome"] = clue.typed["outcome"] or Outcome.KEEP
    context = {
        "clues": clues, "rest": rest, "faults": faults, "outcomes": Outcome.choices,
        "typed": request.POST, "today": clock.today(),
    }  # fmt: skip
    return render(request, "clues/consult.html", context, status=status)


def held(request, clues) -> Consultation:
    """The consultation of the form."""
    faults: list[str] = []
    day = day_of(request.POST.get("held_on", ""), faults)
    if faults:
        raise BadForm(*faults)
    outcomes = [
        (
            c,
            request.POST.get(f"outcome-{c.pk}", ""),
            request.POST.get(f"opinion-{c.pk}", "").strip(),
        )
        for c in clues
    ]
    return consult(
        by=request.user, held_on=day, participants=request.POST.get("participants", ""),
        summary=request.POST.get("summary", ""), outcomes=outcomes,
    )  # fmt: skip


@require_GET
def consultation_list(request):
    """The consultations of the person's unit, and of others about what the person sees."""
    seen = Clue.objects.visible_to(request.user).values("pk")
    found = (
        Consultation.objects.filter(items__clue__in=seen).distinct().select_related("unit", "by")
    )
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    for row in page.object_list:
        row.is_own = row.unit_id == request.user.unit_id
        row.shown = row.items.select_related("clue").filter(clue__in=seen)
    return render(request, "clues/consultations.html", {"page": page, "query": ""})
