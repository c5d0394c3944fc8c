"""Geometry of the steps: cells to polygons, merging, holes, small pieces, snapping; metres throughout."""

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import rasterio.features
import shapely
from pyproj import CRS, Transformer
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ecoredline.errors import InputError, UnsuitableCRS
from ecoredline.grid import STORAGE_CRS, Grid

M2_PER_KM2 = 1e6
QUADRANT = 8  # segments of a quarter circle


def cells_to_polygons(codes: np.ndarray, grid: Grid) -> dict[int, BaseGeometry]:
    """Each code of an integer map (0 = nothing) as one geometry in the grid's coordinates."""
    found: dict[int, list] = {}
    for geometry, code in rasterio.features.shapes(
        codes.astype(np.int32), codes != 0, transform=grid.transform
    ):
        found.setdefault(int(code), []).append(shape(geometry))
    return {code: shapely.union_all(parts) for code, parts in sorted(found.items())}


def moved(geometry, source: CRS, target: CRS):
    """A geometry (or an array of them) in another coordinate system."""
    if source == target:
        return geometry
    step = Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(geometry, step.transform, interleaved=False)


def read_shapes(path, plane: CRS) -> BaseGeometry:
    """All shapes of a layer (points, lines, polygons) as one geometry in `plane`."""
    frame = gpd.read_file(path, engine="pyogrio")
    if frame.crs is None:
        raise UnsuitableCRS(f"got {path} without a coordinate system; wanted one")
    if not len(frame):
        raise InputError(f"got {path} with no features; wanted at least one")
    shapes = shapely.make_valid(np.asarray(frame.geometry.to_numpy(), dtype=object))
    own = CRS.from_user_input(frame.crs)
    return moved(shapely.union_all(shapes), own, plane)


def polygons_of(geometry: BaseGeometry) -> list:
    """The polygons in a geometry; lines and points are left out."""
    parts = shapely.get_parts(shapely.make_valid(geometry))
    while any(p.geom_type.startswith(("Multi", "Geometry")) for p in parts):
        parts = shapely.get_parts(parts)
    return [p for p in parts if p.geom_type == "Polygon" and p.area > 0]


def whole(polygons: Iterable) -> BaseGeometry:
    """One geometry of many polygons."""
    return shapely.union_all(np.array(list(polygons), dtype=object))


def merged(geometry: BaseGeometry, distance_m: float, around: BaseGeometry) -> BaseGeometry:
    """Pieces nearer than `distance_m` joined by what lies between them; nothing is lost."""
    if not distance_m:
        return geometry
    half = distance_m / 2
    closed = geometry.buffer(half, quad_segs=QUADRANT).buffer(-half, quad_segs=QUADRANT)
    return whole(polygons_of(shapely.union(geometry, shapely.intersection(closed, around))))


def filled(geometry: BaseGeometry, largest_km2: float) -> BaseGeometry:
    """Holes up to `largest_km2` filled.

    >>> ring = shapely.box(0, 0, 3000, 3000).difference(shapely.box(1000, 1000, 2000, 2000))
    >>> filled(ring, 1.0).area, filled(ring, 0.9).area
    (9000000.0, 8000000.0)
    """
    made = []
    for polygon in polygons_of(geometry):
        kept = [h for h in polygon.interiors if shapely.Polygon(h).area > largest_km2 * M2_PER_KM2]
        made.append(shapely.Polygon(polygon.exterior, kept))
    return whole(made)


def without_small(
    geometry: BaseGeometry, smallest_km2: float, protected: BaseGeometry
) -> tuple[BaseGeometry, list]:
    """Pieces smaller than `smallest_km2` taken out, unless they meet `protected`; and those taken out."""
    pieces = polygons_of(geometry)
    small = [
        p.area < smallest_km2 * M2_PER_KM2 and not shapely.intersects(p, protected) for p in pieces
    ]
    kept = [p for p, is_small in zip(pieces, small, strict=True) if not is_small]
    return whole(kept), [p for p, is_small in zip(pieces, small, strict=True) if is_small]


def snapped(geometry: BaseGeometry, lines: BaseGeometry, distance_m: float) -> BaseGeometry:
    """Vertices nearer than `distance_m` to a natural line drawn onto it."""
    if not distance_m or lines.is_empty:
        return geometry
    near = shapely.segmentize(geometry, distance_m * 2)
    points = shapely.get_coordinates(near)
    places = shapely.points(points)
    shapely.prepare(lines)
    close = shapely.dwithin(lines, places, distance_m)
    if close.any():
        foot = shapely.line_interpolate_point  # works on single lines only
        parts = shapely.get_parts(shapely.line_merge(lines) if lines.geom_type != "LineString" else lines)  # fmt: skip
        tree = shapely.STRtree(parts)
        nearest = parts[tree.nearest(places[close])]
        on = foot(nearest, shapely.line_locate_point(nearest, places[close]))
        points[close] = shapely.get_coordinates(on)
        near = shapely.set_coordinates(near, points)
    return whole(polygons_of(near))


def stored(geometries, plane: CRS) -> np.ndarray:
    """Geometries of the plane as lon, lat (EPSG:4490)."""
    return moved(np.asarray(geometries, dtype=object), plane, STORAGE_CRS)
