"""Outlines of connected pieces: exact pixel outlines, and refined ones without stair-steps.

Outlines are traced from runs, never from a raster. All here is in pixel coordinates:
x = column, y = row, y downwards, pixel (row, col) covers [col, col+1) x [row, row+1).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

from ecoredline.patches.label import EIGHT, FOUR, check_runs, label_runs
from ecoredline.patches.straighten import straighten

NO_TWIN = -1


@dataclass(frozen=True)
class Rings:
    """Closed rings (the first vertex is not repeated): ring k is `points[offsets[k]:offsets[k+1]]`.

    `run` is a run that the ring borders; a ring around its piece has a positive area,
    one around a hole a negative one.
    """

    points: np.ndarray
    offsets: np.ndarray
    run: np.ndarray

    @property
    def areas(self) -> np.ndarray:
        """Signed area of every ring, in pixels."""
        return ring_areas(self.points, self.offsets)


def raw_outlines(row, start, stop) -> tuple[np.ndarray, np.ndarray]:
    """Exact pixel outlines: one valid polygon a 4-connected piece, and the piece of each run.

    Their areas are the pixel counts. Pieces of one 8-connected component touch in points.

    >>> polygons, piece = raw_outlines([0, 1], [0, 2], [2, 3])
    >>> [p.wkt for p in polygons]
    ['POLYGON ((0 0, 2 0, 2 1, 0 1, 0 0))', 'POLYGON ((2 1, 3 1, 3 2, 2 2, 2 1))']
    """
    row, start, stop = check_runs(row, start, stop)
    piece, count = label_runs(row, start, stop, FOUR)
    rings = trace(row, start, stop, FOUR)
    return assemble(rings, piece[rings.run], count), piece


def refined_outlines(row, start, stop) -> tuple[np.ndarray, np.ndarray]:
    """Smooth outlines: one valid polygon an 8-connected piece, and the piece of each run.

    The outline runs through the middles of pixel sides, is replaced by straight lines that
    nowhere leave it by more than half a pixel or so, and keeps the area. Where the straight lines
    would cross, that piece keeps its outline through the middles of the sides.

    >>> polygons, piece = refined_outlines([0, 1, 2], [0, 0, 0], [3, 3, 3])
    >>> round(polygons[0].area, 3)
    9.0
    """
    row, start, stop = check_runs(row, start, stop)
    piece, count = label_runs(row, start, stop, EIGHT)
    corners = trace(row, start, stop, EIGHT)
    middles = middle_points(corners)
    points, offsets = straighten(middles.points, middles.offsets, corners.areas)
    smooth = assemble(Rings(points, offsets, middles.run), piece[middles.run], count)
    spoiled = ~shapely.is_valid(smooth)
    if spoiled.any():
        plain = assemble(middles, piece[middles.run], count)
        smooth[spoiled] = plain[spoiled]
    return smooth, piece


def trace(row, start, stop, reach: int) -> Rings:
    """Rings of corners around all runs; `reach` says which pixels belong together at a corner.

    Sides are found row by row, joined into rings by sorting their ends: at a given x the
    upright sides join the corners in pairs from top to bottom.
    """
    x0, x1, y, is_top, run = _level_sides(row, start, stop)
    # Walked with the inside on the right: tops eastwards, bottoms westwards.
    ends = np.concatenate([np.where(is_top, x0, x1), np.where(is_top, x1, x0)])
    ys = np.concatenate([y, y])
    tops = np.concatenate([is_top, is_top])
    tie = tops if reach == FOUR else ~tops
    order = np.lexsort((tie, ys, ends))
    mate = np.empty(len(order), np.int64)
    mate[order[0::2]], mate[order[1::2]] = order[1::2], order[0::2]
    same = (ends[order[1:]] == ends[order[:-1]]) & (ys[order[1:]] == ys[order[:-1]])
    twin = np.full(len(order), NO_TWIN, np.int64)
    at = np.flatnonzero(same)
    if reach == FOUR:  # only then may a ring meet itself at a corner, and must be cut there
        twin[order[at]], twin[order[at + 1]] = order[at + 1], order[at]
    corner, offsets, first = _walk(mate, twin, len(y))
    points = np.column_stack([ends[corner], ys[corner]]).astype(np.float64)
    return Rings(points, offsets, run[first])


def middle_points(corners: Rings) -> Rings:
    """Rings through the middles of the unit sides; straight stretches keep only their two ends."""
    points, offsets = _middles(corners.points, corners.offsets)
    return Rings(points, offsets, corners.run)


def assemble(rings: Rings, piece: np.ndarray, count: int) -> np.ndarray:
    """One polygon a piece: its ring of positive area, and the others as holes."""
    if not count:
        return np.empty(0, object)
    hole = ring_areas(rings.points, rings.offsets) < 0
    order = np.lexsort((hole, piece))
    sizes = np.diff(rings.offsets)
    ring_of_point = np.repeat(np.arange(len(sizes)), sizes)
    lines = shapely.linearrings(rings.points, indices=ring_of_point)
    return shapely.polygons(lines[order], indices=piece[order])


@njit(cache=True)
def ring_areas(points, offsets):
    """Signed shoelace area of every ring."""
    out = np.zeros(len(offsets) - 1)
    for k in range(len(out)):
        low, high = offsets[k], offsets[k + 1]
        x, y = points[high - 1, 0], points[high - 1, 1]
        x_origin, y_origin = x, y  # kept small for precision
        total = 0.0
        for i in range(low, high):
            u, v = points[i, 0], points[i, 1]
            total += (x - x_origin) * (v - y_origin) - (u - x_origin) * (y - y_origin)
            x, y = u, v
        out[k] = total / 2
    return out


def _level_sides(row, start, stop):
    """All level sides: columns x0 to x1 at height y, whether the inside lies below, and a run there."""
    capacity = 4 * len(row) + 4
    out = [np.empty(capacity, np.int64) for _ in range(4)] + [np.empty(capacity, np.bool_)]
    size = _sweep_all(row, start, stop, *out)
    x0, x1, y, run, is_top = (v[:size] for v in out)
    return x0, x1, y, is_top, run


@njit(cache=True)
def _sweep_all(row, start, stop, x0, x1, y, run, is_top):
    size, n, i, above_low, above_high = 0, len(row), 0, 0, 0
    while i < n or above_high > above_low:
        level = row[i] if i < n else row[above_low] + 1
        if above_high > above_low and row[above_low] + 1 < level:
            level = row[above_low] + 1  # an empty row: close what is above it
        low = i
        while i < n and row[i] == level:
            i += 1
        size = _sweep(
            start, stop, above_low, above_high, low, i, level, x0, x1, y, run, is_top, size
        )
        above_low, above_high = low, i
    return size


@njit(cache=True)
def _sweep(start, stop, a, a_high, b, b_high, level, x0, x1, y, run, is_top, size):
    """Sides between row level-1 (runs a..) and row `level` (runs b..): where just one is covered."""
    x = np.int64(-1)
    fresh = True  # does the next side start a new one, or go on?
    while a < a_high or b < b_high:
        # The next column where coverage may change, after x.
        in_a = a < a_high and start[a] <= x
        in_b = b < b_high and start[b] <= x
        end = np.int64(2**40)
        if a < a_high:
            end = min(end, np.int64(stop[a] if in_a else start[a]))
        if b < b_high:
            end = min(end, np.int64(stop[b] if in_b else start[b]))
        if in_a != in_b and end > x:
            if not fresh and is_top[size - 1] == in_b and x1[size - 1] == x:
                x1[size - 1] = end
            else:
                x0[size], x1[size], y[size], is_top[size] = x, end, level, in_b
                run[size] = b if in_b else a
                size += 1
                fresh = False
        x = end
        if in_a and stop[a] == x:
            a += 1
        if in_b and stop[b] == x:
            b += 1
    return size


@njit(cache=True)
def _walk(mate, twin, sides):
    """Follow sides into rings; cut a ring that meets itself at a corner into simple rings."""
    corner = np.empty(2 * sides, np.int64)
    offsets = np.zeros(sides + 1, np.int64)
    first = np.empty(sides, np.int64)
    seen = np.zeros(sides, np.bool_)
    place = np.full(2 * sides, -1, np.int64)
    stack = np.empty(2 * sides, np.int64)
    size, rings = 0, 0
    for s in range(sides):
        if seen[s]:
            continue
        top, at = 0, s
        while not seen[at]:
            seen[at] = True
            for end in (at, at + sides):  # a side's ends: its tail, then its head
                other = twin[end]
                if other >= 0 and place[other] >= 0:  # been here: cut the loop off
                    low = place[other]
                    for k in range(low, top):
                        corner[size], place[stack[k]] = stack[k], -1
                        size += 1
                    rings += 1
                    offsets[rings], first[rings - 1] = size, stack[low] % sides
                    top = low
                stack[top], place[end] = end, top
                top += 1
            at = mate[at + sides]  # the upright side leads to the tail of the next level side
        for k in range(top):
            corner[size], place[stack[k]] = stack[k], -1
            size += 1
        rings += 1
        offsets[rings], first[rings - 1] = size, s
    return corner[:size], offsets[: rings + 1], first[:rings]


@njit(cache=True)
def _middles(points, offsets):
    total = 2 * len(points)
    out = np.empty((total, 2))
    new_offsets = np.zeros_like(offsets)
    size = 0
    for k in range(len(offsets) - 1):
        low, high = offsets[k], offsets[k + 1]
        for i in range(low, high):
            j = i + 1 if i + 1 < high else low
            dx, dy = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1]
            length = abs(dx) + abs(dy)
            ux, uy = dx / length / 2, dy / length / 2
            out[size, 0], out[size, 1] = points[i, 0] + ux, points[i, 1] + uy
            size += 1
            if length > 1:
                out[size, 0], out[size, 1] = points[j, 0] - ux, points[j, 1] - uy
                size += 1
        new_offsets[k + 1] = size
    return out[:size], new_offsets
