"""The database's layers as the check wants them; what is not there makes it fail closed.

The words go into answers that are kept, so they are Chinese whoever asks.
"""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import Max, QuerySet
from django.utils.timezone import localdate

from ecoredline.admission import Layers, LayerState, layers_of
from ecoredline.admission.layers import (
    MISSING,
    NONE,
    OK,
    STALE,
    required_roles,
    stated_none,
    too_old,
)
from ecoredline.codes import code_list
from ecoredline.grid import STORAGE_CRS
from ecoredline.web.admissions import statements, versions
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
    RedlineVersion,
)

ALWAYS = ("clues",)  # what the database itself keeps
ENDED_CLUES = CLUE_LIFECYCLE.final  # a confirmed one goes on as a case
COLUMNS = ("code", "name", "zone")
WATER = "water_source"


@dataclass
class Sources:
    """The layers for a place, and the versions they came from."""

    layers: Layers
    redline: RedlineVersion | None
    protected: ProtectedAreaVersion | None


def sources_for(bounds, day, person, codes, *, redline=None, protected=None) -> Sources:
    """Every layer the database has near a place (west, south, east, north) in some counties.

    The newest versions speak that cover the counties, unless versions are named. Names of clues and cases outside the
    person's divisions are left out; that there is something is not.
    """
    redline = redline or versions.redline_for(codes, day)
    protected = protected or versions.protected_for(codes, day)
    frames = {
        "redline": redline_layer(redline, bounds, codes, day),
        "protected": protected_layer(protected, bounds, codes, day),
        "clues": clue_layer(bounds, person),
        "water": water_layer(bounds, codes, day),
        "rights": rights_layer(bounds, day),
        "approved": approved_layer(bounds, day),
    }
    frames = {role: found for role, found in frames.items() if found is not None}
    frames = {role: judged(role, *found, codes, day) for role, found in frames.items()}
    layers = layers_of(frames, required_roles(day, ALWAYS))
    state = layers.states["redline"]
    layers.states["zones"] = (
        replace(state, role="zones") if state.state == NONE
        else zone_state(redline, layers.indexes.get("redline"), codes, day)
    )  # fmt: skip
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


def judged(role: str, frame, state: LayerState, codes, day) -> tuple:
    """The layer with its state as of the day: stated to be none, or too old to be believed."""
    if role not in statements.roles():
        return frame, state
    if state.state == MISSING:
        reason, since = statements.none_said(role, codes, day)
        if not reason:
            return frame, state
        frame, state = stated_none(role, reason)
        state = replace(state, dated=since)
    elif state.state == OK:
        confirmed = statements.confirmed_on(role, codes, day)
        state = replace(state, dated=max(state.dated, confirmed))
    old = too_old(state.dated, day, statements.limit_of(role))
    return frame, replace(state, state=STALE, reason=old) if old else state


def missing(role: str, words: str):
    """A layer that is not there."""
    return frame_of([]), LayerState(role, MISSING, words)


def version_state(role: str, version) -> LayerState:
    """A layer that can be used, with its version and, where that has one, the day it begins."""
    since = getattr(version, "valid_from", None)
    return LayerState(
        role, OK, file=f"数据库（{localdate(version.loaded_at)} 载入），项目附近", sha256=version.sha256,
        version=version.name, dated=since.isoformat() if since else "", is_demo=version.is_demo,
        covers=versions.covers_of(version),
    )  # fmt: skip


def redline_layer(version, bounds, codes, day):
    """The redline polygons near the place."""
    if version is None:
        words = versions.why_no_version(RedlineVersion, codes, day, "红线")
        return missing("redline", words)
    if not version.polygons.exists():
        return missing("redline", f"版本“{version.name}”没有斑块：请交付红线并写明生效日期")
    rows = near(version.polygons.all(), bounds, "code", "name", "control_zone")
    return frame_of(rows), version_state("redline", version)


def zone_state(version, index, codes, day) -> LayerState:
    """Control zones are a column of the redline polygons; a version without any has none.

    Counted are the polygons near the place that have one.
    """
    if version is None:
        return LayerState("zones", MISSING, "没有红线版本，管控区不明")
    if not version.polygons.exclude(control_zone="").exists():
        reason, _ = statements.none_said("zones", codes, day)
        if reason:
            return stated_none("zones", reason)[1]
        return LayerState("zones", MISSING, f"红线版本“{version.name}”没有管控区属性")
    zoned = 0 if index is None else int((index.columns["zone"] != "").sum())
    state = version_state("zones", version)
    return replace(state, file=f"红线斑块的管控区属性，{state.file}", features=zoned)


def protected_layer(version, bounds, codes, day):
    """The protected areas near the place."""
    if version is None:
        words = versions.why_no_version(ProtectedAreaVersion, codes, day, "自然保护地")
        return missing("protected", words)
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


def ledger_rows(day, counties) -> QuerySet:
    """Rows of the existing rights of some counties as they held on the day, with a shape, not gone."""
    rows = MappedRow.objects.filter(held_on(day), book="existing_right", county__in=counties)
    return rows.exclude(geom=None).exclude(state="gone")


def water_layer(bounds, codes, day):
    """Water sources of the county ledgers near the place.

    Each county of the project must have some, or it must be stated for it that there are none.
    """
    held = ledger_rows(day, near_counties(bounds)).filter(kind=WATER)
    own = ledger_rows(day, codes).filter(kind=WATER).order_by()
    newest = dict(own.values("county").annotate(d=Max("valid_from")).values_list("county", "d"))
    stated = {c: statements.none_said("water", [c], day)[1] for c in codes if c not in newest}
    lacking = [c for c, since in stated.items() if not since]
    if lacking or not newest:
        where = "、".join(lacking or codes) or "项目所在地"
        return missing(
            "water",
            f"没有：{where} 的既有权益台账中没有水源地，也没有声明本区没有：请登记水源地，或写明理由声明本区没有",
        )
    rows = [(n, n, zone_of_water(s), wkb) for n, s, wkb in near(held, bounds, "name", "state")]
    told = f"既有权益与水源地台账，截至 {day}，{own.count()} 行"
    dated = min([d.isoformat() for d in newest.values()] + list(stated.values()))
    return frame_of(rows), LayerState("water", OK, file="数据库", version=told, dated=dated)


def near_counties(bounds) -> list[str]:
    """Codes of the counties near the place."""
    near_place = Division.objects.filter(
        level="county", geom__bboverlaps=versions.box_around(bounds)
    )
    return list(near_place.values_list("code", flat=True))


def rights_layer(bounds, day):
    """The other existing rights of the ledgers of the counties near the place, on the day.

    None where no ledger has any: then nothing is known of them.
    """
    held = ledger_rows(day, near_counties(bounds)).exclude(kind=WATER)
    newest = held.aggregate(day=Max("valid_from"))["day"]
    if newest is None:
        return None
    rows = [(name, name, "", wkb) for name, wkb in near(held, bounds, "name")]
    told = f"既有权益与水源地台账，截至 {day}，{held.count()} 行"
    return frame_of(rows), LayerState(
        "rights", OK, file="数据库", version=told, dated=newest.isoformat(),
    )  # fmt: skip


def zone_of_water(state: str) -> str:
    """The zone of a water source's class; one without a class is a water source all the same."""
    return state if state in code_list("water_grades") else "water"
