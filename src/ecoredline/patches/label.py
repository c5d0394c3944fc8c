"""Connected components of a change map kept as runs: no raster, so no tiles to sew together.

A run is a stretch of changed pixels in one row, columns [start, stop). Runs are sorted
by (row, start) and maximal. Time and memory are proportional to the number of runs.
"""

import math

import numpy as np
from numba import njit

from ecoredline.errors import InputError

EIGHT = 0  # runs in adjacent rows that touch by a side or a corner belong together
FOUR = -1  # only by a side


def label_runs(row, start, stop, reach: int = EIGHT) -> tuple[np.ndarray, int]:
    """Component number of every run, and how many components there are.

    Numbers count from 0 in the order of the components' first runs, so the answer does
    not depend on tiles. `reach` is `EIGHT` or `FOUR`. Raises `InputError` on unsorted runs.

    >>> label_runs([0, 0, 1], [0, 4, 2], [2, 6, 4])[0].tolist()
    [0, 0, 0]
    >>> label_runs([0, 0, 1], [0, 4, 2], [2, 6, 4], FOUR)[0].tolist()
    [0, 1, 2]
    """
    row, start, stop = check_runs(row, start, stop)
    parent = np.arange(len(row), dtype=np.int64)
    agree = np.zeros((len(row), 1), np.float32)
    _link(row, start, stop, parent.copy(), parent, 1, reach, agree, -1.0)
    return _number(parent)


def group_pieces(
    row,
    start,
    stop,
    piece,
    gap_m: float,
    pixel_m=(1.0, 1.0),
    direction=None,
    agreement: float = -1.0,
) -> tuple[np.ndarray, int]:
    """Group number of every piece: pieces with at most `gap_m` of free ground between them.

    `piece` is the piece number of each run, `pixel_m` the ground width and height of a
    pixel. Where `direction` (pieces, k) is given, unit vectors of two pieces must have a
    dot product of at least `agreement` to be grouped. Distances are from pixel edge to
    pixel edge, so a gap of 0 is 8-connectivity.

    >>> group_pieces([0, 0, 0], [0, 3, 9], [1, 4, 10], np.arange(3), gap_m=2.0)[0].tolist()
    [0, 0, 1]
    """
    row, start, stop = check_runs(row, start, stop)
    if not gap_m >= 0:
        raise InputError(f"got a merge gap of {gap_m} m; wanted 0 or more")
    node = np.asarray(piece, np.int64)
    count = int(node.max()) + 1 if len(node) else 0
    parent = np.arange(count, dtype=np.int64)
    if direction is None:
        direction, agreement = np.zeros((count, 1)), -1.0
    direction = np.ascontiguousarray(direction, np.float32)
    width, height = pixel_m
    for step in range(int(gap_m / height + 1e-9) + 2):
        down = max(step - 1, 0) * height
        across = math.sqrt(max(gap_m**2 - down**2, 0.0)) / width
        _link(row, start, stop, node, parent, step, int(across + 1e-9), direction, agreement)
    return _number(parent)


