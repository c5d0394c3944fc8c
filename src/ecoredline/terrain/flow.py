"""Where water goes on a DEM: pits filled (Wang and Liu 2006), flats resolved, D8, accumulation.

Directions are the codes of ESRI and pyflwdir: 1 E, 2 SE, 4 S, 8 SW, 16 W, 32 NW, 64 N, 128 NE,
0 leaves the map, 247 nodata. pyflwdir does the filling and the counting.
"""

import math

import numba
import numpy as np
import pyflwdir

from ecoredline.errors import InputError

NODATA_DIRECTION = 247
ELEVATIONS_M = (-500.0, 9000.0)
STEPS = np.array(
    [
        (0, 1, 1),
        (1, 1, 2),
        (1, 0, 4),
        (1, -1, 8),
        (0, -1, 16),
        (-1, -1, 32),
        (-1, 0, 64),
        (-1, 1, 128),
    ],
    dtype=np.int64,
)  # fmt: skip  (rows down, cols right, code)


def resolve_pits(dem) -> tuple[np.ndarray, np.ndarray]:
    """Elevations without pits and the way out of every cell; (filled m, direction uint8).

    A pit is raised to its lowest way out; every cell then drains to the edge of the valid area,
    across flats too, because the way out is found from the outlets inwards. NaN stays NaN.
    Raises `InputError` for heights no land has (a DEM in centimetres or feet times ten).

    >>> filled, way = resolve_pits([[5, 5, 5], [5, 1, 5], [5, 3, 5.0]])
    >>> float(filled[1, 1]), int(way[1, 1])
    (3.0, 4)
    """
    dem = np.asarray(dem, dtype=np.float64)
    check_heights(dem)
    filled, way = pyflwdir.fill_depressions(dem, nodata=np.nan, outlets="edge")
    return filled, way


def check_heights(dem: np.ndarray) -> None:
    """Raise `InputError` when the DEM is empty or its heights cannot be metres."""
    if np.isnan(dem).all():
        raise InputError("got a DEM with no valid cell; wanted heights in metres")
    low, high = float(np.nanmin(dem)), float(np.nanmax(dem))
    if low < ELEVATIONS_M[0] or high > ELEVATIONS_M[1]:
        raise InputError(
            f"got heights from {low:g} to {high:g}; wanted metres between {ELEVATIONS_M[0]:g} and "
            f"{ELEVATIONS_M[1]:g}: is nodata declared, is the unit cm or dm?"
        )


def flow_directions(filled, way_out, cell_m: tuple[float, float]) -> np.ndarray:
    """D8 codes: the steepest way down; where nothing is lower (a flat) the way out.

    No loops: a step goes strictly down, or along the order in which the flat was reached.
    `cell_m` is the width and height of a cell in metres.

    >>> filled, way = resolve_pits([[9, 9, 9], [9, 5, 4], [9, 3.9, 3.0]])
    >>> int(flow_directions(filled, way, (30.0, 30.0))[1, 1])
    2
    """
    return _steepest(np.asarray(filled, np.float64), way_out, float(cell_m[0]), float(cell_m[1]))


@numba.njit(cache=True)
def _steepest(filled, way_out, width, height):
    rows, cols = filled.shape
    found = way_out.copy()
    for r in range(rows):
        for c in range(cols):
            if math.isnan(filled[r, c]) or way_out[r, c] == 0:
                continue
            best = 0.0
            for k in range(8):
                rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
                if rr < 0 or cc < 0 or rr >= rows or cc >= cols:
                    continue
                run = math.hypot(STEPS[k, 0] * height, STEPS[k, 1] * width)
                fall = (filled[r, c] - filled[rr, cc]) / run
                if fall > best:  # NaN never is
                    best = fall
                    found[r, c] = STEPS[k, 2]
    return found


def accumulate(directions) -> np.ndarray:
    """Number of cells that drain through each cell, itself included; float64, NaN = nodata.

    >>> accumulate(np.array([[1, 1, 0]], np.uint8))
    array([[1., 2., 3.]])
    """
    directions = np.asarray(directions, np.uint8)
    flow = pyflwdir.from_array(directions, ftype="d8", check_ftype=False)
    counts = flow.upstream_area(unit="cell").astype(np.float64)
    return np.where(directions == NODATA_DIRECTION, np.nan, counts)
