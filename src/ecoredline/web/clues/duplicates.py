"""Clues that may be one and the same: found by place and time, decided by a person."""

from dataclasses import dataclass

import shapely
from django.contrib.gis.geos import Polygon
from django.db import transaction
from django.db.models import Q
from shapely.ops import nearest_points

from ecoredline.geodesy import area_ha, distance_m
from ecoredline.web.clues.dated import value_on
from ecoredline.web.clues.facts import shape_of
from ecoredline.web.clues.models import Clue, DuplicateProposal
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.regions.models import STORAGE_SRID

METRES_PER_DEGREE = 111_320.0
SMALLEST_COSINE = 0.5  # of 60° north, beyond every county
MOST_PROPOSALS = 20  # of one clue
GONE = ("merged", "withdrawn")
Decision = DuplicateProposal.Decision


@dataclass(frozen=True)
class Nearness:
    """How two clues lie to each other: metres between, share of the smaller that overlaps, days."""

    distance_m: float
    overlap: float
    days: int


def nearness(one: Clue, other: Clue) -> Nearness | None:
    """How two clues lie to each other; None where one has no place."""
    shapes = [shape_of(c.geom) or shape_of(c.point) for c in (one, other)]
    if any(s is None for s in shapes):
        return None
    here, there = nearest_points(*shapes)
    apart = float(distance_m(here.x, here.y, there.x, there.y)) if here != there else 0.0
    areas = [area_ha(s) for s in shapes]
    shared = area_ha(shapely.intersection(*shapes)) / min(areas) if min(areas) > 0 else 0.0
    days = abs((one.found_on - other.found_on).days)
    return Nearness(round(apart, 1), round(min(shared, 1.0), 4), days)


def near_clues(clue: Clue):
    """Other clues whose box comes near; asks the spatial indexes of outline and point."""
    place = clue.geom or clue.point
    if place is None:
        return Clue.objects.none()
    room = value_on("duplicate_distance") / METRES_PER_DEGREE
    west, south, east, north = place.extent
    wide = room / SMALLEST_COSINE
    box = Polygon.from_bbox((west - wide, south - room, east + wide, north + room))
    box.srid = STORAGE_SRID
    beside = Q(geom__bboverlaps=box) | Q(geom=None, point__bboverlaps=box)
    return Clue.objects.filter(beside).exclude(pk=clue.pk).exclude(state__in=GONE)


def propose_duplicates(clue: Clue) -> list[DuplicateProposal]:
    """Write down which clues may be the same as this one; what was decided before stays.

    Thresholds are the dated rows `duplicate_distance` and `duplicate_days` of `clue_rules`.
    """
    limit, days = value_on("duplicate_distance"), value_on("duplicate_days")
    found = []
    for other in near_clues(clue)[: 10 * MOST_PROPOSALS]:
        near = nearness(clue, other)
        if near and near.distance_m <= limit and near.days <= days:
            found.append((other, near))
    found.sort(key=lambda pair: (-pair[1].overlap, pair[1].distance_m))
    rows = []
    for other, near in found[:MOST_PROPOSALS]:
        first, second = sorted((clue, other), key=lambda c: c.pk)
        row, _made = DuplicateProposal.objects.get_or_create(
            first=first, second=second,
            defaults={"distance_m": near.distance_m, "overlap": near.overlap, "days": near.days},
        )  # fmt: skip
        rows.append(row)
    return rows


def proposals_for(person):
    """The open proposals between clues the person sees and their unit owns one of."""
    seen = Clue.objects.visible_to(person).exclude(state__in=GONE)
    found = DuplicateProposal.objects.filter(
        decision=Decision.OPEN, first__in=seen, second__in=seen
    ).filter(Q(first__owner=person.unit_id) | Q(second__owner=person.unit_id))
    return found.select_related("first__owner", "second__owner", "first__holder", "second__holder")


@transaction.atomic
def decide_different(proposal: DuplicateProposal, *, by) -> DuplicateProposal:
    """The two are not one; the proposal does not come again."""
    row = DuplicateProposal.objects.select_for_update().get(pk=proposal.pk)
    mine = row.first if row.first.owner_id == by.unit_id else row.second
    require(by, "clue.merge", mine)
    if row.decision == Decision.OPEN:
        decide(row, Decision.DIFFERENT, by=by)
        note("clue.different", f"{row.first} {row.second}", by=by)
    return row


def decide(row: DuplicateProposal, decision: str, *, by) -> None:
    """Write the decision; back to open when it is undone."""
    row.decision, row.decided_by = decision, by
    row.decided_at = clock.now() if by else None
    row.save(update_fields=["decision", "decided_by", "decided_at"])


def decision_between(one: Clue, other: Clue) -> DuplicateProposal | None:
    """The proposal about two clues, if there is one."""
    first, second = sorted((one.pk, other.pk))
    return DuplicateProposal.objects.filter(first=first, second=second).first()
