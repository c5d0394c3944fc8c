"""The change score of a block: how far each pixel moved, in units of the scene's own noise."""

import numpy as np
from numba import njit

FAR = np.float32(1e30)
# Of its neighbourhood's mean: beside a straight edge, a pixel that is changed by a third has this
OWN_SHARE = np.float32(0.7)
WIDE_PX = 2  # half side of the box from which on a mean counts as wide
WIDE_SHARE = np.float32(0.5)  # the same below a wide mean
SEGMENT_PX = 32  # pixels of a row whose neighbourhoods are searched together


@njit(nogil=True, cache=True)
def block_score(before, after, radius, smooth, low):
    """Change score float32 (rows, cols) of whitened blocks (bands, rows, cols); NaN = unseen.

    Per pixel, the least distance to any neighbour within `radius`, the larger of both
    ways: changed is only what no neighbour explains. Then the mean over a box of
    2 `smooth` + 1. Scores below `low` are upper bounds only: the search is left out
    where even the plain distance stays below. The mean decides what is changed, the pixel's
    own distance where it ends: one that changed far less than its neighbourhood is 0, or
    every outline would stand a pixel too wide.
    """
    _, rows, cols = before.shape
    distance = np.empty((rows, cols), np.float32)
    plain_distance(before, after, distance)
    score = np.empty((rows, cols), np.float32)
    box_mean(distance, smooth, score)
    if radius == 0:
        cut_rim(score, distance, low, smooth)
        return score
    wanted = wanted_segments(score, low, smooth)
    if not wanted.any():
        return score
    search(before, after, radius, wanted, distance)
    exact = np.empty((rows, cols), np.float32)
    box_mean_where(distance, smooth, wanted, exact)
    for y in range(rows):
        for x in range(cols):
            if score[y, x] >= low:
                score[y, x] = exact[y, x]
    cut_rim(score, distance, low, smooth)
    return score


@njit(nogil=True, cache=True)
def cut_rim(score, distance, low, smooth):
    """Set to 0 the scores at or above `low` that a pixel owes to its neighbours alone."""
    rows, cols = score.shape
    share = OWN_SHARE if smooth < WIDE_PX else WIDE_SHARE
    for y in range(rows):
        for x in range(cols):
            if score[y, x] >= low and distance[y, x] < share * score[y, x]:
                score[y, x] = 0


@njit(nogil=True, cache=True)
def plain_distance(before, after, out):
    """Euclidean distance of each pixel to itself on the other date."""
    bands, rows, cols = before.shape
    for y in range(rows):
        line = out[y]
        line[:] = 0
        for k in range(bands):
            p, q = before[k, y], after[k, y]
            for x in range(cols):
                step = p[x] - q[x]
                line[x] += step * step
        for x in range(cols):
            line[x] = np.sqrt(line[x])


@njit(nogil=True, cache=True)
def box_mean(values, radius, out):
    """Mean of the seen values in a box; NaN stays NaN. Sums are direct, so that blocks agree.

    Sums along the rows are kept for the few rows of a box only, so that they stay in cache.
    """
    rows, cols = values.shape
    kept = 2 * radius + 1
    sums, counts = np.empty((kept, cols), np.float32), np.empty((kept, cols), np.float32)
    total, number = np.empty(cols, np.float32), np.empty(cols, np.float32)
    clean = np.empty((2, cols), np.float32)
    for last in range(rows + radius):
        if last < rows:
            k = last % kept
            row_sums(values[last], radius, 0, cols, clean, sums[k], counts[k])
        y = last - radius
        if y < 0:
            continue
        total[:] = 0
        number[:] = 0
        for yy in range(max(0, y - radius), min(rows, last + 1)):
            add_to(total, sums[yy % kept])
            add_to(number, counts[yy % kept])
        divide_seen(total, number, values[y], out[y])


@njit(nogil=True, cache=True)
def box_mean_where(values, radius, wanted, out):
    """`box_mean` in the wanted segments of each row; elsewhere `out` is left alone."""
    rows, cols = values.shape
    sums, counts = np.empty(cols, np.float32), np.empty(cols, np.float32)
    total, number = np.empty(cols, np.float32), np.empty(cols, np.float32)
    clean = np.empty((2, cols), np.float32)
    for y in range(rows):
        part = 0
        while part < wanted.shape[1]:
            start, stop, part = next_wanted(wanted[y], part, cols)
            n = stop - start
            total[:n] = 0
            number[:n] = 0
            for yy in range(max(0, y - radius), min(rows, y + radius + 1) if n else 0):
                row_sums(values[yy], radius, start, stop, clean, sums, counts)
                add_to(total[:n], sums)
                add_to(number[:n], counts)
            divide_seen(total, number, values[y, start:stop], out[y, start:stop])


