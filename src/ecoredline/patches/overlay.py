"""Which part of each patch lies in which polygon: exact pieces, quickly.

Most patches lie wholly inside or outside, so prepared polygons are asked first and only
the patches that a boundary crosses are cut.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from ecoredline.geodesy import areas_ha
from ecoredline.vector.shapes import polygonal

PREPARED_AT_ONCE = 64  # polygons held with their search index, which takes memory


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
    tree = shapely.STRtree(patches)
    inside, crossed = [], []
    for start in range(0, len(polygons), PREPARED_AT_ONCE):
        some = polygons[start : start + PREPARED_AT_ONCE]
        shapely.prepare(some)
        covered = tree.query(some, predicate="covers")
        touched = tree.query(some, predicate="intersects")
        shapely.destroy_prepared(some)
        keys, known = (pair[0] * len(patches) + pair[1] for pair in (touched, covered))
        rest = touched[:, ~np.isin(keys, known)]
        inside.append(covered + [[start], [0]])
        crossed.append(rest + [[start], [0]])
    polygon, patch = (_joined(inside, axis) for axis in (0, 1))
    cut_polygon, cut_patch = (_joined(crossed, axis) for axis in (0, 1))
    cut = polygonal(shapely.intersection(patches[cut_patch], polygons[cut_polygon]))
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


def _joined(pairs: list[np.ndarray], axis: int) -> np.ndarray:
    return np.concatenate([p[axis] for p in pairs] or [np.zeros(0)]).astype(int)
