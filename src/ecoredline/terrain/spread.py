"""Where water goes when it may part: D-infinity (Tarboton 1997) and many ways by slope, and its accumulation.

pysheds and richdem are hardly kept and pyflwdir has one way only, so these two are ours (numba). A cell
with nothing lower, on a flat, takes the single way of `flow_directions`; hence no loops.
"""

import math

import numba
import numpy as np

from ecoredline.errors import InputError
from ecoredline.terrain.flow import NODATA_DIRECTION, STEPS, accumulate

D8, DINF, MFD = 0, 1, 2
FLOWS = {"d8": D8, "dinf": DINF, "mfd": MFD}
FLOW_ZH = {"d8": "D8", "dinf": "D∞", "mfd": "多流向"}
SIXTEENTHS = 15  # natcap.invest 3.14.2 keeps shares as whole numbers of 0 to 15
QUARTER = math.pi / 4


def accumulate_flow(filled, directions, cell_m: tuple[float, float], flow: str = "d8"):
    """Cells that drain through each cell, itself included, by `flow` (d8, dinf, mfd); float64, NaN = nodata.

    `filled` and `directions` come from `resolve_pits` and `flow_directions`. mfd parts water by slope,
    in shares of natcap.invest 3.14.2. Raises `InputError` for another flow.

    >>> from ecoredline.terrain import flow_directions, resolve_pits
    >>> filled, way = resolve_pits([[3, 3, 3], [2, 2, 2], [1, 1, 1.0]])
    >>> accumulate_flow(filled, flow_directions(filled, way, (1.0, 1.0)), (1.0, 1.0), "dinf")[1]
    array([2., 2., 2.])
    """
    check_flow(flow)
    directions = np.asarray(directions, np.uint8)
    if flow == "d8":
        return accumulate(directions)
    filled = np.asarray(filled, np.float64)
    width, height = float(cell_m[0]), float(cell_m[1])
    counts = _accumulate(filled, directions, width, height, FLOWS[flow])
    return np.where(directions == NODATA_DIRECTION, np.nan, counts)


def check_flow(flow: str) -> None:
    """Raise `InputError` unless `flow` is one of `FLOWS`."""
    if flow not in FLOWS:
        raise InputError(f"got flow {flow!r}; wanted one of {', '.join(FLOWS)}")


def flow_shares(filled, directions, row: int, col: int, cell_m, flow: str) -> np.ndarray:
    """What of one cell's water goes E, SE, S, SW, W, NW, N, NE: 8 shares that sum to 1, or to 0 at an outlet."""
    shares = np.zeros(8)
    _shares(np.asarray(filled, np.float64), np.asarray(directions, np.uint8), row, col,
            float(cell_m[0]), float(cell_m[1]), FLOWS[flow], shares)  # fmt: skip
    return shares


@numba.njit(cache=True)
def _fall(filled, r, c, k):
    """Height lost from a cell to its neighbour k; NaN beyond the map."""
    rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
    if rr < 0 or cc < 0 or rr >= filled.shape[0] or cc >= filled.shape[1]:
        return math.nan
    return filled[r, c] - filled[rr, cc]


@numba.njit(cache=True)
def _dinf(filled, r, c, width, height, shares):
    """The steepest of eight facets, each between a straight and a diagonal neighbour."""
    best, straight, diagonal, part = 0.0, 0, 0, 0.0
    for k in range(8):
        for turn in (-1, 1):
            if k % 2:  # odd steps are diagonals
                continue
            other = (k + turn) % 8
            run, across = (width, height) if k % 4 == 0 else (height, width)
            e1, e2 = _fall(filled, r, c, k), _fall(filled, r, c, other)
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
                best, straight, diagonal, part = steep, k, other, angle / widest
    if best > 0:
        shares[straight] += 1 - part
        shares[diagonal] += part
    return best > 0


@numba.njit(cache=True)
def _many(filled, r, c, width, height, shares):
    """All lower neighbours, by slope, in whole sixteenths."""
    total = 0.0
    for k in range(8):
        fall = _fall(filled, r, c, k)
        if fall > 0:
            run = math.hypot(STEPS[k, 0] * height, STEPS[k, 1] * width)
            shares[k] = fall / run
            total += shares[k]
    if total == 0:
        return False
    whole = 0.0
    for k in range(8):
        shares[k] = math.floor(0.5 + shares[k] / total * SIXTEENTHS)
        whole += shares[k]
    for k in range(8):
        shares[k] /= whole
    return True


@numba.njit(cache=True)
def _shares(filled, single, r, c, width, height, flow, shares):
    shares[:] = 0.0
    found = False
    if flow == DINF:
        found = _dinf(filled, r, c, width, height, shares)
    elif flow == MFD:
        found = _many(filled, r, c, width, height, shares)
    if not found:
        for k in range(8):
            if single[r, c] == STEPS[k, 2]:
                shares[k] = 1.0


@numba.njit(cache=True)
def _accumulate(filled, single, width, height, flow):
    """Cells in an order in which every giver comes before its takers."""
    rows, cols = filled.shape
    waits = np.zeros((rows, cols), np.uint8)
    counts = np.ones((rows, cols))
    shares = np.zeros(8)
    for r in range(rows):
        for c in range(cols):
            if math.isnan(filled[r, c]):
                continue
            _shares(filled, single, r, c, width, height, flow, shares)
            for k in range(8):
                if shares[k] > 0:
                    waits[r + STEPS[k, 0], c + STEPS[k, 1]] += 1
    ready = [0]
    ready.pop()
    for start in range(rows * cols):
        r0, c0 = start // cols, start % cols
        if waits[r0, c0] or math.isnan(filled[r0, c0]):
            continue
        waits[r0, c0] = 255  # taken
        ready.append(start)
        while ready:
            place = ready.pop()
            r, c = place // cols, place % cols
            _shares(filled, single, r, c, width, height, flow, shares)
            for k in range(8):
                if shares[k] > 0:
                    rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
                    counts[rr, cc] += counts[r, c] * shares[k]
                    waits[rr, cc] -= 1
                    if waits[rr, cc] == 0:
                        waits[rr, cc] = 255
                        ready.append(rr * cols + cc)
    return counts
