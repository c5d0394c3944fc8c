"""Which part of each patch lies in which polygon: exact pieces, quickly.

Most patches lie wholly inside or outside, so prepared polygons are asked first and only
the patches that a boundary crosses are cut, by the part of the polygon around them.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.vector.shapes import polygonal

PREPARED_AT_ONCE = 64  # polygons held with their search index, which takes memory
MANY_VERTICES = 1500  # from here on clipping to the patch's surroundings first is quicker
AREA = 2  # dimensions


@dataclass(frozen=True)
class Pieces:
    """Pieces of patches in polygons, one row for each pair that shares an area.

    `patch` and `polygon` are row numbers, `shape` the piece (the patch itself where `whole`),
    `area_ha` its area on the ellipsoid.
    """

    patch: np.ndarray
    polygon: np.ndarray
    shape: np.ndarray
    whole: np.ndarray
    area_ha: np.ndarray

    def only(self, chosen: np.ndarray) -> "Pieces":
        """The rows where `chosen` is true, or at its row numbers."""
        return Pieces(
            self.patch[chosen],
            self.polygon[chosen],
            self.shape[chosen],
            self.whole[chosen],
            self.area_ha[chosen],
        )


def overlay(patches: np.ndarray, patch_areas_ha: np.ndarray, polygons: np.ndarray) -> Pieces:
    """Cut valid lon, lat patches by valid polygons (which may overlap each other).

    >>> square = shapely.box(0, 0, 1, 1)
    >>> found = overlay(np.array([square]), areas_ha([square]), np.array([shapely.box(-1, -1, 2, 2)]))
    >>> bool(found.whole[0])
    True
    """
    inside, crossed = [], []
    boxes = shapely.box(*shapely.bounds(patches).T)
    pairs = shapely.STRtree(patches).query(polygons)
    for start in range(0, len(polygons), PREPARED_AT_ONCE):
        first, last = np.searchsorted(pairs[0], [start, start + PREPARED_AT_ONCE])
        covered, cut = _sorted_out(pairs[:, first:last], patches, boxes, polygons)
        inside.append(covered)
        crossed.append(cut)
    polygon, patch = (_joined(inside, axis) for axis in (0, 1))
    cut_polygon, cut_patch = (_joined(crossed, axis) for axis in (0, 1))
    cut = polygonal(_intersections(patches[cut_patch], polygons[cut_polygon]))
    cut_ha = np.minimum(areas_ha(cut), patch_areas_ha[cut_patch])
    pieces = Pieces(
        np.concatenate([patch, cut_patch]),
        np.concatenate([polygon, cut_polygon]),
        np.concatenate([patches[patch], cut]),
        np.concatenate([np.ones(len(patch), bool), np.zeros(len(cut), bool)]),
        np.concatenate([patch_areas_ha[patch], cut_ha]),
    )
    pieces = pieces.only(pieces.area_ha > 0)
    return pieces.only(np.lexsort((pieces.polygon, pieces.patch)))


def _sorted_out(pairs: np.ndarray, patches, boxes, polygons) -> tuple[np.ndarray, np.ndarray]:
    """Of pairs (polygon, patch) whose boxes meet: those that are covered, those to be cut.

    A patch whose whole box lies deep inside need not be asked itself.
    """
    some = polygons[np.unique(pairs[0])]
    shapely.prepare(some)
    deep = shapely.contains_properly(polygons[pairs[0]], boxes[pairs[1]])
    rest = pairs[:, ~deep]
    rest = rest[:, shapely.intersects(polygons[rest[0]], patches[rest[1]])]
    covered = shapely.covers(polygons[rest[0]], patches[rest[1]])
    shapely.destroy_prepared(some)
    return np.hstack([pairs[:, deep], rest[:, covered]]), rest[:, ~covered]


def _intersections(patches: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Pair by pair; of a polygon of many vertices only what lies around the patch is cut."""
    many = np.flatnonzero(shapely.get_num_coordinates(polygons) > MANY_VERTICES)
    bounds = shapely.bounds(patches[many])
    room = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])[:, np.newaxis]
    boxes = bounds + np.hstack([-room, -room, room, room])
    pairs = zip(polygons[many], boxes.tolist(), strict=True)
    near = np.array([shapely.clip_by_rect(whole, *box) for whole, box in pairs], dtype=object)
    good = shapely.is_valid(near) & (shapely.get_dimensions(near) == AREA)
    polygons = polygons.copy()
    polygons[many[good]] = near[good]
    return shapely.intersection(patches, polygons)


def merged(pieces: Pieces, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Union of each patch's pieces and its area in hectares; None and 0 where it has none.

    A place that several polygons cover counts once.
    """
    shapes = np.full(count, None, dtype=object)
    areas = np.zeros(count)
    shapes[pieces.patch], areas[pieces.patch] = pieces.shape, pieces.area_ha
    several = np.flatnonzero(np.bincount(pieces.patch, minlength=count) > 1)
    starts = np.searchsorted(pieces.patch, several)
    stops = np.searchsorted(pieces.patch, several, side="right")
    to_measure = []
    for patch, start, stop in zip(several, starts, stops, strict=True):
        whole = np.flatnonzero(pieces.whole[start:stop])
        if len(whole):
            shapes[patch] = pieces.shape[start + whole[0]]
            areas[patch] = pieces.area_ha[start + whole[0]]
        else:
            shapes[patch] = shapely.union_all(pieces.shape[start:stop])
            to_measure.append(patch)
    areas[to_measure] = areas_ha(shapes[to_measure])
    return shapes, areas


def inside(shape, polygons: np.ndarray) -> tuple[Pieces, float]:
    """The pieces of one valid lon, lat shape in valid polygons, and hectares inside to 4 decimals.

    The one number of what lies inside a redline: patches, admission checks, recomputing and ledgers.

    >>> pieces, hectares = inside(shapely.box(0, 0, 1, 1), np.array([shapely.box(0.5, 0, 2, 1)] * 2))
    >>> len(pieces.patch), hectares == float(round_ha(areas_ha([shapely.box(0.5, 0, 1, 1)])[0]))
    (2, True)
    """
    shapes = np.array([shape], dtype=object)
    pieces = overlay(shapes, areas_ha(shapes), polygons)
    return pieces, float(round_ha(merged(pieces, 1)[1][0]))


def _joined(pairs: list[np.ndarray], axis: int) -> np.ndarray:
    return np.concatenate([p[axis] for p in pairs] or [np.zeros(0)]).astype(int)
