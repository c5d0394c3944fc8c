"""Where a thing may be built, and lines that follow the lie of the land."""

import math
from dataclasses import dataclass

import numpy as np

from ecoredline.simulate.terrain import Layout, elevations, lake_distances, river_distances

WALK_STEP_M = 16.0
TURNS = np.linspace(-0.55, 0.55, 9)  # radians a step
CLIMB_WEIGHT = 2.6
TURN_WEIGHT = 0.22
AIM_WEIGHT = 1.4
KEEP_WEIGHT = 1.1
WATER_WEIGHT = 3.0


@dataclass(frozen=True)
class Site:
    """A place to build at: local metres, and the direction that suits what is built there."""

    x: float
    y: float
    heading: float
    layout: Layout


def walk(
    layout: Layout,
    start: tuple[float, float],
    heading: float,
    length: float,
    *,
    target: tuple[float, float] | None = None,
    step: float = WALK_STEP_M,
) -> np.ndarray:
    """A line of about `length` metres that climbs little and keeps off water: float64 [n, 2].

    With a `target` it makes for it, harder as the length runs out, and stops on
    reaching it; without one it keeps roughly to its first heading.
    """
    first, steps = heading, max(1, round(length / step))
    line = [np.array(start, float)]
    height = elevations(line[0][:1], line[0][1:], layout)[0]
    for number in range(steps):
        ways = heading + TURNS
        xs = line[-1][0] + step * np.cos(ways)
        ys = line[-1][1] + step * np.sin(ways)
        heights = elevations(xs, ys, layout)
        cost = CLIMB_WEIGHT * np.abs(heights - height) / step + TURN_WEIGHT * np.abs(TURNS)
        cost += WATER_WEIGHT * (lake_distances(xs, ys, layout) < 12.0)
        aim, weight = first, KEEP_WEIGHT
        if target is not None:
            aim = math.atan2(target[1] - line[-1][1], target[0] - line[-1][0])
            weight = AIM_WEIGHT * (1.0 + 3.0 * number / steps)
        cost += weight * (1.0 - np.cos(ways - aim))
        best = int(np.argmin(cost))
        heading, height = float(ways[best]), heights[best]
        line.append(np.array([xs[best], ys[best]]))
        if target is not None and math.dist(line[-1], target) < 1.5 * step:
            break
    return np.array(line)


def along_high(layout: Layout, x: float, y: float, reach: float, sign: float = 1.0) -> float:
    """The direction in which the land stays highest (sign 1: a crest) or lowest (-1: a valley)."""
    angles = np.linspace(0.0, math.pi, 24, endpoint=False)
    steps = np.array([-1.0, -0.5, 0.5, 1.0]) * reach
    xs = x + np.outer(np.cos(angles), steps)
    ys = y + np.outer(np.sin(angles), steps)
    heights = sign * elevations(xs, ys, layout)
    return float(angles[int(np.argmax(heights.min(axis=1)))])


def downhill(layout: Layout, x: float, y: float, reach: float = 10.0) -> float:
    """The direction of steepest descent."""
    xs = np.array([x + reach, x - reach, x, x])
    ys = np.array([y, y, y + reach, y - reach])
    east, west, south, north = elevations(xs, ys, layout)
    return math.atan2(north - south, west - east)


def towards_river(layout: Layout, x: float, y: float, reach: float = 8.0) -> float:
    """The direction in which the river bank is nearest."""
    xs = np.array([x + reach, x - reach, x, x])
    ys = np.array([y, y, y + reach, y - reach])
    east, west, south, north = river_distances(xs, ys, layout)
    return math.atan2(north - south, west - east)
