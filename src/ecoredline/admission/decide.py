"""The check itself: a project against the layers, rule by rule; in doubt it says no.

Areas are those of the lon, lat polygons on the CGCS2000 ellipsoid. An overlap of a zone smaller
than the sliver limit is reported and does not decide.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely

from ecoredline.admission.layers import NONE, Index, Layers
from ecoredline.admission.project import Project
from ecoredline.admission.result import Admission, Finding, Hit
from ecoredline.admission.rules import Rule, RuleTable, activities, activity_code, applies
from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.geodesy import area_ha, areas_ha, round_ha
from ecoredline.patches.overlay import inside
from ecoredline.vector.shapes import polygonal

M2_PER_HA = 10_000.0
UNDETERMINED = "undetermined"
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class CheckOptions:
    """The day of the judgement, the sliver limit and how far the redline layer's word reaches."""

    as_of: date
    sliver_m2: float = 10.0
    coverage_m: float = 10_000.0  # a project farther from the redline layer lies in no man's land
    examples: bool = False

    def __post_init__(self):
        if self.sliver_m2 < 0 or self.coverage_m < 0:
            raise InputError("got a negative limit; wanted metres or square metres from 0 on")

    @property
    def sliver_rule(self) -> str:
        """The sliver rule in words; every result cites it."""
        return f"与同一管控区的重叠面积合计小于 {self.sliver_m2:g} 平方米的视为碎片：列出，不作判定依据"


def admit(project: Project, layers: Layers, table: RuleTable, options: CheckOptions) -> Admission:
    """The answer for one project; never raises for what a layer or rule lacks."""
    reasons = list(layers.faults)
    hits: list[Hit] = []
    shape = np.array([project.shape], dtype=object)
    size = areas_ha(shape)
    if size[0] <= 0:
        reasons.append("项目没有面积")
    inside_ha = None  # where the redline could not be used
    for role, index in layers.indexes.items():
        if role != "zones":
            touched, hectares = find_hits(role, index, shape[0])
            hits += touched
            inside_ha = hectares if role == "redline" else inside_ha
    reasons += _without_area(hits)
    redline = layers.indexes.get("redline")
    reasons += _elsewhere(project, layers)
    if redline is not None and layers.states["redline"].state != NONE:
        reasons += _coverage(project.shape, redline, options)
    activity = activity_code(project.activity)
    if activity and activity not in activities():
        reasons.append(f"人为活动类型“{activity}”不在代码表中")
    zones = _zones(float(size[0]), hits, layers)
    findings = [
        _finding(zone, hectares, project, activity, table, options)
        for zone, hectares in zones.items()
    ]
    return Admission.of(
        project, layers, table, options, (size[0], inside_ha), findings, hits, reasons
    )


def find_hits(role: str, index: Index, shape) -> tuple[list[Hit], float]:
    """What of a layer the project touches, areas by feature, points and lines by place; hectares of it all."""
    rows = index.near(shape)
    if not len(rows):
        return [], 0.0
    flat = shapely.get_dimensions(index.shapes[rows]) < 2
    touched = rows[flat][shapely.intersects(index.shapes[rows[flat]], shape)]
    hits = [Hit(role, *_facts(index, row), 0.0, None) for row in touched]
    areas = rows[~flat]
    if not len(areas):
        return hits, 0.0
    pieces, whole = inside(shape, index.shapes[areas])
    for place, piece, hectares in zip(pieces.polygon, pieces.shape, pieces.area_ha, strict=True):
        if round_ha(float(hectares)) > 0:
            row = areas[place]
            hits.append(Hit(role, *_facts(index, row), float(round_ha(float(hectares))), piece))
    return hits, whole


def _without_area(hits: list[Hit]) -> list[str]:
    """A water source or protected area known only as a point or line: how far it reaches is not known."""
    rows = code_list("admission_layers")
    return [
        f"项目范围内有{rows[h.role]['zh']}“{h.name or h.code or '无名称'}”，图层只有点或线，范围不明"
        for h in hits
        if h.role in ("protected", "water") and h.shape is None
    ]


def _facts(index: Index, row: int) -> tuple[str, str, str]:
    return tuple(str(index.columns[c][row] or "") for c in ("code", "name", "zone"))


def _elsewhere(project: Project, layers: Layers) -> list[str]:
    """Layers that say which divisions they speak for, and not for the project's."""
    said = []
    for state in layers.states.values():
        if state.covers and not any(applies(code, project.province) for code in state.covers):
            here = project.province or "未注明"
            said.append(
                f"{state.zh}图层申明覆盖 {'、'.join(state.covers)}，"
                f"不含项目所在区划（{here}）：请给出覆盖该区划的图层"
            )
    return said


def _coverage(shape, redline: Index, options: CheckOptions) -> list[str]:
    """A redline layer of somewhere else says nothing about this place."""
    if options.coverage_m == np.inf:  # the caller knows which divisions the layer covers
        return []
    west, south, east, north = redline.bounds
    x0, y0, x1, y1 = shapely.bounds(shape)
    scale = METRES_PER_DEGREE * np.cos(np.radians((y0 + y1) / 2))
    away = max(
        (west - x0) * scale, (x1 - east) * scale,
        (south - y0) * METRES_PER_DEGREE, (y1 - north) * METRES_PER_DEGREE,
    )  # fmt: skip
    if away <= options.coverage_m:
        return []
    return [
        f"项目超出生态保护红线图层范围 {away / 1000:.1f} 千米（限 {options.coverage_m / 1000:g} 千米），"
        "图层可能不覆盖项目所在地"
    ]


