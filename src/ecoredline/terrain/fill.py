"""Pits filled tile by tile (Barnes 2016): each tile alone, the saddles between their basins, each tile once more."""

import numpy as np

from ecoredline.record import Job
from ecoredline.terrain.flood import contacts, flood, lowest_ways
from ecoredline.terrain.tiles import Plane, Scratch, Tiles

Saddles = tuple[np.ndarray, np.ndarray, np.ndarray]


def fill_tiles(dem: Plane, scratch: Scratch, job: Job) -> tuple[Plane, dict]:
    """The plane of heights without pits, and how many cells were raised and by how much at most.

    The same heights as of the whole map at once, whatever the tiles: a cell's level is the lowest way to the end
    of the land, and no rounding is done. In memory: a tile, and some 50 bytes for each basin at a tile's edge.
    """
    tiles = dem.tiles
    level, label = scratch.plane("filled", tiles, "f4"), scratch.plane("basins", tiles, "i4")
    ledge = Ledge(tiles)
    for tile in range(len(tiles)):
        job.at("pits", 0.7 * tile / len(tiles))
        heights, basins, count = flood(dem.read_around(tile, np.nan, "f8"))
        level.write(tile, heights)
        label.write(tile, basins)
        ledge.add(tile, heights, basins, count)
    ways = ledge.lowest()
    count, most = 0, 0.0
    for tile in range(len(tiles)):
        job.at("pits", 0.7 + 0.3 * tile / len(tiles))
        of_basin = np.concatenate([[-np.inf], ways[ledge.first[tile] : ledge.first[tile + 1]]])
        filled = np.maximum(level.read(tile), of_basin[label.read(tile)].astype("f4"))
        level.write(tile, filled)
        rise = filled.astype("f8") - dem.read(tile)
        count += int((rise > 0).sum())
        most = max(most, float(np.nanmax(rise, initial=0.0)))
    label.drop()
    return level, {"raised_cells": count, "most_m": round(most, 4)}


class Ledge:
    """What tiles know of each other: heights and basins along their edges, and the saddles between basins."""

    def __init__(self, tiles: Tiles):
        self.tiles, self.first = tiles, [1]  # basin 0 is the ocean
        self.sides: dict[int, dict] = {}
        self.saddles: list[Saddles] = []

    def add(self, tile: int, level: np.ndarray, label: np.ndarray, count: int) -> None:
        """Take a tile in; tiles come in order."""
        shift = self.first[-1] - 1
        one, other, height = contacts(level, label)
        self.keep(numbered(one, shift), numbered(other, shift), height)
        names = numbered(label, shift)
        cuts = {"n": np.s_[0, :], "s": np.s_[-1, :], "w": np.s_[:, 0], "e": np.s_[:, -1]}
        self.sides[tile] = {k: (level[cut].copy(), names[cut].copy()) for k, cut in cuts.items()}
        self.first.append(self.first[-1] + count)
        for down, right, ours, theirs in ((0, -1, "w", "e"), (-1, 0, "n", "s")):
            if (near := self.tiles.beside(tile, down, right)) is not None:
                self.meet(self.sides[tile][ours], self.sides[near][theirs])
        for right, ours, theirs in ((-1, 0, -1), (1, -1, 0)):
            if (near := self.tiles.beside(tile, -1, right)) is not None:
                self.touch(self.sides[tile]["n"], ours, self.sides[near]["s"], theirs)

    def meet(self, ours, theirs) -> None:
        """Two sides face each other; a cell has up to three neighbours there."""
        for a, b in ((ours, theirs), (tail(ours), head(theirs)), (head(ours), tail(theirs))):
            self.keep(a[1], b[1], np.maximum(a[0], b[0]))

    def touch(self, ours, place: int, theirs, other: int) -> None:
        """Two tiles meet in a corner."""
        pick = np.array([place]), np.array([other])
        height = np.maximum(ours[0][pick[0]], theirs[0][pick[1]])
        self.keep(ours[1][pick[0]], theirs[1][pick[1]], height)

    def keep(self, one, other, height) -> None:
        """Add saddles, the lowest of each pair of basins."""
        met = (one != other) & (one >= 0) & (other >= 0)
        self.saddles.append(lowest_of_pairs(one[met], other[met], height[met]))

    def lowest(self) -> np.ndarray:
        """Of basins 0, 1, … the height of the lowest way to the ocean."""
        one, other, height = (np.concatenate(part) for part in zip(*self.saddles, strict=True))
        self.saddles, self.sides = [], {}
        source, target = np.concatenate([one, other]), np.concatenate([other, one])
        order = np.argsort(source, kind="stable")
        start = np.searchsorted(source[order], np.arange(self.first[-1] + 1))
        return lowest_ways(start, target[order], np.concatenate([height, height])[order])


def head(side):
    """All of a side but its last cell."""
    return side[0][:-1], side[1][:-1]


def tail(side):
    """All of a side but its first cell."""
    return side[0][1:], side[1][1:]


def numbered(label: np.ndarray, shift: int) -> np.ndarray:
    """A tile's labels as numbers of the whole map; the ocean stays 0, nodata negative."""
    return np.where(label > 0, label.astype(np.int64) + shift, label)


def lowest_of_pairs(one, other, height) -> Saddles:
    """Each unordered pair once, with its lowest height."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((height, high, low))
    low, high, height = low[order], high[order], height[order]
    new = np.ones(low.size, bool)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return low[new], high[new], height[new]
