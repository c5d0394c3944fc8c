"""Clean shapes: valid, flat, of one kind, none empty; each mending is noted with its place."""

import re
from collections.abc import Sequence

import numpy as np
import shapely

from ecoredline.errors import InputError
from ecoredline.record import Job

POLYGON_KINDS = (3, 6)
POINT_KINDS = (0, 4)
KIND_WORDS = {
    0: "points",
    1: "lines",
    2: "lines",
    3: "polygons",
    4: "points",
    5: "lines",
    6: "polygons",
    7: "collections",
}
AT_ONCE = 16  # shapes looked at between two questions if the job goes on
MOST_NAMED = 5  # features named one by one in a note
FAULT_PLACE = re.compile(r"^(?P<what>[^\[]+)\[(?P<x>\S+) (?P<y>\S+)\]")
FAULT_WORDS = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "环自相交",
    "Hole lies outside shell": "内环在外环之外",
    "Nested shells": "外环嵌套",
    "Holes are nested": "内环嵌套",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "重复环",
    "Too few points in geometry component": "点数不足",
}


def clean_polygons(
    shapes: np.ndarray, names: Sequence[str], path, notes: list[str], job: Job | None = None
) -> np.ndarray:
    """Valid polygons or multipolygons, None where a feature is to be left out.

    Empty shapes and stray points and lines become None, self-intersections are mended
    (`make_valid`, method structure); all is noted. Raises `InputError` when nothing is left.
    """
    kinds = shapely.get_type_id(shapes)
    gone = (kinds < 0) | shapely.is_empty(shapes)
    if gone.all():
        raise InputError(f"got {path} without a single shape; wanted polygons: check the layer")
    if gone.any():
        notes.append(f"丢弃 {int(gone.sum())} 个空图形：{_named(names, gone)}")
    mixed = (kinds == 7) & ~gone
    shapes = np.where(gone, None, shapes)
    shapes[mixed] = polygonal(shapes[mixed])
    wrong = ~gone & (
        np.isin(shapely.get_type_id(shapes), POLYGON_KINDS, invert=True) | shapely.is_empty(shapes)
    )
    if (gone | wrong).all():
        found = ", ".join(sorted({KIND_WORDS[int(k)] for k in kinds[~gone]}))
        raise InputError(f"got {path} with {found}; wanted polygons: give the polygon layer")
    if wrong.any():
        notes.append(f"丢弃 {int(wrong.sum())} 个非面图形：{_named(names, wrong)}")
    shapes[wrong] = None
    return _mend(shapes, names, path, notes, job or Job())


def clean_points(
    shapes: np.ndarray, names: Sequence[str], path, notes: list[str], job: Job | None = None
) -> np.ndarray:
    """One point a feature, None where it is empty; lines and areas give a point inside."""
    kinds = shapely.get_type_id(shapes)
    gone = (kinds < 0) | shapely.is_empty(shapes)
    if gone.all():
        raise InputError(f"got {path} without a single shape; wanted points: check the layer")
    if gone.any():
        notes.append(f"丢弃 {int(gone.sum())} 个空图形：{_named(names, gone)}")
    broad = ~gone & (kinds != 0)
    if broad.any():
        notes.append(f"{int(broad.sum())} 个地名不是单点，取其内部一点：{_named(names, broad)}")
    shapes = np.where(gone, None, shapes)
    shapes[broad] = shapely.point_on_surface(shapes[broad])
    return shapes


def polygonal(shapes: np.ndarray) -> np.ndarray:
    """Only the areas of each geometry: its polygons as one shape, empty if it has none."""
    kinds = shapely.get_type_id(shapes)
    result = np.where(np.isin(kinds, POLYGON_KINDS), shapes, shapely.Polygon())
    for index in np.flatnonzero(kinds == 7):
        parts = shapely.get_parts(shapely.get_parts(shapes[index]))
        areas = parts[shapely.get_type_id(parts) == 3]
        result[index] = areas[0] if len(areas) == 1 else shapely.multipolygons(areas)
    return result


def _valid(shapes: np.ndarray, job: Job) -> np.ndarray:
    """Which shapes are valid; large ones take a second each, so the job is asked in between."""
    found = np.zeros(len(shapes), dtype=bool)
    for start in range(0, len(shapes), AT_ONCE):
        job.at("read", start / len(shapes))
        found[start : start + AT_ONCE] = shapely.is_valid(shapes[start : start + AT_ONCE])
    return found


def _mend(shapes: np.ndarray, names: Sequence[str], path, notes: list[str], job: Job) -> np.ndarray:
    bad = ~_valid(shapes, job) & ~shapely.is_missing(shapes)
    if not bad.any():
        return shapes
    faults = shapely.is_valid_reason(shapes[bad])
    shapes[bad] = polygonal(
        shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    )
    said = [
        f"{names[i]}（{fault_words(f)}）" for i, f in zip(np.flatnonzero(bad), faults, strict=True)
    ]
    more = f"等共 {len(said)} 个" if len(said) > MOST_NAMED else ""
    notes.append(f"修复无效图形：{'、'.join(said[:MOST_NAMED])}{more}")
    lost = bad & shapely.is_empty(shapes)
    if lost.any():
        notes.append(f"丢弃 {int(lost.sum())} 个没有面积的图形：{_named(names, lost)}")
        shapes[lost] = None
    if shapely.is_missing(shapes).all():
        raise InputError(f"got {path} whose polygons have no area; wanted real polygons")
    return shapes


def fault_words(reason: str) -> str:
    """A validity fault in Chinese, with its place.

    >>> fault_words("Self-intersection[101.5 26.5]")
    '自相交，位于 101.500000, 26.500000'
    """
    found = FAULT_PLACE.match(reason)
    if not found:
        return FAULT_WORDS.get(reason, reason)
    what = FAULT_WORDS.get(found["what"], found["what"])
    return f"{what}，位于 {float(found['x']):.6f}, {float(found['y']):.6f}"


def _named(names: Sequence[str], chosen: np.ndarray) -> str:
    picked = [str(names[i]) for i in np.flatnonzero(chosen)]
    more = f"等共 {len(picked)} 个" if len(picked) > MOST_NAMED else ""
    return "、".join(picked[:MOST_NAMED]) + more
