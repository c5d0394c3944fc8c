"""Steps on cases, from opening to closing and what follows it. See `steps`."""

from datetime import date

from ninja import File, Form
from ninja.files import UploadedFile

from ecoredline.web.api import bodies
from ecoredline.web.api.bodies import Year
from ecoredline.web.api.resources import noted
from ecoredline.web.api.service import api
from ecoredline.web.api.steps import BY_NAME, Made, Stands, all_of, given, stands, step, unit_of
from ecoredline.web.cases import actions as cases
from ecoredline.web.cases import handing, importing
from ecoredline.web.cases.models import Case
from ecoredline.web.cases.queries import handover_for
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.problems import BadForm
from ecoredline.web.files.list_page import check_size
from ecoredline.web.measures import actions as measures
from ecoredline.web.patches.models import Run
from ecoredline.web.rectification import actions as rectification
from ecoredline.web.rectification import checking, closing, proof
from ecoredline.web.rectification.models import RectificationItem
from ecoredline.web.rectification.queries import item_for


@api.post("/cases", response=Made, tags=["cases"], operation_id="open_case")
def open_case(request, body: bodies.OpenCase):
    """Confirm the clues and open the case that is followed to its closing."""
    chosen = all_of(Clue, request.user, body.clues)
    found = cases.open_case(clues=chosen, by=request.user, **given(body, "clues"))
    return {"id": found.pk, "number": found.number}


@api.post("/handovers", tags=["cases"], response=list[Made], operation_id="hand_to_department")
def hand_to_department(request, body: bodies.HandToDepartment):
    """Hand cases to a department by one letter of annex 5."""
    chosen = all_of(Case, request.user, body.cases)
    handing.hand_to_department(chosen, by=request.user, **given(body, "cases"))
    return [{"id": case.pk, "number": case.number} for case in chosen]


@api.post("/pushes", tags=["cases"], response=list[Made], operation_id="push")
def push(request, body: bodies.Push):
    """Push cases to enforcement and inspection by one letter."""
    chosen = all_of(Case, request.user, body.cases)
    handing.push(chosen, by=request.user, **given(body, "cases"))
    return [{"id": case.pk, "number": case.number} for case in chosen]


@api.get("/cases/{int:pk}/handovers", tags=["cases"], operation_id="case_handovers")
def handovers(request, pk: int) -> list[dict]:
    """To whom a case was handed, with the keys their replies are entered under."""
    case = noted(request, BY_NAME["cases"], pk, "api.read")
    return [
        {"id": r.pk, "kind": r.kind, "to_unit": r.to_unit_id, "department": r.department,
         "sent_on": r.sent_on, "due_on": r.due_on, "replied_on": r.replied_on}
        for r in case.handovers.order_by("pk")
    ]  # fmt: skip


@api.post("/handovers/{int:pk}/reply", tags=["cases"], response=Made, operation_id="reply")
def reply(request, pk: int, body: bodies.Feedback):
    """Enter what came back."""
    row = handing.record_reply(handover_for(request.user, pk), by=request.user, **given(body))
    return {"id": row.pk, "number": row.case.number}


def hand_over(case, by, body):
    """To the responsible unit."""
    handing.hand_over(case, to_unit=unit_of(by, body.to_unit), by=by, **given(body, "to_unit"))


def recheck(case, by, body):
    """A round on site."""
    strange = [key for key in body.conditions if not (key.isascii() and key.isdecimal())]
    if strange:
        raise BadForm(*(f"conditions: {key!r}" for key in strange))
    met = {int(key): said for key, said in body.conditions.items()}
    checking.recheck(case, by=by, conditions=met, **given(body, "conditions"))


def progress(case, by, body):
    """Of one measure or of all."""
    item = item_of(case, by, body.item) if body.item else None
    rectification.add_progress(case, by=by, item=item, **given(body, "item"))


def item_of(case, by, pk: int) -> RectificationItem:
    """A measure of the case's plans; raises `BadForm`."""
    found = RectificationItem.objects.filter(plan__case=case, pk=pk).first()
    if found is None:
        raise BadForm(f"item: {pk}")
    return found


def add_clues(case, by, body):
    """Further clues of the same ground."""
    chosen = all_of(Clue, by, body.clues)
    cases.add_clue(case, clues=chosen, by=by, **given(body, "clues"))


def observe(case, by, body):
    """What a later run shows."""
    (run,) = all_of(Run, by, [body.run])
    proof.observe(case, run, by=by)


def strike_off(case, by, body):
    """Without rectification."""
    into = all_of(Case, by, [body.merged_into])[0] if body.merged_into else None
    closing.strike_off(case, by=by, merged_into=into, **given(body, "merged_into"))


