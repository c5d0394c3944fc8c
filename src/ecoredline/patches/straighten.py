"""Pixel contours → few straight lines: break, merge, fit, intersect, keep the area.

A ring is split until one fitted line stays within `MAXIMUM_RESIDUAL_PX` of each stretch,
neighbouring stretches are merged while that still holds, and the new corners are where the fitted lines
meet. Fitted lines run through the middle of a digital edge, so stair-steps vanish and the
area stays; what is left of the area's difference is spread evenly along the ring.
"""

import math

import numpy as np
from numba import njit

MAXIMUM_RESIDUAL_PX = (
    0.6  # a digital edge wavers by half a pixel about its line, and a little at its ends
)
MAXIMUM_SHIFT_PX = 0.55  # a corner stays this near to the contour; sharp tips are cut
MAXIMUM_RETREAT_PX = 0.6  # a stretch does not turn back round the tip of a narrow strip
MAXIMUM_GROWTH_PX = 0.15  # per round of spreading the area's difference
GROWTH_ROUNDS = 4
AREA_SLACK, AREA_SLACK_PX = 0.008, 0.1  # past that a ring stays as it was
LEAST_SIDES = 3


def straighten(
    points: np.ndarray, offsets: np.ndarray, areas: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """New `points` and `offsets` of rings with straight sides and signed areas near `areas`.

    >>> stairs = np.array([[0, .5], [.5, 0], [9.5, 0], [10, .5], [10, 1.5], [9.5, 2], [.5, 2], [0, 1.5]])
    >>> points, offsets = straighten(stairs, np.array([0, 8]), np.array([20.0]))
    >>> len(points), offsets.tolist()
    (4, [0, 4])
    """
    points = np.ascontiguousarray(points, np.float64)
    return _straighten_all(points, np.asarray(offsets, np.int64), np.asarray(areas, np.float64))


@njit(cache=True)
def _straighten_all(points, offsets, areas):
    out = np.empty_like(points)
    out_offsets = np.zeros_like(offsets)
    size = 0
    for k in range(len(offsets) - 1):
        ring = points[offsets[k] : offsets[k + 1]]
        new = _straighten_ring(ring, areas[k])
        out[size : size + len(new)] = new
        size += len(new)
        out_offsets[k + 1] = size
    return out[:size], out_offsets


@njit(cache=True)
def _straighten_ring(ring, area):
    origin = ring[0].copy()
    local = ring - origin
    sums = _moments(local)
    keep = _merge(local, sums, _break_points(local, sums))
    if len(keep) < LEAST_SIDES:
        return ring
    lines = np.empty((len(keep), 4))
    for j in range(len(keep)):
        lines[j] = _fit_forward(local, sums, keep[j], keep[(j + 1) % len(keep)])
    corners = local[keep]
    new = _meet(lines, corners)
    for _ in range(GROWTH_ROUNDS):
        now, around = _area_and_length(new)
        grow = (area - now) / max(around, 1e-9)
        _grow(new, min(MAXIMUM_GROWTH_PX, max(-MAXIMUM_GROWTH_PX, grow)))
    now, _around = _area_and_length(new)
    if now * area <= 0 or abs(now - area) > max(AREA_SLACK_PX, AREA_SLACK * abs(area)):
        return ring
    return new + origin


@njit(cache=True)
def _break_points(ring, sums):
    """Split the ring, from two points far apart, until one line fits each stretch.

    A stretch is split where it is farthest from the chord between its ends.
    """
    n = len(ring)
    x, y = ring[:, 0].mean(), ring[:, 1].mean()
    one = int(np.argmax((ring[:, 0] - x) ** 2 + (ring[:, 1] - y) ** 2))
    two = int(np.argmax((ring[:, 0] - ring[one, 0]) ** 2 + (ring[:, 1] - ring[one, 1]) ** 2))
    marked = np.zeros(n, np.bool_)
    marked[one] = marked[two] = True
    stack = [(one, two), (two, one)]
    while len(stack):
        low, high = stack.pop()
        if high <= low:
            high += n
        if high - low < 2 or _residual(ring, sums, low, high) <= MAXIMUM_RESIDUAL_PX:
            continue
        at = _farthest(ring, low, high) % n
        marked[at] = True
        stack.append((low, at))
        stack.append((at, high % n))
    return np.flatnonzero(marked)


@njit(cache=True)
def _farthest(ring, low, high):
    """The point between low and high that is farthest from the chord."""
    n = len(ring)
    ax, ay = ring[low % n, 0], ring[low % n, 1]
    dx, dy = ring[high % n, 0] - ax, ring[high % n, 1] - ay
    worst, at = -1.0, low + 1
    for i in range(low + 1, high):
        px, py = ring[i % n, 0] - ax, ring[i % n, 1] - ay
        off = abs(px * dy - py * dx)
        if off > worst:
            worst, at = off, i
    return at


@njit(cache=True)
def _moments(ring):
    """Running integrals along the ring, twice round: length, x, y, xx, xy, yy."""
    n = len(ring)
    sums = np.zeros((2 * n + 1, 6))
    for i in range(2 * n):
        a, b = ring[i % n], ring[(i + 1) % n]
        length = math.hypot(b[0] - a[0], b[1] - a[1])
        mx, my = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        dx, dy = b[0] - a[0], b[1] - a[1]
        sums[i + 1, 0] = sums[i, 0] + length
        sums[i + 1, 1] = sums[i, 1] + length * mx
        sums[i + 1, 2] = sums[i, 2] + length * my
        sums[i + 1, 3] = sums[i, 3] + length * (mx * mx + dx * dx / 12)
        sums[i + 1, 4] = sums[i, 4] + length * (mx * my + dx * dy / 12)
        sums[i + 1, 5] = sums[i, 5] + length * (my * my + dy * dy / 12)
    return sums


@njit(cache=True)
def _fit(sums, low, high):
    """The line nearest to the stretch low..high: a point on it and its unit direction, walked forwards."""
    n = (len(sums) - 1) // 2
    if high <= low:
        high += n
    part = sums[high] - sums[low]
    length = max(part[0], 1e-12)
    x, y = part[1] / length, part[2] / length
    xx, xy, yy = part[3] / length - x * x, part[4] / length - x * y, part[5] / length - y * y
    angle = 0.5 * math.atan2(2 * xy, xx - yy)
    return np.array([x, y, math.cos(angle), math.sin(angle)])


@njit(cache=True)
def _fit_forward(ring, sums, low, high):
    line = _fit(sums, low, high)
    n = len(ring)
    forward = (ring[high % n, 0] - ring[low % n, 0]) * line[2] + (
        ring[high % n, 1] - ring[low % n, 1]
    ) * line[3]
    if forward < 0:
        line[2], line[3] = -line[2], -line[3]
    return line


@njit(cache=True)
def _residual(ring, sums, low, high):
    """Largest distance of the stretch low..high from its fitted line; no number where it turns back."""
    n = len(ring)
    line = _fit(sums, low, high)
    if high <= low:
        high += n
    first, last = ring[low % n], ring[high % n]
    forward = (last[0] - first[0]) * line[2] + (last[1] - first[1]) * line[3]
    sign = 1.0 if forward >= 0 else -1.0
    worst, front = 0.0, -np.inf
    for i in range(low, high + 1):
        x, y = ring[i % n, 0] - line[0], ring[i % n, 1] - line[1]
        worst = max(worst, abs(x * line[3] - y * line[2]))
        along = sign * (x * line[2] + y * line[3])
        front = max(front, along)
        if front - along > MAXIMUM_RETREAT_PX:
            return np.inf
    return worst


@njit(cache=True)
def _merge(ring, sums, keep):
    """Take away break points whose two stretches one line fits, the best fits first."""
    changed = True
    while changed and len(keep) > LEAST_SIDES:
        m = len(keep)
        cost = np.empty(m)
        for j in range(m):
            cost[j] = _residual(ring, sums, keep[j - 1], keep[(j + 1) % m])
        stays = np.ones(m, np.bool_)
        left = m
        for j in range(m):
            before, after = cost[j - 1], cost[(j + 1) % m]
            lowest = (
                cost[j] < before and cost[j] <= after
                if j
                else cost[j] <= before and cost[j] <= after
            )
            if cost[j] <= MAXIMUM_RESIDUAL_PX and lowest and left > LEAST_SIDES and stays[j - 1]:
                stays[j] = False
                left -= 1
        changed = left < m
        keep = keep[stays]
    return keep


@njit(cache=True)
def _meet(lines, corners):
    """Where neighbouring lines cross, near the break point between them."""
    out = np.empty_like(corners)
    for j in range(len(lines)):
        a, b = lines[j - 1], lines[j]
        cx, cy = corners[j, 0], corners[j, 1]
        cross = a[2] * b[3] - a[3] * b[2]
        if abs(cross) > 0.05:
            t = ((b[0] - a[0]) * b[3] - (b[1] - a[1]) * b[2]) / cross
            dx, dy = a[0] + t * a[2] - cx, a[1] + t * a[3] - cy
        else:  # nearly in line: the middle of the break point's feet on both
            fa = (a[0] - cx) * a[3] - (a[1] - cy) * a[2]
            fb = (b[0] - cx) * b[3] - (b[1] - cy) * b[2]
            dx = (fa * a[3] + fb * b[3]) / 2
            dy = -(fa * a[2] + fb * b[2]) / 2
        off = math.hypot(dx, dy)
        pull = min(1.0, MAXIMUM_SHIFT_PX / off) if off > 0 else 1.0
        out[j, 0], out[j, 1] = cx + pull * dx, cy + pull * dy
    return out


@njit(cache=True)
def _grow(ring, by):
    """Move every side outwards (to the left of the walk) by `by`, in place; sharp tips move less."""
    old = ring.copy()
    n = len(old)
    for j in range(n):
        a, b, c = old[j - 1], old[j], old[(j + 1) % n]
        before = max(math.hypot(b[0] - a[0], b[1] - a[1]), 1e-9)
        after = max(math.hypot(c[0] - b[0], c[1] - b[1]), 1e-9)
        ax, ay = (b[1] - a[1]) / before, -(b[0] - a[0]) / before
        bx, by_ = (c[1] - b[1]) / after, -(c[0] - b[0]) / after
        scale = by / max(1 + ax * bx + ay * by_, 1.0)
        ring[j, 0] += scale * (ax + bx)
        ring[j, 1] += scale * (ay + by_)


@njit(cache=True)
def _area_and_length(ring):
    area, around = 0.0, 0.0
    for i in range(len(ring)):
        a, b = ring[i - 1], ring[i]
        area += a[0] * b[1] - b[0] * a[1]
        around += math.hypot(b[0] - a[0], b[1] - a[1])
    return area / 2, around
