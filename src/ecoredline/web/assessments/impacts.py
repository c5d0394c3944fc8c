"""What a case took, lost and threatens: HJ 1175's three groups by reference, never a conclusion."""

import hashlib
import json
import math

import geopandas as gpd
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.geodesy import area_ha, round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.impact import (
    BY_REFERENCE,
    describe_impact,
    evaluation_area,
    near_targets,
)
from ecoredline.web.assessments.models import EcologyLayer, ImpactNote
from ecoredline.web.assessments.places import shape_of
from ecoredline.web.cases.models import Case
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import Blocked
from ecoredline.web.regions.models import ProtectedArea, RedlinePolygon

NEAR_DEGREES = 0.02  # wider than the 1000 m of HJ 1175; the distance itself is measured
MOST_TARGETS = 20


def outline_hash(case: Case) -> str:
    """The hash of a case's outline: a description made for another one is old."""
    return hashlib.sha256(bytes(case.geom.wkb)).hexdigest() if case.geom else ""


def land_class_of(case: Case) -> str:
    """What the land is, by the newest verification behind the case."""
    found = ""
    for clue in case.clues.order_by("pk"):
        for row in (
            clue.verifications.exclude(submitted_at=None).exclude(land_class="").order_by("pk")
        ):
            found = row.land_class
    return found


def class_maps(case: Case, person) -> list[EcologyLayer]:
    """The class maps that cover the whole case: the last before it was found, the first after."""
    maps = EcologyLayer.objects.visible_to(person).filter(
        kind="class", footprint__contains=case.geom, year__isnull=False
    )
    before = maps.filter(year__lt=case.year).order_by("-year", "-pk").first()
    after = maps.filter(year__gte=case.year).order_by("year", "-pk").first()
    return [before, after] if before and after else []


def services_for(case: Case, person, pair) -> dict:
    """Maps of a service for the same two years."""
    found = {}
    for feeds, words in EcologyLayer.Feeds.choices:
        if feeds not in ("fvc", "function"):
            continue
        maps = EcologyLayer.objects.visible_to(person).filter(
            feeds=feeds, footprint__contains=case.geom
        )
        one, two = (maps.filter(year=layer.year).order_by("-pk").first() for layer in pair)
        if one and two:
            found[str(words)] = (one, two)
    return found


def targets_near(case: Case) -> gpd.GeoDataFrame:
    """Redline polygons and protected areas around."""
    around = case.geom.buffer(NEAR_DEGREES)
    around.srid = case.geom.srid
    rows = []
    seen = set()
    for model, kind in ((RedlinePolygon, "生态保护红线"), (ProtectedArea, "自然保护地")):
        for row in model.objects.filter(geom__intersects=around).order_by("-version", "code", "pk"):
            key = (kind, row.code or row.name)
            if key not in seen:
                seen.add(key)
                rows.append((kind, " ".join(filter(None, [row.name, row.code])), shape_of(row)))
    return gpd.GeoDataFrame(rows, columns=["kind", "name", "geometry"], crs=STORAGE_CRS)


@transaction.atomic
def describe(case: Case, *, by) -> ImpactNote:
    """Describe a case's impact with the maps there are; kept, never changed, a new one each time.

    Raises `Blocked` (409.6) when the case has no outline.
    """
    require(by, "impact.describe", case)
    if case.geom is None or case.geom.empty:
        raise Blocked(_("问题没有范围，请先补充范围"))
    project, pair = shape_of(case), class_maps(case, by)
    found = with_maps(case, by, project, pair) if pair else without_maps(case, project)
    found = json.loads(json.dumps(found, default=lambda number: number.item()))  # numpy's own types
    row = ImpactNote.objects.create(
        case=case, before=pair[0] if pair else None, after=pair[1] if pair else None,
        land_class=land_class_of(case), outline_sha256=outline_hash(case), found=found, by=by,
    )  # fmt: skip
    note("impact.describe", f"case {case.number}", by=by, note=row.pk)
    return row


def with_maps(case: Case, by, project, pair) -> dict:
    """All three groups."""
    before, after = pair
    services = services_for(case, by, pair)
    made = describe_impact(
        project, before=before.path, after=after.path, targets=targets_near(case),
        services={n: (a.path, b.path) for n, (a, b) in services.items()},
    )  # fmt: skip
    transition = [
        [f"{a:g}", f"{b:g}", float(round_ha(ha))]
        for (a, b), ha in sorted(made.transition.items())
        if round_ha(ha) > 0
    ]
    return {
        "area_ha": float(made.area_ha), "evaluated_ha": float(made.evaluated_ha),
        "transition": transition, "built_before_ha": float(made.built_before_ha),
        "built_after_ha": float(made.built_after_ha), "changed_percent": plain(made.changed_percent),
        "services": {n: {k: plain(v) for k, v in s.items()} for n, s in made.services.items()},
        "targets": [vars(t) for t in made.targets[:MOST_TARGETS]], "notes": made.notes,
        "years": [before.year, after.year],
    }  # fmt: skip


def without_maps(case: Case, project) -> dict:
    """Space and risk; what was lost cannot be said without class maps."""
    targets = targets_near(case)
    near = near_targets(project, targets)
    return {
        "area_ha": float(round_ha(area_ha(project))),
        "evaluated_ha": float(round_ha(area_ha(evaluation_area(project, targets)))),
        "transition": [], "services": {}, "targets": [vars(t) for t in near[:MOST_TARGETS]],
        "notes": [BY_REFERENCE, "没有覆盖该范围的前后两期类型图，未描述生态系统变化"], "years": [],
    }  # fmt: skip


def plain(value):
    """A number JSON can hold."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def shown(case: Case) -> dict:
    """For the case page: the newest description and whether it fits the present outline."""
    row = case.impacts.select_related("by__unit", "before", "after").first()
    known = code_list("land_classes")
    return {
        "note": row, "is_old": row is not None and row.outline_sha256 != outline_hash(case),
        "land_class": known.get(row.land_class, {}).get("zh", row.land_class) if row else "",
    }  # fmt: skip
