"""The change score of a block: how far each pixel moved, in units of the scene's own noise."""

import numpy as np
from numba import njit

FAR = np.float32(1e30)


@njit(nogil=True, cache=True)
def robust_distance(before, after, radius, out):
    """Least squared distance (rows, cols) to any neighbour within `radius`, the larger of both ways.

    `before`, `after` are whitened (bands, rows, cols); NaN where either is NaN. A pixel
    counts as changed only when neither date has a neighbour that explains the other.
    """
    _, rows, cols = before.shape
    total = np.empty(cols, np.float32)
    forth, back = np.empty(cols, np.float32), np.empty(cols, np.float32)
    for y in range(rows):
        forth[:] = FAR
        back[:] = FAR
        for yy in range(max(0, y - radius), min(rows, y + radius + 1)):
            for dx in range(-radius, radius + 1):
                x0, x1 = max(0, -dx), min(cols, cols - dx)
                nearest(before[:, y, x0:x1], after[:, yy, x0 + dx : x1 + dx], total, forth[x0:x1])
                nearest(after[:, y, x0:x1], before[:, yy, x0 + dx : x1 + dx], total, back[x0:x1])
        for x in range(cols):
            value = max(forth[x], back[x])
            seen = before[0, y, x] == before[0, y, x] and after[0, y, x] == after[0, y, x]
            out[y, x] = value if seen and value < FAR else np.nan


@njit(nogil=True, cache=True, inline="always")
def nearest(one, other, total, least):
    """Lower `least` to the squared distance between two rows of pixels (bands, cols)."""
    bands, cols = one.shape
    total[:cols] = 0
    for k in range(bands):
        p, q = one[k], other[k]
        for x in range(cols):
            step = p[x] - q[x]
            total[x] += step * step
    for x in range(cols):
        if total[x] < least[x]:
            least[x] = total[x]


@njit(nogil=True, cache=True)
def smooth(squared, radius, centre, scale, out):
    """Mean of the distances in a (2 radius + 1) box, as (mean − centre) / scale; NaN stays NaN."""
    rows, cols = squared.shape
    for y in range(rows):
        for x in range(cols):
            if squared[y, x] != squared[y, x]:
                out[y, x] = np.nan
                continue
            total, count = np.float32(0), 0
            for yy in range(max(0, y - radius), min(rows, y + radius + 1)):
                for xx in range(max(0, x - radius), min(cols, x + radius + 1)):
                    value = squared[yy, xx]
                    if value == value:
                        total += np.sqrt(value)
                        count += 1
            out[y, x] = (total / count - centre) / scale


@njit(nogil=True, cache=True)
def tolerant_distance(before, after, radius, y, x):
    """`robust_distance` (not squared) of one pixel, for a wider neighbourhood."""
    bands, rows, cols = before.shape
    forth, back = FAR, FAR
    for yy in range(max(0, y - radius), min(rows, y + radius + 1)):
        for xx in range(max(0, x - radius), min(cols, x + radius + 1)):
            one, other = np.float32(0), np.float32(0)
            for k in range(bands):
                step = before[k, y, x] - after[k, yy, xx]
                one += step * step
                step = after[k, y, x] - before[k, yy, xx]
                other += step * step
            forth = min(forth, one) if one == one else forth
            back = min(back, other) if other == other else back
    return np.sqrt(max(forth, back))