def check_runs(row, start, stop) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The runs as int32 arrays; raise `InputError` when they are not sorted, disjoint and full."""
    row, start, stop = (np.ascontiguousarray(v, np.int32) for v in (row, start, stop))
    if not (row.shape == start.shape == stop.shape and row.ndim == 1):
        raise InputError(
            f"got run arrays of shapes {row.shape}, {start.shape}, {stop.shape}; wanted one length"
        )
    if (stop <= start).any():
        raise InputError(
            "got an empty run (stop <= start); wanted columns [start, stop) with stop > start"
        )
    later = (row[1:] > row[:-1]) | ((row[1:] == row[:-1]) & (start[1:] > stop[:-1]))
    if not later.all():
        at = int(np.argmin(later)) + 1
        raise InputError(
            f"run {at} is not after run {at - 1}; wanted maximal runs sorted by (row, start)"
        )
    return row, start, stop


def fill_pinholes(row, start, stop, limit: np.ndarray | float) -> tuple[np.ndarray, ...]:
    """Close holes of at most `limit` pixels: new runs, and which new run each old one went into.

    Returns (row, start, stop, into). A hole is background enclosed by changed pixels
    (4-connected, so it does not leak through a corner); islands in it count as enclosure.

    >>> ring = ([0, 1, 1, 2], [0, 0, 2, 0], [3, 1, 3, 3])
    >>> [v.tolist() for v in fill_pinholes(*ring, limit=1)]
    [[0, 1, 2], [0, 0, 0], [3, 3, 3], [0, 1, 1, 2]]
    """
    row, start, stop = check_runs(row, start, stop)
    into = np.arange(len(row))
    between = np.flatnonzero(row[1:] == row[:-1]) if len(row) else into
    if not len(between):
        return row, start, stop, into
    gaps = row[between], stop[between], start[between + 1]
    hole, count = label_runs(*gaps, reach=FOUR)
    opened = _open_gaps(row, start, stop, *gaps)
    leaks = np.zeros(count, bool)
    leaks[hole[opened]] = True
    size = np.bincount(hole, gaps[2] - gaps[1], count)
    closed = np.zeros(len(row), bool)  # closed[i]: run i is joined to run i - 1
    closed[between + 1] = ~leaks[hole] & (size[hole] <= limit)
    into = np.cumsum(~closed) - 1
    first = np.flatnonzero(~closed)
    last = np.append(first[1:], len(row)) - 1
    return row[first], start[first], stop[last], into


@njit(cache=True)
def _root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True)
def _link(row, start, stop, node, parent, step, reach, direction, agreement):
    """Join nodes whose runs lie `step` rows apart with at most `reach` free columns between."""
    low = 0
    for i in range(len(row)):
        target = row[i] + step
        if step == 0:
            low = i + 1
        while low < len(row) and (
            row[low] < target or (row[low] == target and stop[low] + reach < start[i])
        ):
            low += 1
        k = low
        while k < len(row) and row[k] == target and start[k] <= stop[i] + reach:
            _join(parent, node[i], node[k], direction, agreement)
            k += 1


@njit(cache=True)
def _join(parent, one, two, direction, agreement):
    a, b = _root(parent, one), _root(parent, two)
    if a == b:
        return
    dot = 0.0
    for j in range(direction.shape[1]):
        dot += direction[one, j] * direction[two, j]
    if dot >= agreement:
        if a < b:
            parent[b] = a
        else:
            parent[a] = b


def _number(parent: np.ndarray) -> tuple[np.ndarray, int]:
    """Roots (always the smallest node) → consecutive numbers in the order of first nodes."""
    roots = _roots(parent)
    first = roots == np.arange(len(roots))
    number = np.cumsum(first) - 1
    return number[roots], int(first.sum())


@njit(cache=True)
def _roots(parent):
    out = np.empty_like(parent)
    for i in range(len(parent)):
        out[i] = out[parent[i]] if parent[i] != i else i
    return out


@njit(cache=True)
def _open_gaps(row, start, stop, gap_row, gap_start, gap_stop):
    """Which gaps touch, above or below, ground outside all of that row's runs and gaps."""
    rows = row[-1] + 1
    first = np.full(rows, np.iinfo(np.int32).max, np.int32)
    last = np.full(rows, -1, np.int32)
    for i in range(len(row)):
        first[row[i]] = min(first[row[i]], start[i])
        last[row[i]] = max(last[row[i]], stop[i])
    out = np.zeros(len(gap_row), np.bool_)
    for i in range(len(gap_row)):
        for r in (gap_row[i] - 1, gap_row[i] + 1):
            if r < 0 or r >= rows or gap_start[i] < first[r] or gap_stop[i] > last[r]:
                out[i] = True
    return out
