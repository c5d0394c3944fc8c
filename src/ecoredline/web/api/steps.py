"""What can be done: each address calls the same action as the page, with the same refusals.

A step on one subject answers with its number, state and version afterwards.
"""

from collections.abc import Callable

from ninja import File, Form, Schema
from ninja.files import UploadedFile

from ecoredline.web.accounts.models import Unit
from ecoredline.web.api import bodies
from ecoredline.web.api.resources import RESOURCES, one_of, own_units
from ecoredline.web.api.service import api
from ecoredline.web.cases import actions as cases
from ecoredline.web.cases import handing
from ecoredline.web.cases.models import Case
from ecoredline.web.clues import actions as clues
from ecoredline.web.clues import consulting, dispatching, lists, merging
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.files import actions as files
from ecoredline.web.letters import actions as letters
from ecoredline.web.measures import actions as measures
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import patches_for
from ecoredline.web.rectification import actions as rectification
from ecoredline.web.rectification import checking, closing
from ecoredline.web.reviews import actions as reviews
from ecoredline.web.reviews import claims
from ecoredline.web.verifications import actions as verifications

BY_NAME = {resource.name: resource for resource in RESOURCES}


class Stands(Schema):
    """Where a subject stands after the step."""

    id: int
    number: str
    state: str
    version: int


class Made(Schema):
    """What a step made."""

    id: int
    number: str


def given(body: Schema, *without: str) -> dict:
    """The fields the program sent."""
    return body.model_dump(exclude=set(without), exclude_none=True)


def all_of(model, person, keys: list[int]) -> list:
    """Rows of a model the person sees, in the order asked; raises `BadForm` naming the strangers."""
    rows = patches_for(person) if model is Patch else model.objects.visible_to(person)
    found = {row.pk: row for row in rows.filter(pk__in=keys)}
    if strange := [str(key) for key in keys if key not in found]:
        raise BadForm(f"{model.__name__.lower()}: {', '.join(strange)}")
    return [found[key] for key in keys]


def unit_of(person, key: int) -> Unit:
    """A unit of the person's divisions."""
    found = own_units(person).filter(pk=key).first()
    if found is None:
        raise BadForm(f"to_unit: {key}")
    return found


def step(resource: str, name: str, body: type[Schema], work: Callable) -> None:
    """Put `POST /<resource>/{pk}/<name>` into the API; `work(subject, by, body)` does it."""

    @api.post(f"/{resource}/{{int:pk}}/{name}", response=Stands, tags=[resource],
              operation_id=f"{resource}_{name.replace('-', '_')}")  # fmt: skip
    def take(request, pk: int, given: body):
        subject = one_of(BY_NAME[resource], request.user, pk)
        work(subject, request.user, given)
        subject.refresh_from_db()
        return {
            "id": subject.pk, "number": str(subject), "state": subject.state,
            "version": getattr(subject, "version", 0),
        }  # fmt: skip

    take.__doc__ = body.__doc__


# ---- patches
def accept(patch, by, body):
    """Claim and accept."""
    claims.take(patch, by=by)
    reviews.accept(patch, by=by, **given(body))


def dismiss(patch, by, body):
    """Claim and dismiss."""
    claims.take(patch, by=by)
    reviews.dismiss(patch, by=by, **given(body))


def released(patch, by, body):
    """Claim for the second check and release."""
    claims.take(patch, by=by, purpose="check")
    reviews.release(patch, by=by, **given(body))


def returned(patch, by, body):
    """Claim for the second check and return."""
    claims.take(patch, by=by, purpose="check")
    reviews.send_back(patch, by=by, **given(body))


step("patches", "accept", bodies.Accept, accept)
step("patches", "dismiss", bodies.Dismiss, dismiss)
step("patches", "release", bodies.Remark, released)
step("patches", "return", bodies.Remark, returned)
step("patches", "restore", bodies.Remark, lambda p, by, b: reviews.restore(p, by=by, **given(b)))


# ---- clues
@api.post("/clues", response=Made, tags=["clues"], operation_id="raise_clue")
def raise_clue(request, body: bodies.Raise):
    """Raise a clue."""
    patches = all_of(Patch, request.user, body.patches)
    facts = {k: v for k, v in given(body, "patches").items() if v != ""}
    found = clues.raise_clue(by=request.user, patches=patches, **facts)
    return {"id": found.pk, "number": found.number}


@api.post("/consultations", response=Made, tags=["clues"], operation_id="consult")
def consult(request, body: bodies.Consult):
    """Write a consultation down and do what it agreed, all or nothing."""
    chosen = all_of(Clue, request.user, [o.clue for o in body.outcomes])
    agreed = [(c, o.outcome, o.opinion) for c, o in zip(chosen, body.outcomes, strict=True)]
    found = consulting.consult(by=request.user, outcomes=agreed, **given(body, "outcomes"))
    return {"id": found.pk, "number": str(found.held_on)}


