"""The database's layers as the check wants them; what is not there makes it fail closed.

The words go into answers that are kept, so they are Chinese whoever asks.
"""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import Count, Max, QuerySet
from django.utils.timezone import localdate

from ecoredline.admission import Layers, LayerState, layers_of
from ecoredline.admission.layers import MISSING, OK
from ecoredline.codes import code_list
from ecoredline.grid import STORAGE_CRS
from ecoredline.web.admissions import versions
from ecoredline.web.admissions.approved import approved_on
from ecoredline.web.cases.lifecycle import OPEN as OPEN_CASES
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import Clue
from ecoredline.web.ledgers.models import MappedRow
from ecoredline.web.ledgers.queries import held_on
from ecoredline.web.regions.models import (
    Division,
    ProtectedAreaVersion,
    RedlinePolygon,
    RedlineVersion,
)

REQUIRED = ("redline", "zones", "protected", "clues")
ENDED_CLUES = CLUE_LIFECYCLE.final  # a confirmed one goes on as a case
COLUMNS = ("code", "name", "zone")
WATER = "water_source"


@dataclass
class Sources:
    """The layers for a place, and the versions they came from."""

    layers: Layers
    redline: RedlineVersion | None
    protected: ProtectedAreaVersion | None


def sources_for(bounds, day, person, *, redline=None, protected=None) -> Sources:
    """Every layer the database has near a place (west, south, east, north).

    The newest versions speak, unless they are named. Names of clues and cases outside the
    person's divisions are left out; that there is something is not.
    """
    redline = redline or versions.redline_for(bounds, day)
    protected = protected or versions.protected_for(bounds, day)
    frames = {
        "redline": redline_layer(redline, bounds),
        "protected": protected_layer(protected, bounds),
        "clues": clue_layer(bounds, person),
        "water": rights_layer("water", bounds, day),
        "rights": rights_layer("rights", bounds, day),
        "approved": approved_layer(bounds, day),
    }
    frames = {role: found for role, found in frames.items() if found is not None}
    layers = layers_of(frames, REQUIRED)
    layers.states["zones"] = zone_state(redline, layers.indexes.get("redline"))
    index = layers.indexes.get("redline")
    if index is not None:  # only the near polygons were read, the version reaches farther
        index.bounds = np.array(versions.extent_of(RedlinePolygon, redline))
    return Sources(layers, redline, protected)


def frame_of(rows: list[tuple]) -> gpd.GeoDataFrame:
    """Rows of code, name, zone, WKB as the check's table."""
    data = {c: np.array([row[k] or "" for row in rows], object) for k, c in enumerate(COLUMNS)}
    shapes = shapely.from_wkb([bytes(row[3]) for row in rows])
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=STORAGE_CRS)


def near(rows: QuerySet, bounds, *columns) -> list[tuple]:
    """What of a layer lies near the place."""
    found = rows.filter(geom__bboverlaps=versions.box_around(bounds)).annotate(wkb=AsWKB("geom"))
    return list(found.order_by("pk").values_list(*columns, "wkb"))


def missing(role: str, words: str):
    """A layer that is not there."""
    return frame_of([]), LayerState(role, MISSING, words)


def version_state(role: str, version) -> LayerState:
    """A layer that can be used, with its version and, where that has one, the day it begins."""
    since = getattr(version, "valid_from", None)
    return LayerState(
        role, OK, file=f"数据库（{localdate(version.loaded_at)} 载入），项目附近", sha256=version.sha256,
        version=version.name, dated=since.isoformat() if since else "", is_demo=version.is_demo,
    )  # fmt: skip


def redline_layer(version, bounds):
    """The redline polygons near the place."""
    if version is None:
        return missing("redline", "数据库中没有覆盖项目所在地的红线版本")
    rows = near(version.polygons.all(), bounds, "code", "name", "control_zone")
    return frame_of(rows), version_state("redline", version)


def zone_state(version, index) -> LayerState:
    """Control zones are a column of the redline polygons; a version without any has none.

    Counted are the polygons near the place that have one.
    """
    if version is None:
        return LayerState("zones", MISSING, "没有红线版本，管控区不明")
    if not version.polygons.exclude(control_zone="").exists():
        return LayerState("zones", MISSING, f"红线版本“{version.name}”没有管控区属性")
    zoned = 0 if index is None else int((index.columns["zone"] != "").sum())
    state = version_state("zones", version)
    return replace(state, file=f"红线斑块的管控区属性，{state.file}", features=zoned)


def protected_layer(version, bounds):
    """The protected areas near the place."""
    if version is None:
        return missing("protected", "数据库中没有自然保护地")
    rows = [(c, n, "protected", g) for c, n, g in near(version.areas.all(), bounds, "code", "name")]
    return frame_of(rows), version_state("protected", version)


def clue_layer(bounds, person):
    """Open clues and cases near the place."""
    rows = []
    for found, mine in (
        (Clue.objects.exclude(state__in=ENDED_CLUES), Clue.objects.visible_to(person)),
        (Case.objects.filter(state__in=OPEN_CASES), Case.objects.visible_to(person)),
    ):
        close = [*near(found, bounds, "pk", "number"), *dots(found, bounds)]
        mine = mine.filter(pk__in=[pk for pk, _, _ in close]).order_by()
        seen = set(mine.values_list("pk", flat=True))
        rows += [(number if pk in seen else "辖区外", "", "", wkb) for pk, number, wkb in close]
    return frame_of(rows), LayerState("clues", OK, file="数据库")


def dots(rows: QuerySet, bounds) -> list[tuple]:
    """Clues or cases near the place of which only a point is known."""
    west, south, east, north = versions.box_around(bounds).extent
    found = rows.filter(geom=None, lon__range=(west, east), lat__range=(south, north))
    return [
        (pk, number, shapely.to_wkb(shapely.Point(lon, lat)))
        for pk, number, lon, lat in found.values_list("pk", "number", "lon", "lat")
    ]


def approved_layer(bounds, day):
    """Projects approved and in force on the day."""
    rows = [(c, n, "", g) for c, n, g in near(approved_on(day), bounds, "code", "name")]
    return frame_of(rows), LayerState("approved", OK, file="数据库")


def rights_layer(role: str, bounds, day):
    """Water sources, or the other existing rights, of the county ledgers as they held on the day.

    None where no ledger of the counties near the place has any: then nothing is known of them.
    """
    near_codes = Division.objects.filter(
        level="county", geom__bboverlaps=versions.box_around(bounds)
    ).values_list("code", flat=True)
    held = MappedRow.objects.filter(
        held_on(day), book="existing_right", county__in=list(near_codes)
    ).exclude(geom=None)
    held = held.filter(kind=WATER) if role == "water" else held.exclude(kind=WATER)
    held = held.exclude(state="gone")
    known = held.aggregate(rows=Count("pk"), newest=Max("valid_from"))
    if not known["rows"]:
        return None
    rows = [
        (name, name, zone_of_water(state) if role == "water" else "", wkb)
        for name, state, wkb in near(held, bounds, "name", "state")
    ]
    told = f"既有权益与水源地台账，截至 {day}，{known['rows']} 行"
    return frame_of(rows), LayerState(
        role, OK, file="数据库", version=told, dated=known["newest"].isoformat(),
    )  # fmt: skip


def zone_of_water(state: str) -> str:
    """The zone of a water source's class; one without a class is a water source all the same."""
    return state if state in code_list("water_grades") else "water"
