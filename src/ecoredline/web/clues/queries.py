"""Reads about clues, each limited to what the person may see."""

from django.db.models import Count, Q, QuerySet, Sum

from ecoredline.web.accounts.models import Unit
from ecoredline.web.clues.filters import DONE, ClueFilter
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound

EVERYTHING = ClueFilter()
WAITS_FOR_HOLDER = ("raised", "listed", "dispatched", "submitted")
TELL_BEFORE_DAYS = 7


def clues_for(person, chosen: ClueFilter = EVERYTHING) -> QuerySet[Clue]:
    """The clues the person may see, in the chosen selection and order."""
    found = Clue.objects.visible_to(person).select_related("holder", "owner").defer("geom")
    return chosen.apply(found, person)


def clue_for(person, pk: int) -> Clue:
    """One clue; raises `NotFound` (404.1) when there is none the person may see."""
    found = (
        Clue.objects.visible_to(person)
        .select_related("holder", "owner", "raised_by", "merged_into")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def clues_by_numbers(person, keys) -> list[Clue]:
    """The clues of these primary keys the person may see, in order of number.

    Raises `NotFound` (404.1) when one of them is not among them.
    """
    keys = {int(k) for k in keys if str(k).isascii() and str(k).isdigit()}
    found = list(
        Clue.objects.visible_to(person)
        .filter(pk__in=keys)
        .select_related("holder", "owner")
        .order_by("division_code", "number")
    )
    if len(found) != len(keys):
        raise NotFound()
    return found


def waiting_for(person) -> QuerySet[Clue]:
    """What waits for the person's unit, the soonest due first: the inbox."""
    found = Clue.objects.filter(holder=person.unit_id, state__in=WAITS_FOR_HOLDER)
    return found.select_related("holder", "owner").order_by("due_on", "pk")


def totals(clues: QuerySet) -> dict:
    """How many, and their area inside the redline in hectares."""
    keys = clues.order_by().values("pk").distinct()
    found = Clue.objects.filter(pk__in=keys).aggregate(
        count=Count("pk"), redline_area_ha=Sum("redline_area_ha")
    )
    return {key: value or 0 for key, value in found.items()}


def counts_for(person) -> dict[str, int]:
    """Clues by state, and how many wait for the unit, are below it, are overdue."""
    seen = Clue.objects.visible_to(person)
    by_state = dict(seen.order_by().values_list("state").annotate(n=Count("pk")))
    mine = Q(holder=person.unit_id) & ~Q(state__in=DONE)
    late = Q(state__in=("dispatched", "submitted"), due_on__lt=clock.today())
    rest = seen.order_by().aggregate(
        mine=Count("pk", filter=mine), overdue=Count("pk", filter=late)
    )
    return {"states": by_state, **rest}


def choices_for(person) -> dict:
    """What the filters can be set to: counties and years that occur, units below."""
    seen = Clue.objects.visible_to(person).order_by()
    counties = seen.exclude(division_code="").values_list("division_code", "county").distinct()
    years = seen.values_list("year", flat=True).distinct()
    return {
        "county": sorted(dict(counties).items()),
        "year": sorted(years, reverse=True),
        "holder": [(u.pk, u.name) for u in units_around(person)],
    }


def units_around(person) -> QuerySet[Unit]:
    """The person's unit and those below it."""
    return Unit.objects.filter(division_code__startswith=person.unit.division_code)


def units_below(person) -> QuerySet[Unit]:
    """The units a clue can be given to: the next below the person's."""
    return Unit.objects.filter(parent=person.unit_id).order_by("division_code")


def due_class(clue: Clue) -> str:
    """`overdue`, `soon` or '' : how the date stands."""
    if clue.due_on is None or clue.state not in ("dispatched", "submitted"):
        return ""
    left = (clue.due_on - clock.today()).days
    return "overdue" if left < 0 else "soon" if left <= TELL_BEFORE_DAYS else ""
