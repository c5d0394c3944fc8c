"""What can be read: every kind of row the person sees on the pages, in the same scope."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from ninja import Query, Schema
from pydantic import Field

from ecoredline.web.accounts.models import Unit
from ecoredline.web.api.bodies import Key
from ecoredline.web.api.service import api
from ecoredline.web.api.shapes import Step, history_of, outline, schema_of
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue, ListVersion
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.core.timeline import steps_for
from ecoredline.web.letters.models import Letter
from ecoredline.web.measures.models import Proposal, Referral, SupervisoryMeasure
from ecoredline.web.measures.queries import measures_for, proposals_for, referrals_for
from ecoredline.web.patches.models import Patch, Run
from ecoredline.web.patches.queries import patches_for
from ecoredline.web.plans.models import Site, YearTask

PAGE_ROWS, MOST_ROWS = 100, 1000
MOST_KEY = 1 << 63


def visible(model) -> Callable:
    """The rows of a model in the person's divisions."""
    return lambda person: model.objects.visible_to(person)


def own_units(person) -> QuerySet[Unit]:
    """The person's unit and those below it."""
    if person.unit_id is None:
        return Unit.objects.none()
    return Unit.objects.filter(division_code__startswith=person.unit.division_code)


def tasks_of(person) -> QuerySet[YearTask]:
    """The year's tasks of the person's unit and of those below it."""
    return YearTask.objects.filter(unit__in=own_units(person))


@dataclass(frozen=True)
class Resource:
    """One kind of row: its address, where it comes from, which filters it knows."""

    name: str
    model: type
    found: Callable
    filters: tuple[str, ...] = ()
    has_outline: bool = False
    has_history: bool = False


RESOURCES = (
    Resource("units", Unit, own_units, ("level",)),
    Resource("runs", Run, visible(Run)),
    Resource("patches", Patch, patches_for, ("state", "county", "run"), True, True),
    Resource(
        "clues", Clue, visible(Clue), ("state", "county", "year", "holder", "source"), True, True
    ),
    Resource(
        "cases", Case, visible(Case), ("state", "county", "year", "holder", "outcome"), True, True
    ),
    Resource("letters", Letter, visible(Letter), ("state", "kind", "year")),
    Resource("lists", ListVersion, visible(ListVersion), ("kind", "year")),
    Resource("measures", SupervisoryMeasure, measures_for, ("kind",)),
    Resource("proposals", Proposal, proposals_for, ("kind",)),
    Resource("referrals", Referral, referrals_for, ("kind",)),
    Resource("tasks", YearTask, tasks_of, ("year",)),
    Resource("sites", Site, visible(Site), ("state",), True),
)
COLUMN = {"county": "division_code__startswith"}  # a filter's column where it has another name


class Chosen(Schema):
    """A page of a selection; a filter the resource does not know is refused by name."""

    offset: int = Field(0, ge=0, lt=1 << 31)
    limit: int = Field(PAGE_ROWS, ge=1, lt=1 << 31)
    state: str = ""
    county: str = ""
    year: int | None = Field(None, ge=0, le=9999)
    holder: Key | None = None
    run: Key | None = None
    source: str = ""
    outcome: str = ""
    kind: str = ""
    level: str = ""
    since: date | None = None


def chosen_rows(resource: Resource, person, chosen: Chosen) -> QuerySet:
    """The selection, in order of key."""
    given = chosen.model_dump(exclude={"offset", "limit", "since"})
    strange = [n for n, v in given.items() if v not in ("", None) and n not in resource.filters]
    if strange:
        raise BadFilter(*(f"{n}: {resource.name} {', '.join(resource.filters)}" for n in strange))
    found = resource.found(person).order_by("pk")
    for name in resource.filters:
        if given[name] not in ("", None):
            found = found.filter(**{COLUMN.get(name, name): given[name]})
    if chosen.since is not None:
        if not resource.has_history:
            raise BadFilter("since")
        found = found.filter(entered_at__date__gte=chosen.since)
    return found


def one_of(resource: Resource, person, pk: int):
    """A row the person sees; raises `NotFound` (404.1)."""
    row = resource.found(person).filter(pk=pk).first() if pk < MOST_KEY else None
    if row is None:
        raise NotFound()
    return row


def noted(request, resource: Resource, pk: int, action: str):
    """A row the person sees, its reading written down."""
    row = one_of(resource, request.user, pk)
    note_request(request, action, f"{resource.name} {pk}")
    return row


def page_schema(resource: Resource, row: type[Schema]) -> type[Schema]:
    """The schema of a page of rows."""
    fields = {"__annotations__": {"count": int, "next": int | None, "items": list[row]}}
    return type(f"{row.__name__}Page", (Schema,), fields)


def declare(resource: Resource) -> None:
    """Put the addresses of one resource into the API."""
    row = schema_of(resource.model)
    tags, path = [resource.name], f"/{resource.name}"

    @api.get(
        path, response=page_schema(resource, row), tags=tags, operation_id=f"list_{resource.name}"
    )
    def many(request, chosen: Query[Chosen]):
        found = chosen_rows(resource, request.user, chosen)
        limit, offset = max(1, min(chosen.limit, MOST_ROWS)), max(0, chosen.offset)
        count = found.count()
        note_request(request, "api.list", resource.name, count=count, offset=offset, limit=limit)
        following = offset + limit
        return {
            "count": count, "next": following if following < count else None,
            "items": list(found[offset : offset + limit]),
        }  # fmt: skip

    @api.get(f"{path}/{{int:pk}}", response=row, tags=tags, operation_id=f"get_{resource.name}")
    def one(request, pk: int):
        return noted(request, resource, pk, "api.read")

    if resource.has_outline:

        @api.get(f"{path}/{{int:pk}}/outline", response=dict | None, tags=tags,
                 operation_id=f"outline_{resource.name}")  # fmt: skip
        def shape(request, pk: int):
            return outline(noted(request, resource, pk, "api.outline"))

    if resource.has_history:

        @api.get(f"{path}/{{int:pk}}/history", response=list[Step], tags=tags,
                 operation_id=f"history_{resource.name}")  # fmt: skip
        def history(request, pk: int):
            return history_of(noted(request, resource, pk, "api.history"))

        @api.get(f"{path}/{{int:pk}}/steps", response=list[str], tags=tags,
                 operation_id=f"steps_{resource.name}")  # fmt: skip
        def steps(request, pk: int):
            return sorted(steps_for(request.user, one_of(resource, request.user, pk)))


for declared in RESOURCES:
    declare(declared)
