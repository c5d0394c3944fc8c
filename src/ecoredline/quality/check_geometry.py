"""Checks of single shapes: there, valid, of one kind, without doubled vertices, no slivers."""

import numpy as np
import shapely

from ecoredline.geodesy import areas_ha
from ecoredline.quality.catalogue import NotApplicable, Place, catalogue, check
from ecoredline.vector.shapes import FAULT_PLACE, fault_words

M2_PER_HA = 10_000.0
KINDS = {0: "点", 4: "点", 1: "线", 2: "线", 5: "线", 3: "面", 6: "面", 7: "集合"}
THIN = 0.02  # 4πA/P²: a strip 1 m wide and 160 m long has this


def spot(item, row: int) -> tuple[float | None, float | None]:
    """A point of a feature in lon, lat; nothing where its CRS is not known."""
    shape = item.shapes[row] if item.shapes is not None else None
    if shape is None or shape.is_empty:
        return None, None
    point = shapely.point_on_surface(shape)
    return float(shapely.get_x(point)), float(shapely.get_y(point))


def polygons(item) -> np.ndarray:
    """Rows that hold areas; raises `NotApplicable` without any or without a known CRS."""
    if item.shapes is None:
        raise NotApplicable("坐标系不明")
    rows = np.flatnonzero(item.filled & np.isin(shapely.get_type_id(item.raw), (3, 6)))
    if not len(rows):
        raise NotApplicable("没有面")
    return rows


@check("geometry.empty")
def empty(item, context):
    """Features without a shape."""
    for row in np.flatnonzero(~item.filled):
        yield Place(item.names[row], "没有图形")


@check("geometry.valid")
def valid(item, context):
    """Self-intersections and the like, each with its place."""
    rows = np.flatnonzero(item.filled & ~shapely.is_valid(item.raw))
    for row in rows:
        shape = item.shapes[row] if item.shapes is not None else item.raw[row]
        reason = shapely.is_valid_reason(shape)
        found = FAULT_PLACE.match(reason)
        x, y = (float(found["x"]), float(found["y"])) if found else spot(item, row)
        if item.shapes is None:
            x = y = None
        yield Place(item.names[row], fault_words(reason), x, y)


@check("geometry.kind")
def kind(item, context):
    """Points, lines and areas in one layer; collections."""
    kinds = [KINDS[int(k)] for k in shapely.get_type_id(item.raw[item.filled])]
    if not kinds:
        raise NotApplicable("没有图形")
    usual = max(set(kinds), key=kinds.count)
    for row, found in zip(np.flatnonzero(item.filled), kinds, strict=True):
        if found != usual or found == "集合":
            rest = "应拆成单一类型" if found == "集合" else f"本层多为{usual}"
            yield Place(item.names[row], f"是{found}，{rest}", *spot(item, row))


@check("geometry.height")
def height(item, context):
    """Z or M values that an area does not need."""
    if any(mark in item.geometry_type for mark in ("Z", "2.5D", " M", "ZM")):
        yield Place("", f"图形类型为 {item.geometry_type}，入库时将去掉 Z、M 值")


@check("geometry.duplicate_vertices")
def duplicate_vertices(item, context):
    """Two equal vertices one after the other."""
    rows = np.flatnonzero(item.filled)
    parts, owner = shapely.get_parts(item.raw[rows], return_index=True)
    areal = shapely.get_type_id(parts) == 3
    rings, inside = shapely.get_rings(parts[areal], return_index=True)
    lines = shapely.get_type_id(parts) == 1
    every = np.concatenate([rings, parts[lines]])
    whose = np.concatenate([owner[areal][inside], owner[lines]]).astype(int)
    places, ring = shapely.get_coordinates(every, return_index=True)
    same = (ring[1:] == ring[:-1]) & (places[1:] == places[:-1]).all(axis=1)
    for row, count in zip(*np.unique(whose[ring[1:][same]], return_counts=True), strict=True):
        yield Place(item.names[rows[row]], f"{count} 个重复节点", *spot(item, rows[row]))


@check("geometry.duplicate_features")
def duplicate_features(item, context):
    """The same shape twice, whatever its first vertex."""
    seen: dict[bytes, int] = {}
    normal = shapely.normalize(item.raw)
    for row in np.flatnonzero(item.filled):
        key = shapely.to_wkb(normal[row])
        if key in seen:
            words = f"与{item.names[seen[key]]}图形相同"
            yield Place(item.names[row], words, *spot(item, row))
        seen.setdefault(key, row)


@check("geometry.sliver")
def sliver(item, context):
    """Parts that are tiny, or very thin and small."""
    limit = catalogue()["geometry.sliver"].limit
    rows = polygons(item)
    rows = rows[shapely.is_valid(item.shapes[rows])]  # the others are told as invalid
    parts, owner = shapely.get_parts(item.shapes[rows], return_index=True)
    hectares = areas_ha(parts)
    plane = 4 * np.pi * shapely.area(parts) / np.maximum(shapely.length(parts), 1e-12) ** 2
    small = hectares * M2_PER_HA < limit
    thin = (plane < THIN) & (hectares * M2_PER_HA < 100 * limit)
    for k in np.flatnonzero(small | thin):
        words = f"碎片面，{hectares[k] * M2_PER_HA:.2f} 平方米，形状系数 {plane[k]:.4f}"
        point = shapely.get_coordinates(shapely.centroid(parts[k]))[0]
        yield Place(item.names[rows[owner[k]]], words, float(point[0]), float(point[1]))
