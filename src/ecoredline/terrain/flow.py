"""Pits of a DEM in memory, and D8 accumulation: of one array, and of tiles by the links between them (Barnes 2017)."""

import numba
import numpy as np

from ecoredline.errors import InputError
from ecoredline.record import Job
from ecoredline.terrain.flood import flood
from ecoredline.terrain.steps import NODATA_DIRECTION, STEPS
from ecoredline.terrain.tiles import Plane, Tiles

ELEVATIONS_M = (-500.0, 9000.0)
STAYS, BEYOND = -1, -2  # where a cell's water leaves its tile: not at all; a place outside


def fill_pits(dem) -> np.ndarray:
    """Elevations without pits, float64; a pit is raised to its lowest way out. NaN stays NaN.

    Every cell then drains to the edge of the valid area without climbing.
    Raises `InputError` for heights no land has (a DEM in centimetres or feet times ten).

    >>> float(fill_pits([[5, 5, 5], [5, 1, 5], [5, 3, 5.0]])[1, 1])
    3.0
    """
    dem = np.asarray(dem, dtype=np.float64)
    check_heights(*extremes(dem))
    return flood(np.pad(dem, 1, constant_values=np.nan))[0]


def extremes(dem: np.ndarray) -> tuple[float, float]:
    """Lowest and highest height; inf and -inf when there is none."""
    low = np.fmin.reduce(dem, axis=None, initial=np.inf)
    return float(low), float(np.fmax.reduce(dem, axis=None, initial=-np.inf))


def check_heights(low: float, high: float) -> None:
    """Raise `InputError` when there is no height at all or heights cannot be metres."""
    if low > high:
        raise InputError("got a DEM with no valid cell; wanted heights in metres")
    if low < ELEVATIONS_M[0] or high > ELEVATIONS_M[1]:
        raise InputError(
            f"got heights from {low:g} to {high:g}; wanted metres between {ELEVATIONS_M[0]:g} and "
            f"{ELEVATIONS_M[1]:g}: is nodata declared, is the unit cm or dm?"
        )


def accumulate(directions) -> np.ndarray:
    """Number of cells that drain through each cell, itself included; float64, NaN = nodata.

    >>> accumulate(np.array([[1, 1, 0]], np.uint8))
    array([[1., 2., 3.]])
    """
    directions = np.asarray(directions, np.uint8)
    counts = np.ones(directions.shape)
    drain(directions, counts)
    return np.where(directions == NODATA_DIRECTION, np.nan, counts)


@numba.njit(cache=True)
def step_of(code):
    """Number of the way of a code; -1 when it leaves the map or is nodata."""
    for k in range(8):
        if STEPS[k, 2] == code:
            return k
    return -1


@numba.njit(cache=True)
def drain(codes, counts):
    """Let `counts` (rows, cols) run down inside a tile, in place; gives for each cell the place where it leaves.

    A place is row × cols + col of the last cell inside; STAYS when the water leaves the map in this tile.
    """
    rows, cols = codes.shape
    below, waits = np.full(codes.size, STAYS), np.zeros(codes.size, np.uint8)
    for place in range(codes.size):
        k = step_of(codes[place // cols, place % cols])
        if k >= 0:
            rr, cc = place // cols + STEPS[k, 0], place % cols + STEPS[k, 1]
            inside = 0 <= rr < rows and 0 <= cc < cols
            below[place] = rr * cols + cc if inside else BEYOND
            if inside:
                waits[below[place]] += 1
    order, last, run = np.empty(codes.size, np.int64), 0, counts.ravel()
    for start in range(codes.size):
        place = start
        while place >= 0 and waits[place] == 0:
            waits[place] = 255  # taken
            order[last] = place
            last += 1
            if below[place] >= 0:
                run[below[place]] += run[place]
                waits[below[place]] -= 1
            place = below[place]
    for back in range(last - 1, -1, -1):
        place = order[back]
        if below[place] == BEYOND:
            below[place] = place
        elif below[place] >= 0:
            below[place] = below[below[place]]
    return below


@numba.njit(cache=True)
def run_down(below, given):
    """Add to every node of `given` what the nodes above it give; `below` is the next node or -1."""
    waits = np.zeros(below.size, np.int32)
    for node in range(below.size):
        if below[node] >= 0:
            waits[below[node]] += 1
    for start in range(below.size):
        node = start
        while node >= 0 and waits[node] == 0:
            waits[node] = -1  # taken
            if below[node] >= 0:
                given[below[node]] += given[node]
                waits[below[node]] -= 1
            node = below[node]


def edge_places(rows: int, cols: int) -> np.ndarray:
    """Places (row × cols + col) of the cells along a tile's edge, ascending.

    >>> edge_places(3, 3)
    array([0, 1, 2, 3, 5, 6, 7, 8])
    """
    inner = np.zeros((rows, cols), bool)
    inner[1:-1, 1:-1] = True
    return np.flatnonzero(~inner)


class Inflow:
    """What flows into each tile at the cells along its edge, from all of the map."""

    def __init__(self, codes: Plane, job: Job):
        self.codes, tiles = codes, codes.tiles
        self.edges = {
            shape: edge_places(*shape) for shape in {tiles.shape(t) for t in range(len(tiles))}
        }
        sizes = [self.edges[tiles.shape(t)].size for t in range(len(tiles))]
        self.first = np.concatenate([[0], np.cumsum(sizes)])
        below, given = np.full(self.first[-1], STAYS), np.zeros(self.first[-1])
        for tile in range(len(tiles)):
            job.at("flow", 0.6 + 0.4 * tile / len(tiles))
            self._link(tile, below, given)
        run_down(below, given)
        self.given = given

    def _link(self, tile: int, below, given) -> None:
        """Where water that enters this tile goes next, and what the tile itself gives to others."""
        codes = self.codes.read(tile)
        counts = np.ones(codes.shape)
        leaves = drain(codes, counts)
        edge = self.edges[codes.shape]
        out = leaves[edge]
        target = np.full(codes.size, STAYS)
        exits = np.unique(out[out >= 0])
        target[exits] = self._beyond(tile, codes, exits)
        below[self.first[tile] : self.first[tile + 1]] = np.where(out >= 0, target[out], STAYS)
        np.add.at(given, target[exits], counts.ravel()[exits])

    def _beyond(self, tile: int, codes, exits) -> np.ndarray:
        """Node of the cell in another tile that each of `exits` leads to."""
        tiles: Tiles = self.codes.tiles
        (top, left), cols = tiles.corner(tile), codes.shape[1]
        ways = np.array([step_of(code) for code in codes.ravel()[exits]], int)
        row = top + exits // cols + STEPS[ways, 0]
        col = left + exits % cols + STEPS[ways, 1]
        other = row // tiles.side * tiles.across + col // tiles.side
        found = np.empty(exits.size, np.int64)
        for near in np.unique(other):
            here, shape = other == near, tiles.shape(near)
            place = row[here] % tiles.side * shape[1] + col[here] % tiles.side
            found[here] = self.first[near] + np.searchsorted(self.edges[shape], place)
        return found

    def counts(self, tile: int) -> np.ndarray:
        """The accumulation of a tile (rows, cols), as `accumulate` gives of the whole map."""
        codes = self.codes.read(tile)
        counts = np.ones(codes.size)
        counts[self.edges[codes.shape]] += self.given[self.first[tile] : self.first[tile + 1]]
        counts = counts.reshape(codes.shape)
        drain(codes, counts)
        return np.where(codes == NODATA_DIRECTION, np.nan, counts)
