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

from ecoredline.codes import code_list
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
BAD = (MISSING, UNREADABLE, STALE)


@dataclass(frozen=True)
class LayerState:
    """What is known of a layer: ok, absent (not given), missing, unreadable or stale, and why."""

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
            f"必需的{self.states[r].zh}图层没有给出"
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
    """How to read and judge the layers; dates and ages (days) by role."""

    as_of: date
    dated: Mapping[str, str] = field(default_factory=dict)
    max_age_days: Mapping[str, int] = field(default_factory=dict)
    required: tuple[str, ...] = ()
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
    return Layers(states, indexes, required_roles(options.required))


def layers_of(frames: Mapping[str, tuple[gpd.GeoDataFrame, LayerState]], required=()) -> Layers:
    """The same from frames a caller has already (a database); columns code, name, zone."""
    states = {role: LayerState(role, ABSENT) for role in ROLES}
    indexes = {}
    for role, (frame, state) in frames.items():
        states[role] = replace(state, features=len(frame))
        if state.state == OK:
            indexes[role] = Index(frame)
    return Layers(states, indexes, required_roles(required))


def required_roles(more=()) -> tuple[str, ...]:
    """Roles the list says are required, and those asked for besides."""
    rows = code_list("admission_layers")
    return tuple(r for r in ROLES if rows[r]["required"] == "1" or r in more)


def _load(role: str, path, options: LayerOptions):
    if not path:
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
    limit = options.max_age_days.get(role) or _number(code_list("admission_layers")[role])
    if limit and not dated:
        return f"没有日期，不能确认在 {limit} 天之内"
    if limit and (on - date.fromisoformat(dated)).days > limit:
        return f"日期为 {dated}，距判定日期 {on} 超过 {limit} 天，已过期"
    return ""


def _number(row: Mapping) -> int:
    return int(row["max_age_days"] or 0)


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
