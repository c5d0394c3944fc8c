"""Which way water goes: the steepest way down, and across flats the shortest way to where the flat drains.

Distances on a flat count 5 for a straight step and 7 for a diagonal one, in whole numbers, so that the shortest
way is the same whoever computes it, in whatever order.
"""

from collections import deque

import numba
import numpy as np

from ecoredline.record import Job
from ecoredline.terrain.flood import beside_nothing
from ecoredline.terrain.steps import FLAT, NODATA_DIRECTION, STEPS
from ecoredline.terrain.tiles import Plane, Scratch

STRAIGHT, DIAGONAL = 5, 7
FAR = np.iinfo(np.int32).max - DIAGONAL


@numba.njit(cache=True)
def steepest(z, width, height):
    """Codes of the steepest way down of heights with one cell around them; 0 leaves the map, FLAT is undecided."""
    rows, cols = z.shape[0] - 2, z.shape[1] - 2
    found = np.full((rows, cols), NODATA_DIRECTION, np.uint8)
    runs = np.hypot(STEPS[:, 0] * height, STEPS[:, 1] * width)
    for r in range(1, rows + 1):
        for c in range(1, cols + 1):
            if np.isnan(z[r, c]):
                continue
            best, code = 0.0, 0
            for k in range(8):
                fall = (z[r, c] - z[r + STEPS[k, 0], c + STEPS[k, 1]]) / runs[k]
                if fall > best:  # NaN never is
                    best, code = fall, STEPS[k, 2]
            if code == 0 and not beside_nothing(z, r, c):
                code = FLAT
            found[r - 1, c - 1] = code
    return found


@numba.njit(cache=True)
def shorten(z, far):
    """Shorten the distances `far` inside (rows + 2, cols + 2) until none can be; 0 is a cell that drains."""
    rows, cols = far.shape
    queue, queued = np.empty(far.size + 1, np.int64), np.zeros(far.shape, np.bool_)
    head = tail = 0
    for r in range(rows):
        for c in range(cols):
            if far[r, c] < FAR and not np.isnan(z[r, c]):
                for k in range(8):
                    rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
                    if not (0 < rr < rows - 1 and 0 < cc < cols - 1) or z[rr, cc] != z[r, c]:
                        continue
                    if far[r, c] + (DIAGONAL if k % 2 else STRAIGHT) < far[rr, cc]:
                        queue[tail], queued[r, c] = r * cols + c, True
                        tail += 1
                        break
    while head != tail:
        r, c = queue[head] // cols, queue[head] % cols
        head = (head + 1) % queue.size
        queued[r, c] = False
        for k in range(8):
            rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
            if not (0 < rr < rows - 1 and 0 < cc < cols - 1) or z[rr, cc] != z[r, c]:
                continue
            reached = far[r, c] + (DIAGONAL if k % 2 else STRAIGHT)
            if reached < far[rr, cc]:
                far[rr, cc] = reached
                if not queued[rr, cc]:
                    queue[tail], queued[rr, cc] = rr * cols + cc, True
                    tail = (tail + 1) % queue.size


@numba.njit(cache=True)
def cross(z, far, codes):
    """Put the way out into the undecided `codes` (rows, cols), by distances with one cell around them."""
    for r in range(codes.shape[0]):
        for c in range(codes.shape[1]):
            if codes[r, c] != FLAT:
                continue
            for k in range(8):
                rr, cc = r + 1 + STEPS[k, 0], c + 1 + STEPS[k, 1]
                step = DIAGONAL if k % 2 else STRAIGHT
                if z[rr, cc] == z[r + 1, c + 1] and far[rr, cc] + step == far[r + 1, c + 1]:
                    codes[r, c] = STEPS[k, 2]
                    break


def far_at_start(codes: np.ndarray) -> np.ndarray:
    """Distances before the first turn: nothing for cells that drain, FAR for flats."""
    return np.where(codes == FLAT, np.int32(FAR), np.int32(0))


def flow_directions(filled, cell_m: tuple[float, float]) -> np.ndarray:
    """D8 codes: the steepest way down; where nothing is lower (a flat) the shortest way to where it drains.

    No loops: a step goes strictly down, or nearer to where the flat drains. `filled` comes from
    `fill_pits`, `cell_m` is the width and height of a cell in metres. 0 leaves the map, 247 is nodata.

    >>> from ecoredline.terrain import fill_pits
    >>> filled = fill_pits([[9, 9, 9], [9, 5, 4], [9, 3.9, 3.0]])
    >>> int(flow_directions(filled, (30.0, 30.0))[1, 1])
    2
    """
    around = np.pad(np.asarray(filled, np.float64), 1, constant_values=np.nan)
    codes = steepest(around, float(cell_m[0]), float(cell_m[1]))
    far = np.pad(far_at_start(codes), 1)
    shorten(around, far)
    cross(around, far, codes)
    return codes


def direct_tiles(filled: Plane, cell_m: tuple[float, float], scratch: Scratch, job: Job) -> Plane:
    """The plane of D8 codes, the same as `flow_directions` gives of the whole map, whatever the tiles."""
    tiles = filled.tiles
    codes, far = scratch.plane("codes", tiles, "u1"), scratch.plane("far", tiles, "i4")
    flat = []
    for tile in range(len(tiles)):
        job.at("flow", 0.3 * tile / len(tiles))
        found = steepest(filled.read_around(tile, np.nan, "f8"), float(cell_m[0]), float(cell_m[1]))
        codes.write(tile, found)
        if (found == FLAT).any():
            far.write(tile, far_at_start(found))
            flat.append(tile)
    shorten_tiles(filled, far, flat, job)
    for tile in flat:
        job.stop_if_asked()
        found = codes.read(tile)
        cross(filled.read_around(tile, np.nan, "f8"), far.read_around(tile, 0), found)
        codes.write(tile, found)
    far.drop()
    return codes


def shorten_tiles(filled: Plane, far: Plane, flat: list[int], job: Job) -> None:
    """Shorten distances tile by tile until none changes; a tile comes again when a neighbour's edge changed."""
    waiting, known = deque(flat), set(flat)
    queued = set(flat)
    while waiting:
        job.at("flow", 0.45)
        tile = waiting.popleft()
        queued.discard(tile)
        around = far.read_around(tile, 0)
        before = around.copy()
        shorten(filled.read_around(tile, np.nan, "f8"), around)
        if (before == around).all():
            continue
        far.write(tile, around[1:-1, 1:-1])
        for other in changed_sides(filled.tiles, tile, before != around):
            if other in known and other not in queued:
                queued.add(other)
                waiting.append(other)


def changed_sides(tiles, tile: int, changed: np.ndarray) -> list[int]:
    """The neighbours that touch a changed cell; `changed` has one cell around the tile."""
    inner = changed[1:-1, 1:-1]
    cuts = {-1: np.s_[:1], 0: np.s_[:], 1: np.s_[-1:]}
    steps = [(d, r) for d in cuts for r in cuts if d or r]
    near = ((tiles.beside(tile, d, r), inner[cuts[d], cuts[r]]) for d, r in steps)
    return [other for other, side in near if other is not None and side.any()]
