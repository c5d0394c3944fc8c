"""Merging two clues that are one, and undoing it: patches move, the trace stays."""

import json
from datetime import date, datetime
from decimal import Decimal

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.clues import facts as places
from ecoredline.web.clues.actions import patches_of
from ecoredline.web.clues.dispatching import end_dispatch, open_dispatches
from ecoredline.web.clues.duplicates import Decision, decide, decision_between
from ecoredline.web.clues.models import Clue, CluePatch, Dispatch
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history, move
from ecoredline.web.core.problems import BadForm

OPEN_FOR_MERGING = ("raised", "listed", "dispatched")
GEOMETRIES = ("geom", "point")
AREAS = ("area_ha", "redline_area_ha")


@transaction.atomic
def merge(clue: Clue, *, into: Clue, by, reason: str = "", seen=None) -> Clue:
    """Make `clue` part of `into`; gives `into` as it is now.

    Patches of a clue of the same owner go over, and `into` is measured anew with them; a clue
    of another owner keeps its own, as nobody alters what another unit said. Locks go in order
    of number, so that two who merge crosswise do not wait for each other.
    Raises `BadForm`, `StepNotAllowed` (409.4), `NotAllowed` (403.1), `MovedMeanwhile` (409.5).
    """
    list(Clue.objects.select_for_update().filter(pk__in=(clue.pk, into.pk)).order_by("pk"))
    into.refresh_from_db()
    check_pair(clue, into)
    was = clue.state
    mine = clue.owner_id == into.owner_id
    moved = list(patches_of(clue)) if mine else []
    said = {"into": into.number, "patches": [p.patch_id for p in moved]}
    move(clue, "merge", by=by, reason=reason, details=said, seen=seen,
         merged_into=into, state_before_merge=was)  # fmt: skip
    for hand in open_dispatches(clue):
        end_dispatch(hand, "merged")
    if mine:
        absorb(clue, into, moved, by=by, reason=reason)
    if proposal := decision_between(clue, into):
        decide(proposal, Decision.SAME, by=by)
    return into


def check_pair(clue: Clue, into: Clue) -> None:
    """Raise `BadForm` when the two cannot be one."""
    faults = []
    if clue.pk == into.pk:
        faults.append(_("不能并入自身"))
    if into.state not in OPEN_FOR_MERGING:
        faults.append(_("%(number)s 已%(state)s，不能再并入") % {
            "number": into.number, "state": into.get_state_display()})  # fmt: skip
    if faults:
        raise BadForm(*faults)


def absorb(clue: Clue, into: Clue, moved: list, *, by, reason: str) -> None:
    """Take the patches over and write down what the clue said before and after."""
    before = kept(into)
    place = {}
    if moved:
        place = places.from_patches([*patches_of(into), *moved])
        place["scope_codes"] = sorted({*into.scope_codes, *place["scope_codes"]})
    CluePatch.objects.filter(clue=clue).update(clue=into)
    for name, value in place.items():
        setattr(into, name, value)
    said = {"clue": clue.number, "patches": [p.patch_id for p in moved],
            "patch_keys": [p.pk for p in moved], "before": before, "after": kept(into)}  # fmt: skip
    move(into, "absorb", by=by, reason=reason, details=said, **place)


def kept(clue: Clue) -> dict:
    """The place of a clue as its history keeps it: geometries as EWKB in hex, areas as text."""
    found = {}
    for name in places.PLACE_FIELDS:
        value = getattr(clue, name)
        if name in GEOMETRIES:
            value = value.hexewkb.decode() if value is not None else None
        elif isinstance(value, Decimal | date | datetime):
            value = str(value)
        found[name] = value
    return json.loads(json.dumps(found))


def restored(found: dict) -> dict:
    """The fields of a place that its history keeps."""
    values = dict(found)
    for name in GEOMETRIES:
        values[name] = values[name] and GEOSGeometry(values[name])
    return values | {name: Decimal(values[name]) for name in AREAS}


@transaction.atomic
def unmerge(clue: Clue, *, by, reason: str = "", seen=None) -> Clue:
    """Undo a merging: the clue stands where it stood, with the patches it brought."""
    into = clue.merged_into
    if into is None:
        raise BadForm(_("此线索没有并入其他线索"))
    list(Clue.objects.select_for_update().filter(pk__in=(clue.pk, into.pk)).order_by("pk"))
    into = Clue.objects.get(pk=into.pk)
    step = f"unmerge_{clue.state_before_merge}"
    move(clue, step, by=by, reason=reason, details={"from": into.number}, seen=seen,
         merged_into=None, state_before_merge="")  # fmt: skip
    if clue.state == "dispatched":
        give_hands_back(clue, by=by)
    if clue.owner_id == into.owner_id:
        give_back(clue, into, by=by, reason=reason)
    if proposal := decision_between(clue, into):
        decide(proposal, Decision.OPEN, by=None)
    return clue


def give_hands_back(clue: Clue, *, by) -> None:
    """The hands that ended with the merging are given anew, with the dates they had."""
    last = clue.dispatches.filter(ended_how="merged").order_by("-ended_at").first()
    if last is None:
        return
    for hand in clue.dispatches.filter(ended_how="merged", ended_at=last.ended_at).order_by("pk"):
        Dispatch.objects.create(
            clue=clue, letter=hand.letter, from_unit=hand.from_unit, to_unit=hand.to_unit,
            kind=hand.kind, sent_at=clock.now(), due_on=hand.due_on, by=by,
            received_at=hand.received_at, received_by=hand.received_by,
        )  # fmt: skip


def give_back(clue: Clue, into: Clue, *, by, reason: str) -> None:
    """Let the patches go back, and put the other clue's place as it was, or measure it anew.

    What it said before is put back when nothing touched it since; otherwise what remains counts.
    """
    rows = history(into).filter(step="absorb", details__clue=clue.number)
    told = rows.order_by("-pk").first().details
    CluePatch.objects.filter(clue=into, patch__in=told["patch_keys"]).update(clue=clue)
    place = {}
    if told["patches"]:
        left = list(patches_of(into))
        if kept(into) == told["after"] or not left:
            place = restored(told["before"])
        else:
            place = places.from_patches(left)
            place["scope_codes"] = sorted({*into.scope_codes, *place["scope_codes"]})
    said = {"clue": clue.number, "patches": told["patches"]}
    move(into, "give_back", by=by, reason=reason, details=said, **place)