@njit(nogil=True, cache=True)
def row_sums(values, radius, start, stop, clean, sums, counts):
    """Sum and number of the seen values within `radius` along a row, for pixels [start, stop).

    `clean` (2, cols) is room for the values without NaN, and for 1 where there is one.
    """
    first, last = max(0, start - radius), min(len(values), stop + radius)
    near, whole, ones = values[first:last], clean[0, first:last], clean[1, first:last]
    for x in range(len(near)):
        seen = near[x] == near[x]
        whole[x] = near[x] if seen else np.float32(0)
        ones[x] = np.float32(1) if seen else np.float32(0)
    sums[: stop - start] = 0
    counts[: stop - start] = 0
    for step in range(-radius, radius + 1):
        x0, x1 = max(start, -step), min(stop, len(values) - step)
        if x1 > x0:
            add_to(sums[x0 - start : x1 - start], whole[x0 + step - first : x1 + step - first])
            add_to(counts[x0 - start : x1 - start], ones[x0 + step - first : x1 + step - first])


@njit(nogil=True, cache=True)
def add_to(total, values):
    """Add values to a total in place."""
    for x in range(len(total)):
        total[x] += values[x]


@njit(nogil=True, cache=True)
def divide_seen(total, number, values, out):
    """Write total ÷ number; NaN where `values` is."""
    for x in range(len(values)):
        out[x] = total[x] / number[x] if values[x] == values[x] else np.nan


@njit(nogil=True, cache=True)
def next_wanted(wanted, part, cols):
    """Pixels [start, stop) of the next wanted segments of a row, and the segment after them."""
    parts = len(wanted)
    while part < parts and not wanted[part]:
        part += 1
    first = part
    while part < parts and wanted[part]:
        part += 1
    return min(cols, first * SEGMENT_PX), min(cols, part * SEGMENT_PX), part


@njit(nogil=True, cache=True)
def wanted_segments(score, low, smooth):
    """Which segments of each row hold, or lie within `smooth` of, a score at or above `low`."""
    rows, cols = score.shape
    parts = (cols + SEGMENT_PX - 1) // SEGMENT_PX
    wanted = np.zeros((rows, parts), np.bool_)
    for y in range(rows):
        for x in range(cols):
            if score[y, x] >= low:
                first = max(0, x - smooth) // SEGMENT_PX
                last = min(cols - 1, x + smooth) // SEGMENT_PX
                for yy in range(max(0, y - smooth), min(rows, y + smooth + 1)):
                    wanted[yy, first] = True
                    wanted[yy, last] = True
    return wanted


@njit(nogil=True, cache=True)
def search(before, after, radius, wanted, distance):
    """Replace `distance` in the wanted segments by the least one within `radius`."""
    rows, cols = distance.shape
    for y in range(rows):
        part = 0
        while part < wanted.shape[1]:
            start, stop, part = next_wanted(wanted[y], part, cols)
            robust_row(before, after, radius, y, start, stop, distance[y, start:stop])


@njit(nogil=True, cache=True)
def robust_row(before, after, radius, y, start, stop, out):
    """Least distance within `radius`, the larger of both ways, of pixels [start, stop) of a row.

    Where `out` is NaN it stays so.
    """
    _, rows, cols = before.shape
    n = stop - start
    total = np.empty(n, np.float32)
    forth, back = np.full(n, FAR, np.float32), np.full(n, FAR, np.float32)
    for yy in range(max(0, y - radius), min(rows, y + radius + 1)):
        for dx in range(-radius, radius + 1):
            x0, x1 = max(start, -dx), min(stop, cols - dx)
            if x1 <= x0:
                continue
            a, b = x0 - start, x1 - start
            nearest(before, y, x0, after, yy, x0 + dx, total[: b - a], forth[a:b])
            nearest(after, y, x0, before, yy, x0 + dx, total[: b - a], back[a:b])
    for x in range(n):
        if out[x] == out[x]:
            out[x] = np.sqrt(max(forth[x], back[x]))


@njit(nogil=True, cache=True)
def nearest(one, y, x, other, yy, xx, total, least):
    """Lower `least` to the squared distance of pixels from one (y, x) and other (yy, xx) on."""
    n = len(least)
    total[:] = 0
    for k in range(one.shape[0]):
        p, q = one[k, y, x : x + n], other[k, yy, xx : xx + n]
        for i in range(n):
            step = p[i] - q[i]
            total[i] += step * step
    for i in range(n):
        least[i] = total[i] if total[i] < least[i] else least[i]
