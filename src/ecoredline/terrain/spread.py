"""Where water goes when it may part: D-infinity (Tarboton 1997) and many ways by slope, and its accumulation.

pysheds and richdem are hardly kept and pyflwdir has one way only, so these two are ours (numba). A cell
with nothing lower, on a flat, takes the single way of `flow_directions`; hence no loops.

A cell's shares are kept as a kind and a value. A cell's count is computed when all its givers have theirs, and
adds them in one order: so the sum is the same to the last bit, whatever the tiles.
"""

import math
from collections import deque

import numba
import numpy as np

from ecoredline.errors import InputError
from ecoredline.record import Job
from ecoredline.terrain.flats import changed_sides
from ecoredline.terrain.flow import accumulate, step_of
from ecoredline.terrain.steps import NODATA_DIRECTION, STEPS
from ecoredline.terrain.tiles import Plane, Scratch

D8, DINF, MFD = 0, 1, 2
FLOWS = {"d8": D8, "dinf": DINF, "mfd": MFD}
FLOW_ZH = {"d8": "D8", "dinf": "D∞", "mfd": "多流向"}
SIXTEENTHS = 15  # natcap.invest 3.14.2 keeps shares as whole numbers of 0 to 15
FACET, MANY, SINGLE, NOWHERE, NO_LAND = 0, 8, 16, 32, 33  # kinds; FACET + facet, SINGLE + way


def accumulate_flow(filled, directions, cell_m: tuple[float, float], flow: str = "d8"):
    """Cells that drain through each cell, itself included, by `flow` (d8, dinf, mfd); float64, NaN = nodata.

    `filled` and `directions` come from `fill_pits` and `flow_directions`. mfd parts water by slope,
    in shares of natcap.invest 3.14.2. Raises `InputError` for another flow.

    >>> from ecoredline.terrain import fill_pits, flow_directions
    >>> filled = fill_pits([[3, 3, 3], [2, 2, 2], [1, 1, 1.0]])
    >>> accumulate_flow(filled, flow_directions(filled, (1.0, 1.0)), (1.0, 1.0), "dinf")[1]
    array([2., 2., 2.])
    """
    check_flow(flow)
    directions = np.asarray(directions, np.uint8)
    if flow == "d8":
        return accumulate(directions)
    kind, value = shares_of(filled, directions, cell_m, flow)
    kind, value = np.pad(kind, 1, constant_values=NO_LAND), np.pad(value, 1)
    counts = np.full(kind.shape, np.nan)
    gather(kind, value, counts, True)
    return counts[1:-1, 1:-1]


def check_flow(flow: str) -> None:
    """Raise `InputError` unless `flow` is one of `FLOWS`."""
    if flow not in FLOWS:
        raise InputError(f"got flow {flow!r}; wanted one of {', '.join(FLOWS)}")


def shares_of(filled, directions, cell_m, flow: str) -> tuple[np.ndarray, np.ndarray]:
    """Kind and value of every cell's shares, by heights of the same shape as `directions`."""
    around = np.pad(np.asarray(filled, np.float64), 1, constant_values=np.nan)
    return part_water(around, directions, float(cell_m[0]), float(cell_m[1]), FLOWS[flow])


def flow_shares(filled, directions, row: int, col: int, cell_m, flow: str) -> np.ndarray:
    """What of one cell's water goes E, SE, S, SW, W, NW, N, NE: 8 shares that sum to 1, or to 0 at an outlet."""
    kind, value = shares_of(filled, np.asarray(directions, np.uint8), cell_m, flow)
    return np.array([share(kind[row, col], value[row, col], k) for k in range(8)])


@numba.njit(cache=True)
def fall_to(z, r, c, k):
    """Height lost from a cell to its neighbour k."""
    return z[r, c] - z[r + STEPS[k, 0], c + STEPS[k, 1]]


@numba.njit(cache=True)
def dinf_share(z, r, c, width, height):
    """The steepest of eight facets, each between a straight and a diagonal neighbour: (facet or -1, diagonal's part)."""
    best, found, part = 0.0, -1, 0.0
    for facet in range(8):
        k = facet // 2 * 2
        run, across = (width, height) if k % 4 == 0 else (height, width)
        e1, e2 = fall_to(z, r, c, k), fall_to(z, r, c, diagonal_of(facet))
        if math.isnan(e1) or math.isnan(e2):
            continue
        s1, s2 = e1 / run, (e2 - e1) / across
        widest = math.atan2(across, run)
        angle = min(max(math.atan2(s2, s1), 0.0), widest)
        steep = math.hypot(s1, s2)
        if angle == 0.0:
            steep = s1
        elif angle == widest:
            steep = e2 / math.hypot(run, across)
        if steep > best:
            best, found, part = steep, facet, angle / widest
    return found, part


