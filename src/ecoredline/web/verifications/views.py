"""The page on which a county verifies a clue, and the levels above say their word."""

import uuid

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ecoredline.codes import code_list
from ecoredline.web.clues.queries import clue_for, due_class
from ecoredline.web.core import clock
from ecoredline.web.core.middleware import wants_json
from ecoredline.web.core.permissions import may
from ecoredline.web.core.problems import (
    BadForm,
    Blocked,
    MovedMeanwhile,
    NotFound,
    Problem,
    StepNotAllowed,
)
from ecoredline.web.core.timeline import path_of, steps_for, timeline
from ecoredline.web.files.actions import Told
from ecoredline.web.verifications import actions, queries, showing
from ecoredline.web.verifications.facts import AREAS, TEXTS, read_approvals, read_facts
from ecoredline.web.verifications.missing import files_of, missing_of

MENDABLE = (BadForm, Blocked, MovedMeanwhile, StepNotAllowed)
PLAIN = (
    *TEXTS,
    "kind",
    "verdict",
    "activity_type",
    "permitted_category",
    "checked_on",
    "started_on",
    "area_ha",
    "redline_area_ha",
)
JUDGING = ("endorse", "send_back", "clear", "reopen")
APPROVAL_FIELDS = ("has", "number", "issuer", "dated")


@never_cache
@require_http_methods(["GET", "POST"])
def verify(request, pk: int):
    """The clue, the draft of the person's unit or what went up, and what the levels above said.

    A program (`Accept: application/json`) that saves gets {saves, missing, saved_at}.
    """
    clue = clue_for(request.user, pk)
    if request.method == "GET":
        return page(request, clue)
    try:
        draft, faults = kept(request, clue)
        if request.POST.get("then") == "submit" and not faults:
            actions.submit(draft, by=request.user, seen=seen_of(request, "version"))
            messages.success(request, _("已上报"))
            return redirect("verify", pk)
    except MENDABLE as fault:
        if wants_json(request):
            raise
        return page(request, clue_for(request.user, pk), fault=fault, typed=request.POST)
    if wants_json(request):
        state = state_of(draft)
        return JsonResponse(state | {"missing": [*faults, *state["missing"]]})
    if faults:
        kept_rest = _("其余内容已存为草稿")
        return page(request, clue, fault=BadForm(*faults, kept_rest), typed=request.POST)
    messages.success(request, _("草稿已保存"))
    return redirect("verify", pk)


def kept(request, clue):
    """Save what was typed, then hang the files on it; gives the draft and what was wrong with files."""
    facts, faults = readable(facts_of(request.POST))
    draft = actions.save_draft(
        clue=clue, by=request.user, client_key=request.POST.get("client_key", "")[:64],
        seen=seen_of(request, "saves"), **facts,
    )  # fmt: skip
    for name in request.FILES:
        for upload in request.FILES.getlist(name):
            try:
                actions.add_file(
                    draft,
                    upload,
                    item=name.removeprefix("file-"),
                    by=request.user,
                    told=told_of(request.POST),
                )
            except BadForm as fault:
                faults += fault.details
    return draft, faults


def readable(facts: dict) -> tuple[dict, list[str]]:
    """What of a form can be kept as a draft, and everything that is wrong with the rest.

    One wrong number must not cost the officer the text typed beside it; what cannot be read stays
    on the phone and in the list of faults, and stops the submission.
    """
    kept, faults = {}, []
    for name, value in facts.items():
        try:
            read_approvals(value) if name == "approvals" else read_facts({name: value})
            kept[name] = value
        except BadForm as fault:
            faults += fault.details
    try:
        read_facts({name: value for name, value in kept.items() if name != "approvals"})
    except BadForm as fault:  # fields that contradict each other
        faults += fault.details
        kept = {name: value for name, value in kept.items() if name not in AREAS}
    return kept, faults


def seen_of(request, name: str) -> int | None:
    """A number the page was made with; None when it does not say."""
    said = request.POST.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def facts_of(post) -> dict:
    """The form as `save_draft` takes it; only fields the form holds."""
    facts = {name: post[name] for name in PLAIN if name in post}
    facts["problem_type"] = post.getlist("problem_type")
    facts["checklist"] = {
        k.removeprefix("check-"): v for k, v in post.items() if k.startswith("check-")
    }
    facts["approvals"] = [
        {"kind": code, **row, "has": row["has"] == "yes"}
        for code, row in typed_approvals(post).items()
        if row["has"] in ("yes", "no")
    ]
    return facts


def typed_approvals(post) -> dict:
    """What was typed about each kind of approval."""
    return {
        code: {field: post.get(f"approval-{code}-{field}", "") for field in APPROVAL_FIELDS}
        for code in code_list("approval_kinds")
    }


def told_of(post) -> Told:
    """Position and bearing that the phone or the person gives beside a photograph."""

    def number(name, least, most):
        try:
            value = float(post.get(name, ""))
        except ValueError:
            return None
        return value if least <= value <= most else None

    lon, lat = number("told_lon", -180, 180), number("told_lat", -90, 90)
    within = number("told_accuracy", 0, 1e6)
    source = _("浏览器定位（%(time)s，精度约%(within)s米，未经核实）") % {
        "time": clock.now().strftime("%Y-%m-%d %H:%M UTC"), "within": "—" if within is None else round(within),
    }  # fmt: skip
    return Told(lon, lat, number("told_bearing", 0, 360), source)


def state_of(draft) -> dict:
    """What a script is told after saving."""
    return {
        "saves": draft.saves, "missing": missing_of(draft), "submitted": draft.submitted_at is not None,
        "saved_at": clock.now().isoformat(),
    }  # fmt: skip