@api.post("/lists", response=Made, tags=["lists"], operation_id="finalise_list")
def finalise_list(request, body: bodies.FinaliseList):
    """Freeze a list as it stands."""
    found = lists.finalise_list(unit=request.user.unit, by=request.user, **given(body))
    return {"id": found.pk, "number": f"{found.year}-{found.number}"}


@api.post("/dispatches", response=Made, tags=["clues"], operation_id="dispatch_clues")
def dispatch(request, body: bodies.Dispatch):
    """Dispatch clues to a unit by one letter of annex 3; all or nothing."""
    chosen = all_of(Clue, request.user, body.clues)
    to_unit = unit_of(request.user, body.to_unit)
    letter = dispatching.dispatch_clues(
        clues=chosen, to_unit=to_unit, by=request.user, **given(body, "clues", "to_unit")
    )
    return {"id": letter.pk, "number": letter.number}


def reassign(clue, by, body):
    """To another unit."""
    dispatching.reassign(clue, to_unit=unit_of(by, body.to_unit), by=by, **given(body, "to_unit"))


def pass_down(clue, by, body):
    """To a unit below."""
    dispatching.pass_down(clue, to_unit=unit_of(by, body.to_unit), by=by, **given(body, "to_unit"))


def merge(clue, by, body):
    """Into another."""
    (into,) = all_of(Clue, by, [body.into])
    merging.merge(clue, into=into, by=by, **given(body, "into"))


def submit(clue, by, body):
    """The unit's open draft goes up."""
    draft = verifications.draft_of(clue, by)
    if draft is None:
        raise NotFound()
    verifications.submit(draft, by=by, **given(body))


step("clues", "withdraw", bodies.Reason, lambda c, by, b: clues.withdraw(c, by=by, **given(b)))
step("clues", "merge", bodies.Merge, merge)
step("clues", "unmerge", bodies.Reason, lambda c, by, b: merging.unmerge(c, by=by, **given(b)))
step("clues", "receive", bodies.Seen, lambda c, by, b: dispatching.receive(c, by=by, **given(b)))
step("clues", "pass-down", bodies.Reassign, pass_down)
step("clues", "reassign", bodies.Reassign, reassign)
step("clues", "decline", bodies.Reason, lambda c, by, b: dispatching.decline(c, by=by, **given(b)))
step("clues", "extend", bodies.Extend, lambda c, by, b: dispatching.extend(c, by=by, **given(b)))
step("clues", "verification", bodies.Verify,
     lambda c, by, b: verifications.save_draft(clue=c, by=by, **given(b)))  # fmt: skip
step("clues", "submit", bodies.Seen, submit)
step("clues", "endorse", bodies.Said, lambda c, by, b: verifications.endorse(c, by=by, **given(b)))
step("clues", "send-back", bodies.SendBack,
     lambda c, by, b: verifications.send_back(c, by=by, **given(b)))  # fmt: skip
step("clues", "clear", bodies.Reason, lambda c, by, b: verifications.clear(c, by=by, **given(b)))
step("clues", "reopen", bodies.Reason, lambda c, by, b: verifications.reopen(c, by=by, **given(b)))


# ---- cases
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


def hand_over(case, by, body):
    """To the responsible unit."""
    handing.hand_over(case, to_unit=unit_of(by, body.to_unit), by=by, **given(body, "to_unit"))


def recheck(case, by, body):
    """A round on site."""
    met = {int(key): said for key, said in body.conditions.items() if key.isdigit()}
    checking.recheck(case, by=by, conditions=met, **given(body, "conditions"))


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
step("cases", "progress", bodies.ProgressIn,
     lambda c, by, b: rectification.add_progress(c, by=by, **given(b)))  # fmt: skip
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


# ---- letters
def letter_step(name: str, body: type[Schema], work: Callable) -> None:
    """A step on a letter."""
    step("letters", name, body, work)


letter_step("send", bodies.Seen, lambda row, by, b: letters.send_letter(row, by=by))
letter_step("receive", bodies.Seen, lambda row, by, b: letters.receive_letter(row, by=by))
letter_step(
    "reply", bodies.Reply, lambda row, by, b: letters.reply_to_letter(row, by=by, **given(b))
)


# ---- files
@api.post("/{resource}/{int:pk}/attachments", response=Made, tags=["files"], operation_id="attach")
def attach(
    request, resource: str, pk: int, upload: UploadedFile = File(...), kind: str = Form("document"),
    record: str = Form(""), purpose: str = Form(""), caption: str = Form(""),
):  # fmt: skip
    """Hang a file on a clue, a case or a letter; its type is checked by its content."""
    if resource not in ("clues", "cases", "letters"):
        raise NotFound()
    subject = one_of(BY_NAME[resource], request.user, pk)
    made = files.attach(
        subject, upload, kind=kind, by=request.user, record=record, purpose=purpose, caption=caption
    )
    return {"id": made.pk, "number": made.sha256}
