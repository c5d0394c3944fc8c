"""Where a photograph was taken, by its own position, against the outline of the clue."""

from dataclasses import dataclass
from datetime import date
from math import cos, radians

import shapely
from shapely.ops import nearest_points

from ecoredline.geodesy import distance_m
from ecoredline.web.verifications.terms import term

LEAST_STRETCH = 0.05  # near a pole


@dataclass(frozen=True)
class Place:
    """`inside`, `near`, `far`, or `unknown` without a position or an outline; metres to the outline."""

    code: str
    metres: float | None = None


def place_of(position, clue, day: date) -> Place:
    """Where a point (lon, lat, EPSG:4490) lies: inside the outline, near it, or far.

    Inside includes the tolerance of a phone's position. A clue without an outline is its point.
    """
    outline = outline_of(clue)
    if position is None or outline is None:
        return Place("unknown")
    metres = metres_to(shapely.Point(position.x, position.y), outline)
    if metres <= term("position_tolerance", day) and outline.geom_type != "Point":
        return Place("inside", metres)
    return Place("near" if metres <= term("near_distance", day) else "far", metres)


def outline_of(clue):
    """The clue's outline, its point, or None."""
    if clue.geom:
        return shapely.from_wkb(bytes(clue.geom.wkb))
    return None if clue.lon is None or clue.lat is None else shapely.Point(clue.lon, clue.lat)


def metres_to(point, outline) -> float:
    """Metres on the ellipsoid from a point to the nearest place of a shape; 0 inside.

    The nearest place is sought in degrees stretched to equal lengths, good to a few per cent
    at the distances that matter.
    """
    if outline.covers(point):
        return 0.0
    stretch = max(LEAST_STRETCH, cos(radians(point.y)))
    there = nearest_points(*(_stretched(shape, stretch) for shape in (outline, point)))[0]
    return float(distance_m(point.x, point.y, there.x / stretch, there.y))


def _stretched(shape, stretch: float):
    """A shape with its longitudes shortened."""
    return shapely.transform(shape, lambda xy: xy * (stretch, 1.0))


def directions(bearings, sector: float) -> int:
    """How many clearly different directions there are: each at least `sector` degrees from the others.

    Greedy from each start; the best is taken.

    >>> directions([0, 10, 90, 355], 45), directions([None], 45), directions([350, 20, 50], 45)
    (2, 0, 2)
    """
    known = sorted({b % 360 for b in bearings if b is not None})
    best = 0
    for start in range(len(known)):
        turned = [(b - known[start]) % 360 for b in known[start:] + known[:start]]
        taken = [0.0]
        for bearing in turned[1:]:
            if bearing - taken[-1] >= sector and 360 - bearing >= sector:
                taken.append(bearing)
        best = max(best, len(taken))
    return best
