"""Checks between shapes: overlaps, gaps, what reaches out of the reference."""

import numpy as np
import shapely

from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.quality.catalogue import NotApplicable, Place, catalogue, check
from ecoredline.quality.check_geometry import M2_PER_HA, polygons
from ecoredline.vector.shapes import polygonal

SLIT_M = 20.0
METRES_PER_DEGREE = 111_320.0
TOUCHING_DEG = 1e-7  # a centimetre


def sound(item, rows) -> np.ndarray:
    """The areas of some rows, mended where they are invalid."""
    shapes = item.shapes[rows].copy()
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return shapes


@check("topology.overlap")
def overlap(item, context):
    """Pairs of features that share an area."""
    limit = catalogue()["topology.overlap"].limit
    rows = polygons(item)
    shapes = sound(item, rows)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    keep = first < second
    first, second = first[keep], second[keep]
    keep = ~shapely.touches(shapes[first], shapes[second])
    first, second = first[keep], second[keep]
    shared = polygonal(shapely.intersection(shapes[first], shapes[second]))
    square = areas_ha(shared) * M2_PER_HA if len(shared) else np.zeros(0)
    names = item.names
    for k in np.flatnonzero(square >= limit):
        x, y = _inner(shared[k])
        words = f"与{names[rows[second[k]]]}重叠 {round_ha(float(square[k]) / M2_PER_HA):.4f} 公顷"
        yield Place(names[rows[first[k]]], words, x, y)


@check("topology.gap")
def gap(item, context):
    """Small holes that no feature has by itself: cracks between neighbours."""
    limit = catalogue()["topology.gap"].limit
    rows = polygons(item)
    if len(rows) < 2:
        raise NotApplicable("只有一个面")
    shapes = sound(item, rows)
    whole = shapely.get_parts(shapely.union_all(shapes))
    own = shapely.STRtree(_holes(shapely.get_parts(shapes)))
    holes = _holes(whole)
    square = areas_ha(holes) * M2_PER_HA if len(holes) else np.zeros(0)
    for k in np.flatnonzero(square > 0):
        if not context.options.coverage and square[k] >= limit:
            continue
        same = own.query(holes[k], predicate="intersects")
        if any(shapely.equals(own.geometries[s], holes[k]) for s in same):
            continue  # a hole of one feature, drawn as such
        x, y = _inner(holes[k])
        size = f"{square[k]:.2f}" if square[k] >= 0.01 else "不足 0.01"
        words = f"面与面之间有 {size} 平方米的缝隙"
        yield Place("", words, x, y, soft=not context.options.coverage)
    for k, x, y in _slits(shapes):
        words = f"与相邻面之间有不足 {SLIT_M:g} 米宽的缝隙"
        yield Place(item.names[rows[k]], words, x, y, soft=not context.options.coverage)


def _slits(shapes: np.ndarray):
    """Narrow gaps that are open at an end: feature and a point of each, one a feature.

    Edges that lie on a neighbour (only a vertex is missing there) or inside one (an overlap)
    are no gaps.
    """
    edges = shapely.coverage_invalid_edges(shapes, gap_width=SLIT_M / METRES_PER_DEGREE)
    sides, owner = shapely.get_parts(edges, return_index=True)
    tree = shapely.STRtree(shapes)
    seen = set()
    for k, side in zip(owner, sides, strict=True):
        if k in seen or side.is_empty:
            continue
        middle = shapely.line_interpolate_point(side, 0.5, normalized=True)
        near = tree.query(middle, predicate="dwithin", distance=SLIT_M / METRES_PER_DEGREE)
        away = shapely.distance(middle, shapes[near[near != k]])
        if len(away) and away.min() > TOUCHING_DEG:
            seen.add(k)
            yield int(k), float(shapely.get_x(middle)), float(shapely.get_y(middle))


def _holes(shapes) -> np.ndarray:
    rings = [r for p in shapes if p.geom_type == "Polygon" for r in p.interiors]
    return np.array([shapely.Polygon(r) for r in rings], dtype=object)


@check("topology.within")
def within(item, context):
    """Parts outside the reference area."""
    limit = catalogue()["topology.within"].limit
    if context.reference is None:
        raise NotApplicable("没有给出可信的参照图层")
    rows = polygons(item)
    cover = shapely.union_all(context.reference.frame.geometry.to_numpy())
    shapely.prepare(cover)
    shapes = sound(item, rows)
    names = item.names
    for k in np.flatnonzero(~shapely.covers(cover, shapes)):
        rest = shapely.difference(shapes[k], cover)
        square = float(areas_ha([rest])[0]) * M2_PER_HA
        if square >= limit:
            x, y = _inner(rest)
            yield Place(names[rows[k]], f"有 {square / M2_PER_HA:.4f} 公顷在参照范围之外", x, y)


def _inner(shape) -> tuple[float, float]:
    point = shapely.point_on_surface(shape)
    return float(shapely.get_x(point)), float(shapely.get_y(point))
