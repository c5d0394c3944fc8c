"""Cutting polygon sets against each other: what no two share, what lies in which county."""

import geopandas as gpd
import numpy as np
import shapely

POLYGON = 3
INTERIORS_MEET = "T********"
FINE_GRID_DEG = 1e-11  # about a micrometre: only where the exact operation fails


def polygons_of(geometry) -> shapely.Geometry:
    """The polygon parts of a geometry as one multipolygon; lines and points are left out.

    >>> polygons_of(shapely.LineString([(0, 0), (1, 1)])).is_empty
    True
    """
    parts = shapely.get_parts(geometry)
    while (shapely.get_type_id(parts) > POLYGON).any():
        parts = shapely.get_parts(parts)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == POLYGON])


def exact(operation, one, other) -> shapely.Geometry:
    """An overlay of two geometries, polygons only; on a fine grid where GEOS cannot do it exactly."""
    try:
        return polygons_of(operation(one, other))
    except shapely.errors.GEOSException:
        return polygons_of(operation(one, other, grid_size=FINE_GRID_DEG))


def separated(shapes) -> np.ndarray:
    """The same ground with no two shapes sharing any: where two overlap the later one gives way.

    >>> two = separated([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)])
    >>> [g.area for g in two]
    [4.0, 2.0]
    """
    found = np.array([polygons_of(s) for s in shapes], dtype=object)
    if len(found) < 2:
        return found
    first, second = shapely.STRtree(found).query(found, predicate="intersects")
    keep = first < second
    first, second = first[keep], second[keep]
    meet = shapely.relate_pattern(found[first], found[second], INTERIORS_MEET)
    for one, other in sorted(zip(first[meet].tolist(), second[meet].tolist(), strict=True)):
        found[other] = exact(shapely.difference, found[other], found[one])
    return found


def dissolved(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row a code: the first row's attributes, the union of the shapes."""
    codes = frame["code"].astype(str).to_numpy()
    first, where = np.unique(codes, return_index=True)
    if len(first) == len(codes):
        return frame.reset_index(drop=True)
    kept = frame.iloc[np.sort(where)].reset_index(drop=True)
    shapes = frame.geometry.to_numpy()
    return kept.set_geometry(
        [
            polygons_of(shapely.union_all(shapes[codes == code]))
            for code in kept["code"].astype(str)
        ],
        crs=frame.crs,
    )


class Cover:
    """A set of shapes without common ground, searchable; `cut` divides another shape by it."""

    def __init__(self, shapes):
        self.shapes = separated(shapes)
        self.tree = shapely.STRtree(self.shapes)

    def near(self, shape) -> np.ndarray:
        """Row numbers of the shapes whose boxes meet the shape's."""
        return np.sort(self.tree.query(shape))

    def cut(self, shape) -> tuple[shapely.Geometry, shapely.Geometry]:
        """What of the shape the set covers, and what it does not."""
        near = self.shapes[self.near(shape)]
        if not len(near):
            return polygons_of(shapely.MultiPolygon()), shape
        if any(shapely.equals_identical(n, shape) for n in near):
            return shape, polygons_of(shapely.MultiPolygon())
        ground = shapely.union_all(near) if len(near) > 1 else near[0]
        return exact(shapely.intersection, shape, ground), exact(shapely.difference, shape, ground)

    def pieces(self, shape) -> list[tuple[int, shapely.Geometry]]:
        """The shape divided among the set's shapes; -1 names what lies in none."""
        if shapely.is_empty(shape):
            return []
        found, near = [], self.near(shape)
        for row in near:
            if shapely.covers(self.shapes[row], shape):
                return [(int(row), shape)]
            piece = exact(shapely.intersection, shape, self.shapes[row])
            if not shapely.is_empty(piece):
                found.append((int(row), piece))
        rest = exact(shapely.difference, shape, shapely.union_all(self.shapes[near]))
        if not shapely.is_empty(rest):
            found.append((-1, rest))
        return found