def _zones(size_ha: float, hits: list[Hit], layers: Layers) -> dict[str, float]:
    """Hectares of the project in each zone that rules know, the redline's parts first."""
    held = [h for h in hits if h.role == "redline" and h.shape is not None]
    areas: dict[str, float] = {}
    if held:
        areas |= _redline_zones(held, hits, layers)
    for hit in hits:
        if hit.role in ("protected", "water") and hit.shape is not None:
            areas[hit.zone] = areas.get(hit.zone, 0.0) + hit.area_ha
    # what several protected areas or water zones cover counts once
    for zone in [z for z in areas if z in OVERLAPPING and sum(h.zone == z for h in hits) > 1]:
        areas[zone] = _united_ha([h.shape for h in hits if h.zone == zone])
    inside_ha = _united_ha([h.shape for h in held])
    if "redline" not in layers.indexes:  # nothing is known of outside either
        return areas
    spare = max(0.0, size_ha - inside_ha)
    if areas and round_ha(spare) == 0:
        return areas  # wholly inside: what rounding leaves is no part
    return {"outside": spare, **areas}


OVERLAPPING = ("protected", "water", "water_1", "water_2", "water_3")


def _redline_zones(inside: list[Hit], hits: list[Hit], layers: Layers) -> dict[str, float]:
    """The redline part by control zone: the zone layer's word (the gravest of several), then the redline's own.

    A core zone of the redline stays one, whatever the zone layer says.

    A part no one names lies outside the core zone if no protected area covers it (core zones
    are parts of protected areas); with protected areas there, or unknown, the zone is unknown.
    """
    parts: dict[str, list] = {}
    zones = layers.indexes.get("zones")
    for hit in inside:
        rest = hit.shape
        for row in _gravest_first(zones, rest) if hit.zone != "core" else ():
            piece = polygonal(np.array([shapely.intersection(rest, zones.shapes[row])], object))[0]
            if not piece.is_empty:
                parts.setdefault(_today(zones.columns["zone"][row]), []).append(piece)
                rest = shapely.difference(rest, piece)
        if not rest.is_empty:
            parts.setdefault(_today(hit.zone), []).append(rest)
    unnamed = parts.pop("", [])
    if unnamed:
        whole = shapely.union_all(unnamed)
        protected = [h.shape for h in hits if h.role == "protected" and h.shape is not None]
        if "protected" not in layers.indexes:
            parts.setdefault("unknown", []).append(whole)
        else:
            cover = shapely.union_all(protected) if protected else shapely.Polygon()
            parts.setdefault("unknown", []).append(shapely.intersection(whole, cover))
            parts.setdefault("general", []).append(shapely.difference(whole, cover))
    areas = {zone: _united_ha(shapes) for zone, shapes in parts.items()}
    return {zone: hectares for zone, hectares in areas.items() if hectares > 0}


def _gravest_first(zones: Index | None, shape) -> list[int]:
    """Rows of the zone layer near a shape; where two cover one place the graver comes first."""
    if zones is None:
        return []
    order = ["core", "core_area", "class_1", "buffer", "unknown", "class_2", "experimental"]
    rank = {zone: n for n, zone in enumerate(order)}
    return sorted(zones.near(shape), key=lambda row: rank.get(zones.columns["zone"][row], 99))


def _united_ha(shapes: list) -> float:
    """Hectares that some shapes cover, a place once."""
    if not shapes:
        return 0.0
    return area_ha(shapes[0] if len(shapes) == 1 else shapely.union_all(shapes))


def _today(zone) -> str:
    """Zones as rules name them; a word outside the list is as good as none."""
    return zone if zone in code_list("admission_zones") else ""


def _finding(zone, hectares, project, activity, table, options) -> Finding:
    """The rule for one zone; without a rule it is undetermined. A sliver decides nothing."""
    decides = hectares * M2_PER_HA >= options.sliver_m2 if zone != "outside" else True
    hectares = round_ha(hectares)
    rule = table.match(
        project.province, activity, zone, project.path, options.as_of, options.examples
    )
    return Finding(
        zone, hectares, decides, rule, _no_rule(rule, zone, activity, project.path, options)
    )


def _no_rule(rule: Rule | None, zone: str, activity: str, path: str, options: CheckOptions) -> str:
    if rule is not None:
        return ""
    if not activity:
        return "没有给出人为活动类型"
    name = code_list("admission_zones")[zone]["zh"]
    way = code_list("admission_paths").get(path, {"zh": path})["zh"]
    return f"规则表在 {options.as_of} 没有“{activity} × {name}（{way}）”的规则"


def admit_all(projects, layers, table, options, job=None) -> list[Admission]:
    """The answers for many projects, in their order."""
    done = []
    for number, project in enumerate(projects):
        if job is not None:
            job.at("admit", number / len(projects), project.name)
        done.append(admit(project, layers, table, options))
    return done
