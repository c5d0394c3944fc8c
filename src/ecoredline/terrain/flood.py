"""Pits filled by priority-flood (Barnes, Lehman and Mulla 2014), and what Barnes 2016 needs to do it by tiles.

Kernels take heights with one cell around them: NaN there is the end of the land, a height is another tile.
"""

import math

import numba
import numpy as np

from ecoredline.terrain.steps import STEPS

OCEAN, NODATA, FRESH, QUEUED = 0, -1, -2, -3  # labels; 1, 2, … are basins open to the next tile


@numba.njit(cache=True)
def push(keys, items, size, key, item):
    """Add to a heap of `size`; gives its new size."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] <= key:
            break
        keys[place], items[place] = keys[above], items[above]
        place = above
    keys[place], items[place] = key, item
    return size + 1


@numba.njit(cache=True)
def take(keys, items, size):
    """Take the lowest off a heap of `size`: (its item, the new size)."""
    found, size = items[0], size - 1
    key, item, place = keys[size], items[size], 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[place], items[place] = keys[below], items[below]
        place = below
    keys[place], items[place] = key, item
    return found, size


@numba.njit(cache=True)
def beside_nothing(z, r, c):
    """Is one of the eight neighbours without a height?"""
    for k in range(8):  # noqa: SIM110, numba has no any()
        if math.isnan(z[r + STEPS[k, 0], c + STEPS[k, 1]]):
            return True
    return False


@numba.njit(cache=True)
def seeds(z, label, keys, items):
    """Queue where water leaves: the end of the land, and the tile's own edge; gives the heap's size."""
    rows, cols = z.shape
    size = 0
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            if math.isnan(z[r, c]):
                continue
            label[r, c] = FRESH
            if beside_nothing(z, r, c):
                label[r, c] = OCEAN
            elif r == 1 or c == 1 or r == rows - 2 or c == cols - 2:
                label[r, c] = QUEUED
            if label[r, c] != FRESH:
                size = push(keys, items, size, z[r, c], r * cols + c)
    return size


@numba.njit(cache=True)
def flood(z):
    """Heights (rows + 2, cols + 2) → (level, label, basins): filled as far as this tile alone can tell.

    `level` is the lowest height at which water of a cell reaches the tile's edge or the end of the land; `label`
    says by which basin: OCEAN, or 1 … basins, which the other tiles decide.
    """
    level, label = z.copy(), np.full(z.shape, NODATA, np.int32)
    keys, items = np.empty(z.size), np.empty(z.size, np.int64)
    pits = np.empty(z.size, np.int64)
    size, deep, basins, cols = seeds(z, label, keys, items), 0, 0, z.shape[1]
    while size or deep:
        if deep:
            deep -= 1
            place = pits[deep]
        else:
            place, size = take(keys, items, size)
        r, c = place // cols, place % cols
        if label[r, c] == QUEUED:
            basins += 1
            label[r, c] = basins
        for k in range(8):
            rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
            if label[rr, cc] == QUEUED:
                label[rr, cc] = label[r, c]
            elif label[rr, cc] == FRESH:
                label[rr, cc] = label[r, c]
                if z[rr, cc] <= level[r, c]:
                    level[rr, cc] = level[r, c]
                    pits[deep] = rr * cols + cc
                    deep += 1
                else:
                    size = push(keys, items, size, z[rr, cc], rr * cols + cc)
    return level[1:-1, 1:-1], label[1:-1, 1:-1], basins


@numba.njit(cache=True)
def contacts(level, label):
    """Every pair of neighbours in two basins: (label, label, height of the saddle between them)."""
    rows, cols = level.shape
    count = 0
    for turn in range(2):
        if turn:
            one, other, height = (
                np.empty(count, np.int64),
                np.empty(count, np.int64),
                np.empty(count),
            )
        count = 0
        for r in range(rows):
            for c in range(cols):
                for k in range(4):  # E, SE, S, SW: each pair once
                    rr, cc = r + STEPS[k, 0], c + STEPS[k, 1]
                    if rr >= rows or cc < 0 or cc >= cols or label[r, c] == label[rr, cc]:
                        continue
                    if label[r, c] < 0 or label[rr, cc] < 0:
                        continue
                    if turn:
                        one[count], other[count] = label[r, c], label[rr, cc]
                        height[count] = max(level[r, c], level[rr, cc])
                    count += 1
    return one, other, height


@numba.njit(cache=True)
def lowest_ways(start, other, height):
    """Of every basin the lowest height at which its water reaches the ocean (basin 0), by a graph in CSR."""
    nodes = start.size - 1
    found = np.full(nodes, np.inf)
    keys, items = np.empty(other.size + 1), np.empty(other.size + 1, np.int64)
    done = np.zeros(nodes, np.bool_)
    found[0] = -np.inf
    size = push(keys, items, 0, found[0], 0)
    while size:
        node, size = take(keys, items, size)
        if done[node]:
            continue
        done[node] = True
        for edge in range(start[node], start[node + 1]):
            reached = max(found[node], height[edge])
            if reached < found[other[edge]]:
                found[other[edge]] = reached
                size = push(keys, items, size, reached, other[edge])
    return found
