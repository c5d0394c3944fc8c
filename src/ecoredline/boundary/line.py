"""How far a point lies from the redline's line, on the ellipsoid."""

import math

import numpy as np
import shapely

from ecoredline.geodesy import distance_m
from ecoredline.grid import ELLIPSOID

PIECE_VERTICES = 32  # a line is searched in pieces of so many vertices
LEAST_M_PER_DEGREE = 110_500.0  # of latitude, at the equator: the shortest there is
SLACK = 1.01


class LineIndex:
    """The outlines of polygons (EPSG:4490), searchable for the nearest place.

    >>> index = LineIndex([shapely.box(101.70, 26.58, 101.71, 26.59)])
    >>> round(index.distance_m(101.70, 26.60), 1)
    1108.0
    """

    def __init__(self, polygons):
        rings = shapely.get_rings(np.asarray(list(polygons), dtype=object))
        pieces = []
        for ring in rings:
            points = shapely.get_coordinates(ring)
            for start in range(0, len(points) - 1, PIECE_VERTICES - 1):
                pieces.append(points[start : start + PIECE_VERTICES])
        self.lines = np.array([shapely.linestrings(p) for p in pieces if len(p) > 1], dtype=object)
        self.tree = shapely.STRtree(self.lines)

    def distance_m(self, lon: float, lat: float) -> float | None:
        """Metres to the nearest place of the line; None when there is no line.

        Sides are straight in lon, lat; the nearest place is found in a plane at the point, exact
        to a millimetre within kilometres, and its distance is the geodesic's.
        """
        if not len(self.lines):
            return None
        best = self._exact([int(self.tree.nearest(shapely.Point(lon, lat)))], lon, lat)
        # what is nearest in degrees need not be nearest in metres: look as far as the first one lies
        high = SLACK * best / LEAST_M_PER_DEGREE
        wide = high / max(math.cos(math.radians(min(abs(lat) + high, 89.0))), 1e-3)
        near = self.tree.query(shapely.box(lon - wide, lat - high, lon + wide, lat + high))
        return min(best, self._exact(near, lon, lat)) if len(near) else best

    def _exact(self, rows, lon: float, lat: float) -> float:
        """The least distance to these pieces."""
        east, north = scales(lat)
        flat = shapely.transform(self.lines[rows], lambda xy: (xy - [lon, lat]) * [east, north])
        foot = shapely.get_coordinates(shapely.shortest_line(flat, shapely.Point(0, 0)))[::2]
        spot = foot[np.argmin(np.hypot(foot[:, 0], foot[:, 1]))]
        return float(distance_m(lon, lat, lon + spot[0] / east, lat + spot[1] / north))


def scales(lat: float) -> tuple[float, float]:
    """Metres a degree of longitude and of latitude at a latitude.

    >>> [round(s) for s in scales(0.0)]
    [111319, 110574]
    """
    sine = math.sin(math.radians(lat))
    under = 1 - ELLIPSOID.es * sine**2
    across = ELLIPSOID.a / math.sqrt(under)
    along = ELLIPSOID.a * (1 - ELLIPSOID.es) / under**1.5
    return math.radians(across * math.cos(math.radians(lat))), math.radians(along)
