"""Reads about cases, each limited to what the person may see."""

from django.db.models import Count, QuerySet, Sum

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.filters import CaseFilter
from ecoredline.web.cases.lifecycle import OPEN
from ecoredline.web.cases.models import Case, Handover
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound

EVERYTHING = CaseFilter()
TIMELINE_CLUES = 20


def cases_for(person, chosen: CaseFilter = EVERYTHING) -> QuerySet[Case]:
    """The cases the person may see, in the chosen selection and order."""
    found = Case.objects.visible_to(person).select_related("holder", "owner").defer("geom")
    return chosen.apply(found, person)


def case_for(person, pk: int) -> Case:
    """One case; raises `NotFound` (404.1) when there is none the person may see."""
    rows = Case.objects.visible_to(person).select_related(
        "holder", "owner", "opened_by", "merged_into"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def cases_by_keys(person, keys) -> list[Case]:
    """The cases of these primary keys; raises `NotFound` (404.1) when one is not the person's to see."""
    keys = {int(k) for k in keys if str(k).isascii() and str(k).isdigit() and len(str(k)) < 19}
    rows = Case.objects.visible_to(person).filter(pk__in=keys).select_related("holder", "owner")
    found = list(rows.order_by("division_code", "number"))
    if len(found) != len(keys):
        raise NotFound()
    return found


def handover_for(person, pk: int) -> Handover:
    """One hand-over of a case the person sees; raises `NotFound` (404.1)."""
    seen = Case.objects.visible_to(person)
    rows = Handover.objects.select_related("case", "letter", "to_unit").filter(case__in=seen, pk=pk)
    found = rows.first()
    if found is None:
        raise NotFound()
    return found


def waiting_for(person) -> QuerySet[Case]:
    """What waits for the person's unit, the soonest due first: the inbox."""
    found = Case.objects.filter(holder=person.unit_id, state__in=OPEN).defer("geom")
    return found.select_related("holder", "owner").order_by("due_on", "pk")


def overdue_for(person) -> QuerySet[Case]:
    """Open cases past their due date, of those the person sees."""
    return cases_for(person).filter(state__in=OPEN, due_on__lt=clock.today())


def totals(cases: QuerySet) -> dict:
    """How many, and their areas in hectares."""
    found = cases.order_by().aggregate(
        count=Count("pk"), area_ha=Sum("area_ha"), redline_area_ha=Sum("redline_area_ha")
    )
    return {key: value or 0 for key, value in found.items()}


def choices_for(person) -> dict:
    """What the filters can be set to: counties, units whose turn it is, years."""
    mine = Case.objects.visible_to(person).order_by()
    counties = mine.values_list("division_code", "county").annotate(n=Count("pk"))
    holders = mine.filter(state__in=OPEN).values("holder").distinct()
    return {
        "county": sorted(row for row in counties if row[0]),
        "holder": list(Unit.objects.filter(pk__in=holders).values_list("pk", "name")),
        "year": sorted(mine.values_list("year", flat=True).distinct(), reverse=True),
    }


def waiting_clues(person) -> QuerySet[Clue]:
    """Submitted clues that wait for this unit's decision: what a case can be opened from."""
    rows = Clue.objects.visible_to(person).filter(
        state="submitted", owner=person.unit_id, holder=person.unit_id
    )
    return rows.select_related("holder").defer("geom").order_by("division_code", "number")


def units_below(case: Case) -> QuerySet[Unit]:
    """The units a case can be handed to: those of its place, from its owner down; counties first."""
    codes = [*case.scope_codes, case.owner.division_code]
    rows = Unit.objects.filter(
        division_code__in=codes, division_code__startswith=case.owner.division_code
    )
    return rows.order_by("-division_code", "pk")