def page(request, clue, *, fault: Problem | None = None, typed=None, act: str = ""):
    """The page; `typed` is what stays in the fields of a form that was refused."""
    steps = steps_for(request.user, clue)
    editing = "submit" in steps
    draft = actions.draft_of(clue, request.user) if editing else None
    rounds = [showing.shown(row) for row in queries.submitted_of(clue)]
    photographs = (
        list(files_of(draft)) if draft else [r["file"] for x in rounds[-1:] for r in x["files"]]
    )
    context = {
        "clue": clue, "due_class": due_class(clue), "editing": editing, "draft": draft,
        "rounds": rounds, "back_word": queries.last_word_back(clue), "steps": steps,
        "judging": [name for name in JUDGING if name in steps], "act": act,
        "at_owner": clue.holder_id == clue.owner_id, "fault": fault, "typed": typed or {},
        "path": path_of(clue), "timeline": timeline(clue), "may_spot_check": may(request.user, "spot_check.view"),
        "map_config": showing.map_of(request.user, clue, photographs),
    }  # fmt: skip
    if editing:
        context |= form_context(clue, draft, request.user, None if act else typed)
        if draft and isinstance(fault, MovedMeanwhile):  # who was told may save over it knowingly
            context["saves"] = draft.saves
    return render(
        request, "verifications/verify.html", context, status=fault.status if fault else 200
    )


def form_context(clue, draft, person, typed) -> dict:
    """The fields' values: as typed, else as kept, else what the clue suggests."""
    row = draft or actions.new_draft(clue, person)
    values = {name: text_of(getattr(row, name)) for name in PLAIN}
    problems = row.problem_type.split(";")
    answers = None
    if typed:
        values |= {name: typed[name] for name in PLAIN if name in typed}
        problems = typed.getlist("problem_type")
        answers = {k.removeprefix("check-"): v for k, v in typed.items() if k.startswith("check-")}
    elif not draft:
        values["checked_on"] = clock.today().isoformat()
        values["activity_type"] = row.activity_type or clue.activity_type
    return {
        "values": values, "problems": problems, "choices": showing.choices(),
        "items": showing.item_rows(clue, row, answers),
        "approvals": showing.approval_rows(draft, typed_approvals(typed) if typed else None),
        "missing": missing_of(draft) if draft else [],
        "saves": (typed and typed.get("saves")) or (draft.saves if draft else ""),
        "client_key": (typed and typed.get("client_key")) or (draft and draft.client_key) or uuid.uuid4().hex,
        "today": clock.today(), "round": row.round,
    }  # fmt: skip


def text_of(value) -> str:
    """A field's value as the form shows it."""
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@require_POST
def verify_file(request, pk: int):
    """Hang one photograph or document on the draft; gives the checklist line as a piece of a page."""
    clue = clue_for(request.user, pk)
    draft = actions.draft_of(clue, request.user) or actions.save_draft(clue=clue, by=request.user)
    item, upload = request.POST.get("item", ""), request.FILES.get("file")
    if upload is None:
        raise BadForm(_("没有收到文件"))
    made = actions.add_file(
        draft, upload, item=item, by=request.user, told=told_of(request.POST),
        caption=request.POST.get("caption", "")[:300],
    )  # fmt: skip
    if wants_json(request):
        return JsonResponse(
            {
                "file": made.pk,
                "sha256": made.sha256,
                "count": files_of(draft).count(),
                **state_of(draft),
            }
        )
    return line(request, clue, draft, item)


@require_POST
def verify_file_remove(request, pk: int, file: int):
    """Take one off the draft again."""
    clue = clue_for(request.user, pk)
    draft = actions.draft_of(clue, request.user)
    found = draft and files_of(draft).filter(pk=file).first()
    if not found:
        raise NotFound()
    actions.remove_file(draft, file, by=request.user)
    if request.headers.get("HX-Request"):
        return line(request, clue, draft, found.purpose)
    return redirect(f"{reverse('verify', args=[pk])}#item-{found.purpose}")


def line(request, clue, draft, code: str):
    """One line of the checklist as a piece of the page."""
    rows = [row for row in showing.item_rows(clue, draft) if row["item"].code == code]
    if not rows:
        raise NotFound()
    context = {
        "row": rows[0],
        "clue": clue,
        "editing": True,
        "missing": missing_of(draft),
        "fragment": True,
        "saves": draft.saves,
    }
    return render(request, "verifications/item.html", context)


@require_POST
def verify_judge(request, pk: int, act: str):
    """A word of a level above: endorse, send_back, clear, reopen."""
    clue = clue_for(request.user, pk)
    if act not in JUDGING:
        raise NotFound()
    facts = {"reason": request.POST.get("reason", "")}
    if act == "endorse":
        facts = {"said": facts["reason"]}
    try:
        if act == "send_back":
            facts["missing"] = request.POST.get("missing", "").splitlines()
        if act in ("send_back", "reopen"):
            facts["due_on"] = due_of(request)
        getattr(actions, act)(clue, by=request.user, seen=seen_of(request, "version"), **facts)
    except MENDABLE as fault:
        return page(request, clue_for(request.user, pk), fault=fault, typed=request.POST, act=act)
    messages.success(request, _("已办理"))
    return redirect("verify", pk)


def due_of(request):
    """The date typed, None for none; raises `BadForm` for one that is past or no date."""
    said = request.POST.get("due_on", "")
    if not said:
        return None
    try:
        found = clock.now().date().fromisoformat(said)
    except ValueError:
        found = None
    if found is None or found < clock.today():
        raise BadForm(_("期限“%(got)s”应为今天或以后的日期，如 2026-03-31") % {"got": said})
    return found
