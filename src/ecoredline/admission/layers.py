"""The layers a project is held against, each with its version, validity and state.

A layer that is missing, unreadable or out of date is no reason to stop: it is a state, and
the check answers "cannot be decided".
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from ecoredline.codes import code_list, in_force
from ecoredline.errors import EcoredlineError, InputError
from ecoredline.files import input_sha256
from ecoredline.vector import Layer, read_layer, read_protected_areas, read_redline
from ecoredline.vector.fields import take_columns
from ecoredline.vector.roles import HINTS

ROLES = tuple(code_list("admission_layers"))
DAY = re.compile(r"((?:19|20)\d\d)[-年./]?(?:(0[1-9]|1[0-2])[-月./]?(0[1-9]|[12]\d|3[01])?)?")
GRADES = {"一级": "water_1", "二级": "water_2", "准": "water_3", "1": "water_1", "2": "water_2",
          "3": "water_3"}  # fmt: skip
OK, ABSENT, MISSING, UNREADABLE, STALE = "ok", "absent", "missing", "unreadable", "stale"
NONE = "none"  # somebody stated, with a reason, that there is none here
BAD = (MISSING, UNREADABLE, STALE)


@dataclass(frozen=True)
class LayerState:
    """What is known of a layer: ok, absent (not given), missing, unreadable or stale, and why.

    `none`: stated, with the reason, that there is none here. `covers` are the division codes the
    layer says it speaks for; blank where nobody said.
    """

    role: str
    state: str
    reason: str = ""
    file: str = ""
    sha256: str = ""
    version: str = ""
    dated: str = ""
    features: int = 0
    is_demo: bool = False
    notes: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()

    @property
    def zh(self) -> str:
        """What the layer is called."""
        return code_list("admission_layers")[self.role]["zh"]


@dataclass
class Index:
    """A layer's polygons with a search tree; columns code, name, zone, version."""

    frame: gpd.GeoDataFrame
    shapes: np.ndarray = field(init=False)
    tree: shapely.STRtree = field(init=False)
    columns: dict = field(init=False)
    bounds: np.ndarray = field(init=False)

    def __post_init__(self):
        self.shapes = np.array(self.frame.geometry.to_numpy(), dtype=object)
        self.tree = shapely.STRtree(self.shapes)
        empty = np.full(4, np.nan)  # a caller may have read the near features only: there are none
        self.bounds = shapely.total_bounds(self.shapes) if len(self.shapes) else empty
        self.columns = {c: self.frame[c].to_numpy(dtype=object) for c in ("code", "name", "zone")}

    def near(self, shape) -> np.ndarray:
        """Row numbers of features whose boxes touch the shape's."""
        return np.sort(self.tree.query(shape))


@dataclass
class Layers:
    """All layers of a check: states by role, indexes of those that can be used."""

    states: dict[str, LayerState]
    indexes: dict[str, Index]
    required: tuple[str, ...]

    @property
    def faults(self) -> list[str]:
        """Why nothing can be decided: given layers out of use, required ones not given."""
        said = [f"{s.zh}图层{s.reason}" for s in self.states.values() if s.state in BAD]
        return said + [
            f"必需的{self.states[r].zh}图层没有给出：请给出图层，或注明理由声明本区没有"
            for r in self.required
            if self.states[r].state == ABSENT
        ]

    @property
    def unchecked(self) -> list[str]:
        """Layers that were not given, so that nothing is said about them."""
        return [s.zh for s in self.states.values() if s.state == ABSENT]

    @property
    def is_demo(self) -> bool:
        """Is any layer made?"""
        return any(s.is_demo for s in self.states.values())


@dataclass(frozen=True)
class LayerOptions:
    """How to read and judge the layers; dates, ages (days), covered divisions, reasons by role.

    Ages go over those of the data catalogue's cycles (0: not judged by age); `required` None is
    the dated list; `none` has the reason why there is no such layer here.
    """

    as_of: date
    dated: Mapping[str, str] = field(default_factory=dict)
    max_age_days: Mapping[str, int] = field(default_factory=dict)
    required: tuple[str, ...] | None = None
    none: Mapping[str, str] = field(default_factory=dict)
    covers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    redline_version: str = ""
    crs: str | None = None
    encoding: str | None = None


def load_layers(paths: Mapping[str, Path | str | None], options: LayerOptions) -> Layers:
    """Read the layers given by role; what cannot be used becomes a state, never an error.

    Raises `InputError` only for a role there is not.
    """
    unknown = set(paths) - set(ROLES)
    if unknown:
        raise InputError(f"got layers {', '.join(sorted(unknown))}; wanted {', '.join(ROLES)}")
    states, indexes = {}, {}
    for role in ROLES:
        states[role], index = _load(role, paths.get(role), options)
        if index is not None:
            indexes[role] = index
    states["zones"] = _own_zones(states, indexes)
    wanted = options.required
    return Layers(states, indexes, required_roles(options.as_of) if wanted is None else wanted)