@numba.njit(cache=True)
def diagonal_of(facet):
    """The diagonal way beside a facet's straight one."""
    return (facet // 2 * 2 + (1 if facet % 2 else -1)) % 8


@numba.njit(cache=True)
def many_shares(z, r, c, width, height):
    """All lower neighbours by slope, in whole sixteenths, four bits a way; 0 when nothing is lower."""
    slopes, total = np.zeros(8), 0.0
    for k in range(8):
        fall = fall_to(z, r, c, k)
        if fall > 0:
            slopes[k] = fall / math.hypot(STEPS[k, 0] * height, STEPS[k, 1] * width)
            total += slopes[k]
    packed = 0
    if total > 0:
        for k in range(8):
            packed |= math.floor(0.5 + slopes[k] / total * SIXTEENTHS) << (4 * k)
    return packed


@numba.njit(cache=True)
def part_water(z, single, width, height, flow):
    """Kind and value of the shares of every cell; `z` has one cell around, `single` are D8 codes."""
    kind, value = np.full(single.shape, NO_LAND, np.uint8), np.zeros(single.shape)
    for r in range(single.shape[0]):
        for c in range(single.shape[1]):
            if single[r, c] == NODATA_DIRECTION:
                continue
            way = step_of(single[r, c])
            kind[r, c] = NOWHERE if way < 0 else SINGLE + way
            if flow == DINF:
                facet, part = dinf_share(z, r + 1, c + 1, width, height)
                if facet >= 0:
                    kind[r, c], value[r, c] = FACET + facet, part
            elif flow == MFD:
                packed = many_shares(z, r + 1, c + 1, width, height)
                if packed:
                    kind[r, c], value[r, c] = MANY, packed
    return kind, value


@numba.njit(cache=True)
def share(kind, value, k):
    """What a cell of this kind and value gives to its neighbour k, 0..1."""
    if kind < MANY:
        if k == kind // 2 * 2:
            return 1.0 - value
        return value if k == diagonal_of(kind) else 0.0
    if kind == MANY:
        packed, whole = np.int64(value), 0
        for other in range(8):
            whole += (packed >> (4 * other)) & SIXTEENTHS
        return ((packed >> (4 * k)) & SIXTEENTHS) / whole
    return 1.0 if kind == SINGLE + k else 0.0


@numba.njit(cache=True)
def gathered(kind, value, counts, r, c):
    """The cell itself and what its neighbours give, in one order; NaN while one of them has no count."""
    total = 1.0
    for k in range(8):
        rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
        given = share(kind[rr, cc], value[rr, cc], (k + 4) % 8)
        if given > 0:
            total += counts[rr, cc] * given
    return total


@numba.njit(cache=True)
def gather(kind, value, counts, everywhere):
    """Count all cells that can be, in place; arrays have one cell around, whose counts may be of other tiles.

    Begins `everywhere`, or only along the edge, where another tile's counts may have come in.
    """
    rows, cols = kind.shape
    stack = np.empty(kind.size, np.int64)
    for r in range(1, rows - 1):
        hop = 1 if everywhere or r == 1 or r == rows - 2 or cols == 3 else cols - 3
        for c in range(1, cols - 1, hop):
            if kind[r, c] == NO_LAND or not math.isnan(counts[r, c]):
                continue
            counts[r, c] = gathered(kind, value, counts, r, c)
            stack[0], size = r * cols + c, 0 if math.isnan(counts[r, c]) else 1
            while size:
                size -= 1
                row, col = stack[size] // cols, stack[size] % cols
                for k in range(8):
                    rr, cc = row + STEPS[k, 0], col + STEPS[k, 1]
                    outside = rr == 0 or cc == 0 or rr == rows - 1 or cc == cols - 1
                    if outside or share(kind[row, col], value[row, col], k) == 0:
                        continue
                    if math.isnan(counts[rr, cc]):
                        counts[rr, cc] = gathered(kind, value, counts, rr, cc)
                        if not math.isnan(counts[rr, cc]):
                            stack[size] = rr * cols + cc
                            size += 1


def spread_tiles(
    filled: Plane, codes: Plane, cell_m: tuple[float, float], flow: str, scratch: Scratch, job: Job
) -> Plane:
    """The plane of counts by `flow` (dinf, mfd): to the last bit what `accumulate_flow` gives, whatever the tiles."""
    tiles = filled.tiles
    kinds, values = scratch.plane("kinds", tiles, "u1"), scratch.plane("values", tiles, "f8")
    counts = scratch.plane("counts", tiles, "f8")
    width, height = float(cell_m[0]), float(cell_m[1])
    for tile in range(len(tiles)):
        job.at("flow", 0.6 + 0.2 * tile / len(tiles))
        around = filled.read_around(tile, np.nan, "f8")
        kind, value = part_water(around, codes.read(tile), width, height, FLOWS[flow])
        kinds.write(tile, kind)
        values.write(tile, value)
        counts.write(tile, np.full(kind.shape, np.nan))
    gather_tiles(kinds, values, counts, job)
    kinds.drop()
    values.drop()
    return counts


def gather_tiles(kinds: Plane, values: Plane, counts: Plane, job: Job) -> None:
    """Count tile by tile; a tile comes again when counts came to a neighbour's edge."""
    tiles = counts.tiles
    waiting, queued, fresh = (
        deque(range(len(tiles))),
        set(range(len(tiles))),
        set(range(len(tiles))),
    )
    while waiting:
        job.at("flow", 1 - 0.2 * max(len(fresh), 1) / len(tiles))
        tile = waiting.popleft()
        queued.discard(tile)
        around = counts.read_around(tile, np.nan)
        missing = np.isnan(around)
        gather(kinds.read_around(tile, NO_LAND), values.read_around(tile, 0), around, tile in fresh)
        fresh.discard(tile)
        counted = missing & ~np.isnan(around)
        if not counted.any():
            continue
        counts.write(tile, around[1:-1, 1:-1])
        for other in changed_sides(tiles, tile, counted):
            if other not in queued:
                queued.add(other)
                waiting.append(other)
