"""Outlines drawn from a random generator: noisy blobs, rectangles, strips along a line."""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import Polygon, affinity
from shapely.geometry.base import BaseGeometry

JOINT_SIDES = 10
SHORTEST_STEP_M = 1e-6
CENTIMETRE = 0.01
SMALLEST_HOLE_M2 = 1.0


def blob(
    rng: np.random.Generator,
    area: float,
    *,
    aspect: float = 1.3,
    rough: float = 0.25,
    points: int = 48,
    angle: float | None = None,
) -> Polygon:
    """A noisy closed outline of exactly `area` square metres around the origin.

    `aspect` is length over width, `angle` (radians) the direction of the length, any
    direction when it is not given.

    >>> round(blob(np.random.default_rng(1), 600.0).area, 6)
    600.0
    """
    turn = np.linspace(0.0, 2.0 * math.pi, points, endpoint=False)
    radius = np.ones(points)
    for wave in range(2, 2 + points // 5):
        size = rough * rng.normal() / wave**1.1
        radius += size * np.cos(wave * turn + rng.uniform(0.0, 2.0 * math.pi))
    radius = np.clip(radius, 0.3, 2.2)
    ring = Polygon(
        np.column_stack([radius * np.cos(turn) * aspect**0.5, radius * np.sin(turn) / aspect**0.5])
    )
    factor = math.sqrt(area / ring.area)
    scaled = affinity.scale(ring, factor, factor, origin=(0, 0))
    if angle is None:
        angle = rng.uniform(0.0, 2.0 * math.pi)
    return affinity.rotate(scaled, angle, origin=(0, 0), use_radians=True)


def rectangle(width: float, height: float, x: float = 0.0, y: float = 0.0) -> Polygon:
    """A rectangle around (x, y)."""
    return shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def strip(line: np.ndarray, width: float) -> list[Polygon]:
    """A band along a polyline [n, 2] as small convex pieces: a box per segment, a disc per joint.

    Small pieces keep the painting of a long thin thing cheap; their union is the band.
    """
    steps = np.diff(line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    moving = lengths > SHORTEST_STEP_M
    start, end = line[:-1][moving], line[1:][moving]
    aside = np.column_stack([-steps[moving, 1], steps[moving, 0]])
    aside *= width / 2.0 / lengths[moving, None]
    boxes = np.stack([start + aside, end + aside, end - aside, start - aside], axis=1)
    turn = np.arange(JOINT_SIDES) * (2.0 * math.pi / JOINT_SIDES)
    disc = width / 2.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    joints = line[1:-1, None, :] + disc[None, :, :]
    return [*shapely.polygons(boxes), *shapely.polygons(joints)]


def curve(
    rng: np.random.Generator,
    start: np.ndarray,
    heading: float,
    length: float,
    step: float,
    bend: float,
) -> np.ndarray:
    """A line that wanders from `start`: float64 [n, 2]; `bend` radians of turning a step."""
    steps = max(2, round(length / step))
    turning = np.convolve(rng.normal(0.0, bend, steps + 4), np.ones(5) / 5, mode="valid")
    headings = heading + np.cumsum(turning)
    moves = step * np.column_stack([np.cos(headings), np.sin(headings)])
    return np.vstack([start, start + np.cumsum(moves, axis=0)])


def wavy(rng: np.random.Generator, points: int, size: float) -> np.ndarray:
    """Smooth wiggles [points] that vanish at both ends, at most about `size`."""
    t = np.linspace(0.0, 1.0, points)
    total = np.zeros(points)
    for wave in range(1, 9):
        total += rng.normal() / wave**1.2 * np.sin(math.pi * wave * t)
    return size * np.clip(total / 1.6, -1.0, 1.0)


def polygons_of(geometry: BaseGeometry, smallest: float = 0.0) -> BaseGeometry:
    """Only the polygons of a geometry that are larger than `smallest` square metres."""
    parts = [
        p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon" and p.area > smallest
    ]
    if len(parts) == 1:
        return parts[0]
    return shapely.MultiPolygon(parts)


def merged(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """The union of shapes on a centimetre grid, without the specks that joints leave.

    Holes smaller than a square metre are closed; no pixel's middle can tell.
    """
    whole = shapely.set_precision(shapely.union_all(list(shapes)), CENTIMETRE)
    parts = [
        shapely.Polygon(
            part.exterior, [r for r in part.interiors if Polygon(r).area > SMALLEST_HOLE_M2]
        )
        for part in shapely.get_parts(whole)
        if part.geom_type == "Polygon"
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
