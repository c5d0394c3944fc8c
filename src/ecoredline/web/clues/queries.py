"""Reads about clues, each limited to what the person may see."""

from django.db.models import Count, Max, Min, QuerySet, Sum

from ecoredline.web.accounts.models import Unit
from ecoredline.web.clues.filters import WAITING_ON_HOLDER, ClueFilter
from ecoredline.web.clues.models import WAITS_FOR_HOLDER, Clue
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound
from ecoredline.web.regions.models import Division

EVERYTHING = ClueFilter()
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
    return found.select_related("holder", "owner").defer("geom").order_by("due_on", "pk")


def totals(clues: QuerySet) -> dict:
    """How many, and their area inside the redline in hectares."""
    found = clues.order_by().aggregate(count=Count("pk"), redline_area_ha=Sum("redline_area_ha"))
    return {key: value or 0 for key, value in found.items()}


def counts_for(person) -> dict[str, int]:
    """How many clues wait for the person's unit, and how many of those they may see are overdue."""
    seen = Clue.objects.visible_to(person).order_by()
    return {
        "mine": waiting_for(person).count(),
        "overdue": seen.filter(state__in=WAITING_ON_HOLDER, due_on__lt=clock.today()).count(),
    }


def choices_for(person) -> dict:
    """What the filters can be set to: the counties, years and units of the person's divisions."""
    years = Clue.objects.aggregate(first=Min("year"), last=Max("year"))
    first, last = (years[k] or clock.today().year for k in ("first", "last"))
    counties = Division.objects.visible_to(person).filter(level="county")
    return {
        "county": list(counties.order_by("code").values_list("code", "name")),
        "year": list(range(last, first - 1, -1)),
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
