"""Reads, each limited to what the person may see."""

from django.db.models import Count, Q, QuerySet, Sum

from ecoredline.codes import code_list
from ecoredline.patches.columns import PATCH_COLUMNS
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import code_label, hectares, language, or_dash
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.filters import LISTS, PatchFilter
from ecoredline.web.patches.models import DroppedPatch, Patch, Run, UnseenArea

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


def scene_for(person, pk: int) -> Scene:
    """A scene of a run the person may see; raises `NotFound` (404.1) otherwise."""
    mine = Run.objects.visible_to(person).filter(Q(before=pk) | Q(after=pk))
    found = Scene.objects.filter(pk=pk).first() if mine.exists() else None
    if found is None:
        raise NotFound()
    return found


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


def neighbours(person, patch: Patch) -> dict:
    """The patches before and after this one by number, in its run."""
    others = patches_for(person, patch.run).order_by("patch_id")
    return {
        "previous": others.filter(patch_id__lt=patch.patch_id).last(),
        "next": others.filter(patch_id__gt=patch.patch_id).first(),
    }
