"""What can be done: each address calls the same action as the page, with the same refusals.

A step on one subject answers with its number, state and version afterwards.
"""

import json
from collections.abc import Callable

from ninja import File, Form, Schema
from ninja.files import UploadedFile

from ecoredline.web.accounts.models import Unit
from ecoredline.web.api import bodies
from ecoredline.web.api.resources import RESOURCES, one_of, own_units
from ecoredline.web.api.service import api
from ecoredline.web.cases import annex
from ecoredline.web.clues import actions as clues
from ecoredline.web.clues import consulting, dispatching, lists, merging, reminding
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.files import actions as files
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import patches_for
from ecoredline.web.reviews import actions as reviews
from ecoredline.web.reviews import claims, refining
from ecoredline.web.verifications import actions as verifications
from ecoredline.web.verifications import spot_checks
from ecoredline.web.verifications.queries import spot_check_for

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


def stands(subject) -> dict:
    """Its number, state and version."""
    return {
        "id": subject.pk, "number": str(subject), "state": subject.state,
        "version": getattr(subject, "version", 0),
    }  # fmt: skip


def made(resource: str, name: str, body: type[Schema], work: Callable) -> None:
    """As `step`, for rows without a lifecycle: answers with the row that `work` gives."""

    @api.post(f"/{resource}/{{int:pk}}/{name}", response=Made, tags=[resource],
              operation_id=f"{resource}_{name.replace('-', '_')}")  # fmt: skip
    def take(request, pk: int, given: body):
        found = work(one_of(BY_NAME[resource], request.user, pk), request.user, given)
        return {"id": found.pk, "number": str(found)}

    take.__doc__ = body.__doc__


def step(resource: str, name: str, body: type[Schema], work: Callable) -> None:
    """Put `POST /<resource>/{pk}/<name>` into the API; `work(subject, by, body)` does it."""

    @api.post(f"/{resource}/{{int:pk}}/{name}", response=Stands, tags=[resource],
              operation_id=f"{resource}_{name.replace('-', '_')}")  # fmt: skip
    def take(request, pk: int, given: body):
        subject = one_of(BY_NAME[resource], request.user, pk)
        work(subject, request.user, given)
        subject.refresh_from_db()
        return stands(subject)

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


@api.post("/reviews/undo", response=Stands, tags=["patches"], operation_id="undo_review")
def undo(request):
    """Take back one's own last word while its claim lasts."""
    return stands(reviews.undo(by=request.user))


def refine(patch, by, body):
    """Keep a drawn outline."""
    refining.refine(patch, by=by, outline=json.dumps(body.outline), **given(body, "outline"))


step("patches", "refine", bodies.Refine, refine)
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
    if body.kind == lists.Kind.PROBLEMS:
        found = annex.freeze(request.user, body.year, body.note)
    else:
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


def add_patches(clue, by, body):
    """More released patches."""
    patches = all_of(Patch, by, body.patches)
    clues.add_patches(clue, patches=patches, by=by, **given(body, "patches"))


step("clues", "amend", bodies.Amend, lambda c, by, b: clues.amend(c, by=by, **given(b)))
step("clues", "add-patches", bodies.AddPatches, add_patches)
step("clues", "remind", bodies.Reason, lambda c, by, b: reminding.remind(c, by=by, **given(b)))
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


@api.post("/clues/{int:pk}/verification/files", response=Made, tags=["clues"],
          operation_id="clues_verification_file")  # fmt: skip
def verification_file(
    request, pk: int, upload: UploadedFile = File(...), item: str = Form(...),
    caption: str = Form(""), is_sensitive: bool = Form(False), lon: float | None = Form(None),
    lat: float | None = Form(None), bearing: float | None = Form(None),
):  # fmt: skip
    """Hang a photograph or document on one's draft; `item` is a code of the checklist."""
    clue = one_of(BY_NAME["clues"], request.user, pk)
    draft = verifications.draft_of(clue, request.user)
    if draft is None:
        raise NotFound()
    told = files.Told(lon=lon, lat=lat, bearing=bearing, source="接口填写")
    found = verifications.add_file(
        draft, upload, item=item, by=request.user, caption=caption, told=told,
        is_sensitive=is_sensitive,
    )  # fmt: skip
    return {"id": found.pk, "number": found.sha256}


# ---- spot checks
@api.post("/spot-checks", response=Made, tags=["clues"], operation_id="draw_spot_check")
def draw(request, body: bodies.Draw):
    """Draw a sample by the documented method."""
    found = spot_checks.draw_spot_check(by=request.user, **given(body))
    return {"id": found.pk, "number": str(found)}


@api.post("/spot-checks/{int:pk}/record", response=Made, tags=["clues"],
          operation_id="record_spot_check")  # fmt: skip
def record(request, pk: int, body: bodies.Checked):
    """What was found about one drawn clue."""
    found = spot_check_for(request.user, pk)
    (clue,) = all_of(Clue, request.user, [body.clue])
    word = spot_checks.record_spot_check(found, clue, by=request.user, **given(body, "clue"))
    return {"id": word.pk, "number": str(clue)}


# ---- files
@api.post("/{resource}/{int:pk}/attachments", response=Made, tags=["files"], operation_id="attach")
def attach(
    request, resource: str, pk: int, upload: UploadedFile = File(...), kind: str = Form("document"),
    caption: str = Form(""), is_sensitive: bool = Form(False),
):  # fmt: skip
    """Hang a file on a clue, a case or a letter as a whole; records take theirs by their own steps."""
    if resource not in ("clues", "cases", "letters"):
        raise NotFound()
    if strange := sorted(request.POST.keys() - {"kind", "caption", "is_sensitive"}):
        raise BadForm(*(f"{name}：不能指定" for name in strange))
    subject = one_of(BY_NAME[resource], request.user, pk)
    found = files.attach(
        subject, upload, kind=kind, by=request.user, caption=caption, is_sensitive=is_sensitive
    )
    return {"id": found.pk, "number": found.sha256}
