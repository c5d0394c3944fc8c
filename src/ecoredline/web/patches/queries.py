"""Reads, each limited to what the person may see."""

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Polygon
from django.db.models import Count, Q, QuerySet, Sum

from ecoredline.codes import code_list
from ecoredline.patches.columns import PATCH_COLUMNS
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core.parts import more_filters
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import code_label, hectares, language, or_dash
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.filters import LISTS, PatchFilter
from ecoredline.web.patches.models import DroppedPatch, Patch, Run, UnseenArea
from ecoredline.web.patches.permissions import covers_whole_run
from ecoredline.web.regions.models import Division

CODED = {
    "channel": "channels",
    "activity_type": "activity_types",
    "problem_type": "problem_types",
    "control_zone": "control_zones",
}
EVERYTHING = PatchFilter()


def runs_for(person) -> QuerySet[Run]:
    """The runs that touch the person's divisions, newest first."""
    return Run.objects.visible_to(person).select_related(
        "redline_version", "protected_version", "before", "after"
    )


def run_for(person, pk: int) -> Run:
    """One run; raises `NotFound` (404.1) when there is none the person may see."""
    found = runs_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def patches_for(
    person, run: Run | None = None, chosen: PatchFilter = EVERYTHING
) -> QuerySet[Patch]:
    """The patches the person may see, of one run or of all, in the chosen selection and order.

    A patch in no known division is seen only by people of a top unit, never by a county officer.
    """
    found = Patch.objects.visible_to(person).filter(run__in=Run.objects.visible_to(person))
    return chosen.apply(found if run is None else found.filter(run=run))


def patch_for(person, pk: int) -> Patch:
    """One patch; raises `NotFound` (404.1) when there is none the person may see."""
    found = (
        patches_for(person).select_related("run", "run__before", "run__after").filter(pk=pk).first()
    )
    if found is None:
        raise NotFound()
    return found


def dropped_for(person, run: Run) -> QuerySet[DroppedPatch]:
    """The dropped patches of a run the person may see."""
    return DroppedPatch.objects.visible_to(person).filter(run=run)


def unseen_for(person, run: Run) -> QuerySet[UnseenArea]:
    """What could not be seen, where it touches the person's divisions."""
    return UnseenArea.objects.visible_to(person).filter(run=run)


def scene_for(person, pk: int) -> tuple[Scene, bool]:
    """A scene of a run the person may see, and whether they may see all of it.

    Raises `NotFound` (404.1) when there is no such run.
    """
    mine = Run.objects.visible_to(person).filter(Q(before=pk) | Q(after=pk))
    runs = list(mine.only("county_codes", "unplaced"))
    found = Scene.objects.filter(pk=pk).first() if runs else None
    if found is None:
        raise NotFound()
    return found, any(covers_whole_run(person, run) for run in runs)


def meets_divisions(person, box: Polygon) -> bool:
    """Does a box (EPSG:4490) meet the person's own divisions? One look into the index."""
    return Division.objects.visible_to(person).filter(geom__intersects=box).exists()


def totals(patches: QuerySet[Patch]) -> dict:
    """How many, and their areas in hectares."""
    found = patches.order_by().aggregate(
        count=Count("pk"), area_ha=Sum("area_ha"), redline_area_ha=Sum("redline_area_ha")
    )
    return {key: value or 0 for key, value in found.items()}


def choices_for(person, run: Run | None) -> dict:
    """What each filter can be set to, counties with their number of patches."""
    patches = patches_for(person, run) if run else Patch.objects.none()
    counties = (
        patches.exclude(division_code="")
        .order_by("division_code")
        .values_list("division_code", "county")
        .annotate(count=Count("pk"))
    )
    found = {"county": [(code, name, count) for code, name, count in counties]}
    for own in more_filters().values():
        found[own.name] = list(own.choices.items())
    for name, codes in LISTS.items():
        found[name] = [(code, row[language()]) for code, row in code_list(codes).items()]
    return found


def fields_of(patch: Patch) -> list[tuple[str, str]]:
    """Every column of the patch table as label and text, in order, in the page's language."""
    found = []
    for column in PATCH_COLUMNS:
        value = getattr(patch, column.name)
        if column.name in CODED:
            value = code_label(value, CODED[column.name])
        elif column.unit == "ha":
            value = hectares(value)
        elif column.kind == "json":
            value = "；".join(map(str, value))
        elif column.kind == "boolean":
            value = {"zh": ("否", "是"), "en": ("no", "yes")}[language()][bool(value)]
        elif isinstance(value, float):
            value = f"{value:.6f}" if column.unit == "°" else f"{value:.3f}"
        label = getattr(column, language())
        found.append((f"{label} ({column.unit})" if column.unit else label, or_dash(value)))
    return found


def neighbours(person, patch: Patch, chosen: PatchFilter = EVERYTHING) -> dict:
    """The patches before and after this one in the selection, in the table's order.

    A patch that is not in the selection has none. Reads the keys of the whole selection.
    """
    keys = list(patches_for(person, patch.run, chosen).values_list("pk", flat=True))
    at = keys.index(patch.pk) if patch.pk in keys else None
    before = keys[at - 1] if at else None
    after = keys[at + 1] if at is not None and at + 1 < len(keys) else None
    found = Patch.objects.in_bulk([key for key in (before, after) if key is not None])
    return {"previous": found.get(before), "next": found.get(after)}


def place_in(person, patch: Patch, chosen: PatchFilter = EVERYTHING) -> dict | None:
    """Which of how many in the selection: {number, of}; None when it is not in it."""
    keys = list(patches_for(person, patch.run, chosen).values_list("pk", flat=True))
    return {"number": keys.index(patch.pk) + 1, "of": len(keys)} if patch.pk in keys else None


def coverage_for(person, run: Run) -> list[dict]:
    """How much of the redline could be seen, for the counties in the person's scope."""
    seen = scope(person)
    if seen is None:
        return []
    rows = run.record.get("coverage", [])
    return [
        r
        for r in rows
        if (r["code"] and seen.covers([r["code"]])) or (not r["code"] and seen.unplaced)
    ]


def home_extent(person, run: Run) -> list[float] | None:
    """Where the map opens: the person's own divisions inside the run, else the whole run."""
    if run.extent is None:
        return None
    whole = list(run.extent.extent)
    own = Division.objects.visible_to(person).filter(geom__intersects=run.extent)
    box = own.aggregate(box=Extent("geom"))["box"] if scope(person).prefix else None
    if box is None:
        return whole
    west, south, east, north = (
        f(a, b) for f, a, b in zip((max, max, min, min), box, whole, strict=True)
    )
    return [west, south, east, north] if west < east and south < north else whole
