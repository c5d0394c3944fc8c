"""Which version of redline and protected areas speaks for a place on a day."""

from datetime import date
from functools import lru_cache

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Polygon

from ecoredline.web.regions.models import (
    STORAGE_SRID,
    ProtectedArea,
    ProtectedAreaVersion,
    RedlinePolygon,
    RedlineVersion,
)
from ecoredline.web.regions.queries import in_use

ROOM_DEG = 0.1  # about the 10 km beyond which the check says the layer does not cover the place


def box_around(bounds) -> Polygon:
    """West, south, east, north with some room, as a polygon in EPSG:4490."""
    west, south, east, north = bounds
    box = Polygon.from_bbox((west - ROOM_DEG, south - ROOM_DEG, east + ROOM_DEG, north + ROOM_DEG))
    box.srid = STORAGE_SRID
    return box


def redline_for(bounds, day: date) -> RedlineVersion | None:
    """The redline version in force on the day with a polygon near the place.

    Where no version near the place carries dates, the newest one a run brought speaks.
    """
    near = RedlinePolygon.objects.filter(geom__bboverlaps=box_around(bounds)).values("version")
    return in_use(RedlineVersion.objects.filter(pk__in=near), day)


def protected_for(bounds, day: date) -> ProtectedAreaVersion | None:
    """The version of protected areas in force on the day near the place; else the one in use at all.

    That no protected area is near is an answer; that no layer is loaded is none.
    """
    near = ProtectedArea.objects.filter(geom__bboverlaps=box_around(bounds)).values("version")
    rows = ProtectedAreaVersion.objects.all()
    return in_use(rows.filter(pk__in=near), day) or in_use(rows, day)


def extent_of(features, version) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a whole version; kept, for its polygons never change."""
    return known_extent(features, version.pk, version.sha256, version.loaded_at)


@lru_cache(maxsize=256)
def known_extent(features, version: int, sha256: str, loaded_at):
    """The same by what tells versions apart, also after the database was made anew."""
    return features.objects.filter(version=version).aggregate(box=Extent("geom"))["box"]