def _own_zones(states: dict, indexes: dict) -> LayerState:
    """Where no zone layer is given, the zones the redline's own features name."""
    index = indexes.get("redline")
    if states["zones"].state != ABSENT or index is None or not (index.columns["zone"] != "").any():
        return states["zones"]
    kept = {"file": states["redline"].file, "version": states["redline"].version}
    return LayerState("zones", OK, "红线斑块的管控区属性", features=len(index.shapes), **kept)


def layers_of(
    frames: Mapping[str, tuple[gpd.GeoDataFrame, LayerState]], required: tuple[str, ...] = ("redline",)
) -> Layers:  # fmt: skip
    """The same from frames a caller has already (a database); columns code, name, zone."""
    states = {role: LayerState(role, ABSENT) for role in ROLES}
    indexes = {}
    for role, (frame, state) in frames.items():
        states[role] = replace(state, features=len(frame))
        if state.state in (OK, NONE):
            indexes[role] = Index(frame)
    return Layers(states, indexes, tuple(required))


def required_roles(on: date, more=()) -> tuple[str, ...]:
    """Roles the dated list says are required on a day, and those asked for besides.

    >>> required_roles(date(2026, 1, 1))
    ('redline', 'zones', 'protected', 'water')
    """
    rows = in_force("admission_needs", on)
    return tuple(r for r in ROLES if r in more or rows.get(r, {}).get("required") == "1")


def most_days(role: str, cycle: str = "") -> int:
    """How old a layer may be, in days, by the update cycle of its dataset; 0: not judged by age.

    Without a cycle that of the shipped catalogue counts.

    >>> most_days("redline"), most_days("water", "quarterly"), most_days("clues")
    (400, 186, 0)
    """
    dataset = code_list("admission_layers")[role]["dataset"]
    cycle = cycle or (code_list("datasets")[dataset]["cycle"] if dataset else "")
    return int(code_list("update_cycles")[cycle]["max_age_days"]) if dataset else 0


def too_old(dated: str, on: date, limit: int) -> str:
    """Why a layer of that date is not known to hold on a day, and what to do; blank when it is.

    >>> too_old("2026-01-01", date(2026, 1, 31), 62), too_old("", date(2026, 1, 31), 0)
    ('', '')
    >>> too_old("2025-01-01", date(2026, 1, 1), 62)
    '日期为 2025-01-01，距判定日期 2026-01-01 已 365 天，超过 62 天，已过期：请换用新的图层，或核实仍为现行后登记核实日期'
    """
    if limit and not dated:
        return f"没有日期，不能确认在 {limit} 天之内：请注明图层日期"
    days = (on - date.fromisoformat(dated)).days if limit else 0
    if days <= limit:
        return ""
    return (
        f"日期为 {dated}，距判定日期 {on} 已 {days} 天，超过 {limit} 天，已过期："
        "请换用新的图层，或核实仍为现行后登记核实日期"
    )


def stated_none(role: str, reason: str) -> tuple[gpd.GeoDataFrame, LayerState]:
    """A layer of which somebody stated that there is none here: empty, and the reason in its state."""
    frame = gpd.GeoDataFrame({c: [] for c in ("code", "name", "zone")}, geometry=[], crs=4490)
    return frame, LayerState(role, NONE, f"已声明本区没有：{reason}")


def _load(role: str, path, options: LayerOptions):
    if not path:
        if options.none.get(role, "").strip():
            frame, state = stated_none(role, options.none[role].strip())
            return state, Index(frame)
        return LayerState(role, ABSENT), None
    path = Path(path)
    facts = {"file": path.name}
    if not path.exists():
        return LayerState(role, MISSING, f"文件不存在（{path.name}）", **facts), None
    try:
        facts["sha256"] = input_sha256(path)
        layer, frame = _frame(role, path, options)
    except (EcoredlineError, OSError, ValueError) as fault:
        return LayerState(role, UNREADABLE, f"无法读取：{fault}", **facts), None
    frame, left = _in_force(frame, options.as_of)
    versions = sorted({str(v) for v in frame["version"] if v}) if "version" in frame else []
    dated = options.dated.get(role) or _day(" ".join(versions))
    facts |= {
        "version": "、".join(versions), "dated": dated, "features": len(frame),
        "is_demo": layer.is_demo, "notes": tuple(layer.notes),
        "covers": tuple(options.covers.get(role, ())),
    }  # fmt: skip
    reason = _stale(role, frame, left, dated, options)
    if reason:
        return LayerState(role, STALE, reason, **facts), None
    return LayerState(role, OK, **facts), Index(frame)


