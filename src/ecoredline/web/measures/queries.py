"""Reads: what is proposed to a person's unit, what was taken, referred and reported."""

from datetime import date

from django.db.models import Q, QuerySet

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound
from ecoredline.web.measures.models import Proposal, Referral, SupervisoryMeasure, UpwardReport


def proposals_for(person) -> QuerySet[Proposal]:
    """Open proposals for the person's unit, newest first."""
    if person.unit_id is None:
        return Proposal.objects.none()
    mine = Proposal.objects.filter(unit_id=person.unit_id, decided="")
    return mine.select_related("case", "clue", "towards")


def measures_for(person) -> QuerySet[SupervisoryMeasure]:
    """Measures about cases the person sees, and those by or towards units of their divisions."""
    seen = scope(person)
    if seen is None:
        return SupervisoryMeasure.objects.none()
    mine = Q(case__in=Case.objects.visible_to(person)) | Q(
        case=None, towards__division_code__startswith=seen.prefix
    )
    found = SupervisoryMeasure.objects.filter(mine)
    return found.select_related("case", "clue", "by_unit", "towards", "letter")


def referrals_for(person) -> QuerySet[Referral]:
    """Referrals of cases the person sees."""
    return Referral.objects.filter(case__in=Case.objects.visible_to(person)).select_related("case")


def reports_for(person) -> QuerySet[UpwardReport]:
    """Reports upward about cases the person sees."""
    found = UpwardReport.objects.filter(case__in=Case.objects.visible_to(person))
    return found.select_related("case", "from_unit")


def one(found: QuerySet, pk: int):
    """A row of those; raises `NotFound` (404.1)."""
    row = found.filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def clocks_due(person, until: date | None = None) -> list[dict]:
    """Referrals' clocks that still run and are due by `until` (today), earliest first."""
    day = (until or clock.today()).isoformat()
    found = [
        {"referral": r, **c}
        for r in referrals_for(person).filter(result_on=None)
        for c in r.clocks
        if c["done_on"] is None and c["due_on"] <= day
    ]
    return sorted(found, key=lambda c: c["due_on"])