def measure(case, by, body):
    """A rung of the ladder."""
    towards = unit_of(by, body.towards)
    measures.take_measure(by=by, case=case, towards=towards, **given(body, "towards"))


step("cases", "hand-over", bodies.HandOver, hand_over)
step(
    "cases",
    "investigate",
    bodies.Investigate,
    lambda c, by, b: cases.investigate(c, by=by, **given(b)),
)
step(
    "cases", "plan", bodies.MakePlan, lambda c, by, b: rectification.make_plan(c, by=by, **given(b))
)
step("cases", "progress", bodies.ProgressIn, progress)
step("cases", "describe", bodies.Describe, lambda c, by, b: cases.describe(c, by=by, **given(b)))
step("cases", "add-clues", bodies.AddClues, add_clues)
step("cases", "send-back", bodies.BackToWork,
     lambda c, by, b: checking.send_back(c, by=by, **given(b)))  # fmt: skip
step("cases", "keep-closed", bodies.Reason,
     lambda c, by, b: closing.keep_closed(c, by=by, **given(b)))  # fmt: skip
step("cases", "observe", bodies.Observe, observe)
step("cases", "remind", bodies.Said, lambda c, by, b: handing.remind(c, by=by, **given(b)))
step("cases", "request-closing", bodies.Said,
     lambda c, by, b: rectification.request_closing(c, by=by, **given(b)))  # fmt: skip
step("cases", "recheck", bodies.RecheckIn, recheck)
step("cases", "close", bodies.Close, lambda c, by, b: closing.close_case(c, by=by, **given(b)))
step("cases", "strike-off", bodies.StrikeOff, strike_off)
step("cases", "reopen", bodies.Reason, lambda c, by, b: closing.reopen(c, by=by, **given(b)))
step("cases", "extend", bodies.Extend, lambda c, by, b: handing.extend(c, by=by, **given(b)))
step("cases", "measure", bodies.MeasureIn, measure)
step("cases", "refer", bodies.Refer, lambda c, by, b: measures.refer(c, by=by, **given(b)))
step("cases", "report-up", bodies.Said, lambda c, by, b: measures.report_up(c, by=by, said=b.said))


@api.post("/case-imports", tags=["cases"], response=list[Made], operation_id="import_problems")
def take_in(request, upload: UploadedFile = File(...), year: Year | None = Form(None),
            detail: str = Form("")):  # fmt: skip
    """Take an annex 4 in: each new number becomes a clue with its case, all or nothing."""
    check_size(upload.size)
    found = importing.import_problems(
        upload.read(), by=request.user, name=upload.name or "", year=year, detail=detail
    )
    return [{"id": case.pk, "number": case.number} for case in found]


# ---- the measures of a plan
@api.get("/cases/{int:pk}/items", tags=["cases"], operation_id="case_items")
def items(request, pk: int) -> list[dict]:
    """The measures of every version of the plan, with their keys."""
    case = noted(request, BY_NAME["cases"], pk, "api.read")
    rows = RectificationItem.objects.filter(plan__case=case).select_related("plan").order_by("pk")
    return [
        {"id": r.pk, "plan": r.plan.number, "kind": r.kind, "title": r.title, "state": r.state,
         "due_on": r.due_on, "condition": r.condition, "done_on": r.done_on}
        for r in rows
    ]  # fmt: skip


@api.post("/items/{int:pk}/finish", response=Stands, tags=["cases"], operation_id="finish_item")
def finish(
    request, pk: int, said: str = Form(""), done_on: date | None = Form(None),
    seen: int | None = Form(None), photos: list[UploadedFile] = File([]),
    documents: list[UploadedFile] = File([]),
):  # fmt: skip
    """A measure is done, with the evidence its kind asks for (multipart)."""
    item = item_for(request.user, pk)
    rectification.finish_item(
        item, by=request.user, said=said, done_on=done_on, seen=seen, photos=photos,
        documents=documents,
    )  # fmt: skip
    return stands(after(item))


@api.post("/items/{int:pk}/cancel", response=Stands, tags=["cases"], operation_id="cancel_item")
def cancel(request, pk: int, body: bodies.Reason):
    """A measure need not be done, and why."""
    item = item_for(request.user, pk)
    rectification.cancel_item(item, by=request.user, **given(body))
    return stands(after(item))


@api.post("/items/{int:pk}/extend", response=Stands, tags=["cases"], operation_id="extend_item")
def extend(request, pk: int, body: bodies.Extend):
    """A later date for one measure."""
    item = item_for(request.user, pk)
    rectification.extend_item(item, by=request.user, **given(body))
    return stands(after(item))


def after(item: RectificationItem) -> Case:
    """The case as it now stands."""
    return Case.objects.get(pk=item.plan.case_id)