def _frame(role: str, path: Path, options: LayerOptions):
    """The layer's features with code, name, zone, version and, where there are any, dates."""
    how = {"crs": options.crs, "encoding": options.encoding}
    if role in ("redline", "zones"):
        layer = read_redline(path, version=options.redline_version * (role == "redline"), **how)
        frame = layer.frame.rename(columns={"control_zone": "zone"})
        if any(n.startswith("管控区“") for n in layer.notes):  # a word nobody knows may mean core
            frame["zone"] = frame["zone"].where(frame["zone"] != "", "unknown")
    elif role == "protected":
        layer = read_protected_areas(path, **how)
        frame = layer.frame.assign(zone="protected")
    else:
        layer = _plain(path, role, how)
        frame = layer.frame
    if _may_be_dated(path):
        known = HINTS.get("redline" if role == "zones" else role, ())
        dates = take_columns(read_layer(path, hints=known, **how).frame, "dated")
        if any(len(v) != len(frame) for v in dates.values()):
            raise InputError(f"got {path.name} whose dates cannot be told apart by feature")
        frame = frame.assign(**dates)
    return layer, frame


def _may_be_dated(path: Path) -> bool:
    """May the layer have columns of dates? A zip or folder may: that is seen when it is read."""
    import pandas as pd
    import pyogrio

    try:
        names = [n for n, kind in pyogrio.list_layers(path) if kind is not None]
        fields = [f for n in names for f in pyogrio.read_info(path, layer=n)["fields"]]
    except Exception:  # what GDAL cannot tell at a glance
        return True
    return bool(take_columns(pd.DataFrame(columns=fields), "dated"))


def _plain(path: Path, role: str, how: dict) -> Layer:
    try:
        layer = read_layer(path, **how)
    except InputError as fault:
        if "with points" not in str(fault):
            raise
        layer = read_layer(path, wanted="point", **how)
    alias = {"clues": "clues", "approved": "project"}.get(role, "water")
    taken = take_columns(layer.frame, alias)
    blank = np.full(len(layer.frame), "", object)
    zone = blank
    if role == "water":
        zone = np.array([water_zone(str(g)) for g in taken.get("grade", blank)], object)
    data = {"code": taken.get("code", blank), "name": taken.get("name", blank), "zone": zone}
    frame = gpd.GeoDataFrame(data, geometry=layer.frame.geometry.to_numpy(), crs=layer.frame.crs)
    demo = take_columns(layer.frame, "redline").get("is_demo", blank)
    return Layer(frame, layer.notes, bool((demo != "").any() and set(demo) & {"1", "True", "是"}))


def water_zone(words: str) -> str:
    """A water-source grade as a zone code.

    >>> water_zone("一级保护区"), water_zone("准保护区"), water_zone("")
    ('water_1', 'water_3', 'water')
    """
    return next((zone for word, zone in GRADES.items() if words.startswith(word)), "water")


def _in_force(frame: gpd.GeoDataFrame, on: date) -> tuple[gpd.GeoDataFrame, int]:
    """The features in force on a day, and how many are left out."""
    keep = np.ones(len(frame), bool)
    for column, late in (("valid_from", False), ("valid_to", True)):
        if column in frame:
            days = np.array([_day(str(v), last=late) for v in frame[column]], object)
            limit = on.isoformat()
            keep &= np.array([not d or (d >= limit if late else d <= limit) for d in days], bool)
    return frame[keep].reset_index(drop=True), int((~keep).sum())


def _stale(role: str, frame, left: int, dated: str, options: LayerOptions) -> str:
    """Why the layer does not hold on the day; blank when it does."""
    on = options.as_of
    if not len(frame):
        return f"在 {on} 没有有效要素（{left} 个要素不在有效期内）"
    if dated and date.fromisoformat(dated) > on:
        return f"日期为 {dated}，晚于判定日期 {on}，当时尚未生效"
    limit = options.max_age_days.get(role)
    return too_old(dated, on, most_days(role) if limit is None else limit)


def _day(words: str, *, last: bool = False) -> str:
    """The first day a text names; where it names only a year or month, its beginning (`last`: its end).

    >>> _day("2022-10批复"), _day("演示版 2025"), _day("none"), _day("20221015")
    ('2022-10-01', '2025-01-01', '', '2022-10-15')
    >>> _day("2024", last=True), _day("2024-02", last=True)
    ('2024-12-31', '2024-02-29')
    """
    found = DAY.search(words)
    if not found:
        return ""
    year, month, day = (int(n) if n else None for n in found.groups())
    if last and day is None:
        month = month or 12
        day = monthrange(year, month)[1]
    try:
        return date(year, month or 1, day or 1).isoformat()
    except ValueError:
        return ""
