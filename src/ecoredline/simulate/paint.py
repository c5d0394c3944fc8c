"""Shapes painted onto the land: every pixel that looks into a polygon gets its material."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numba import njit
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from ecoredline.simulate.dates import BEFORE, LARGEST_SHIFT_PX, Look
from ecoredline.simulate.materials import NAMES, PATCHY, RINGS, ROWS, SHADOW_INDEX
from ecoredline.simulate.noise import unit, value_noise

MARGIN_PX = LARGEST_SHIFT_PX + 2.0
SHADOW = NAMES[SHADOW_INDEX]


@dataclass(frozen=True)
class Piece:
    """One thing to paint, in local metres (x east, y south); later pieces cover earlier ones.

    A piece of the material `shadow` is a building's outline `height_m` tall: what is
    painted is the shadow it throws on each date. `always` pieces are there on both dates.
    """

    material: str
    geometry: BaseGeometry
    angle: float = 0.0
    height_m: float = 0.0
    always: bool = False


class Shapes(NamedTuple):
    """Pieces as arrays for the kernel: the edges of shape k are `edges[start[k]:start[k+1]]`."""

    edges: np.ndarray  # x1, y1, x2, y2
    start: np.ndarray
    boxes: np.ndarray  # west, north, east, south
    material: np.ndarray
    angle: np.ndarray
    middle: np.ndarray


def shadow_outline(piece: Piece, look: Look) -> BaseGeometry:
    """The ground darkened by a building: its outline swept away from the sun."""
    reach = piece.height_m / look.sun_z
    thrown = affinity.translate(piece.geometry, -reach * look.sun_x, -reach * look.sun_y)
    return shapely.convex_hull(shapely.union(piece.geometry, thrown))


def edges_of(outlines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every edge of every ring of an array of polygons: float64 [n, 4], and how many each has."""
    parts, part_of = shapely.get_parts(outlines, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    at, ring_of = shapely.get_coordinates(rings, return_index=True)
    whole = ring_of[1:] == ring_of[:-1]
    edges = np.hstack([at[:-1], at[1:]])[whole]
    shape_of = part_of[ring_part[ring_of[1:][whole]]]
    return edges, np.bincount(shape_of, minlength=len(outlines))


def shapes_of(pieces: Sequence[Piece], look: Look) -> Shapes:
    """The pieces that are there on a date, ready to paint, in their order."""
    there = [p for p in pieces if (p.always or look.index != BEFORE) and not p.geometry.is_empty]
    outlines = np.array(
        [shadow_outline(p, look) if p.material == SHADOW else p.geometry for p in there],
        dtype=object,
    )
    if len(there) == 0:
        edges, counts = np.empty((0, 4)), np.empty(0, np.int64)
    else:
        edges, counts = edges_of(outlines)
    return Shapes(
        edges,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        shapely.bounds(outlines).reshape(-1, 4),
        np.array([NAMES.index(p.material) for p in there], np.int64),
        np.array([p.angle for p in there], float),
        shapely.get_coordinates(shapely.centroid(outlines)).reshape(-1, 2),
    )


@njit(cache=True, error_model="numpy")
def within(x, y, edges, first, last):
    """Is a point inside the rings whose edges are rows first..last (even-odd rule)?"""
    inside = False
    for k in range(first, last):
        y1, y2 = edges[k, 1], edges[k, 3]
        if (y1 > y) != (y2 > y):
            x1, x2 = edges[k, 0], edges[k, 2]
            if x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
    return inside


@njit(cache=True, error_model="numpy")
def share_of_first(x, y, row, angle, middle_x, middle_y, seed):
    """How much of a material's first colour a place shows (1: all of it)."""
    pattern, period, duty = row[6], row[7], row[8]
    if pattern == ROWS:
        across = (y * np.cos(angle) - x * np.sin(angle)) / period
        return 1.0 if across - np.floor(across) < duty else 0.0
    if pattern == RINGS:
        dx, dy = x - middle_x, y - middle_y
        wobble = 0.8 * period * value_noise(x / (2.5 * period), y / (2.5 * period), seed)
        ring = (np.sqrt(dx * dx + dy * dy) + wobble) / period
        return 1.0 if ring - np.floor(ring) < duty else 0.0
    if pattern == PATCHY:
        spot = value_noise(x / period, y / period, seed)
        spot += 0.5 * value_noise(2.3 * x / period, 2.3 * y / period, seed + 1)
        return min(1.0, max(0.0, (2.0 * duty - 1.0 - spot) * 2.0 + 0.5))
    return 1.0


@njit(cache=True, error_model="numpy", nogil=True)
def paint(out, shade, xs, ys, row0, col0, pixel, shapes, table, seed):
    """Paint `shapes` over reflectance `out` [4, rows, cols]; level ground evens the `shade`."""
    rows, cols = xs.shape
    margin = MARGIN_PX * pixel
    for k in range(shapes.material.size):
        box = shapes.boxes[k]
        top = max(0, np.int64(np.floor((box[1] - margin) / pixel)) - row0)
        bottom = min(rows, np.int64(np.ceil((box[3] + margin) / pixel)) - row0)
        left = max(0, np.int64(np.floor((box[0] - margin) / pixel)) - col0)
        right = min(cols, np.int64(np.ceil((box[2] + margin) / pixel)) - col0)
        number = shapes.material[k]
        row = table[number]
        for i in range(top, bottom):
            for j in range(left, right):
                x, y = xs[i, j], ys[i, j]
                if x < box[0] or x > box[2] or y < box[1] or y > box[3]:
                    continue
                if not within(x, y, shapes.edges, shapes.start[k], shapes.start[k + 1]):
                    continue
                if number == SHADOW_INDEX:
                    for band in range(4):
                        out[band, i, j] *= row[band]
                    continue
                grain = row[4] * value_noise(x / row[5], y / row[5], seed + 911 + number)
                speck = unit(np.int64(np.floor(x / 2.0)), np.int64(np.floor(y / 2.0)), seed + 912)
                grain += 0.35 * row[4] * (2.0 * speck - 1.0)
                first = share_of_first(
                    x, y, row, shapes.angle[k], shapes.middle[k, 0], shapes.middle[k, 1], seed + 913
                )
                for band in range(4):
                    mixed = first * row[band] + (1.0 - first) * row[9 + band]
                    out[band, i, j] = mixed * (1.0 + grain)
                shade[i, j] += row[13] * (1.0 - shade[i, j])


def near_shapes(shapes: Shapes, box: tuple[float, float, float, float], margin: float) -> Shapes:
    """Only the shapes that can touch `box` (west, north, east, south) widened by `margin`."""
    kept = np.flatnonzero(
        (shapes.boxes[:, 0] <= box[2] + margin)
        & (shapes.boxes[:, 2] >= box[0] - margin)
        & (shapes.boxes[:, 1] <= box[3] + margin)
        & (shapes.boxes[:, 3] >= box[1] - margin)
    )
    spans = [np.arange(shapes.start[k], shapes.start[k + 1]) for k in kept]
    lengths = np.array([len(s) for s in spans], np.int64)
    return Shapes(
        shapes.edges[np.concatenate(spans)] if spans else np.empty((0, 4)),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        shapes.boxes[kept],
        shapes.material[kept],
        shapes.angle[kept],
        shapes.middle[kept],
    )
