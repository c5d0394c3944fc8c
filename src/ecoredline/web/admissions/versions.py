"""Which version of redline and protected areas speaks for a place on a day."""

from datetime import date

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Polygon

from ecoredline.web.regions.models import (
    STORAGE_SRID,
    ProtectedArea,
    ProtectedAreaVersion,
    RedlinePolygon,
    RedlineVersion,
)

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
    rows = RedlineVersion.objects.filter(pk__in=near)
    dated = rows.exclude(valid_from=None)
    if dated.exists():
        held = dated.filter(valid_from__lte=day).exclude(valid_to__lte=day)
        return held.order_by("-valid_from", "-pk").first()
    return rows.order_by("-loaded_at", "-pk").first()


def protected_for(bounds) -> ProtectedAreaVersion | None:
    """The newest version of protected areas near the place; else the newest there is.

    That no protected area is near is an answer; that no layer is loaded is none.
    """
    rows = ProtectedAreaVersion.objects.order_by("-loaded_at", "-pk")
    near = ProtectedArea.objects.filter(geom__bboverlaps=box_around(bounds)).values("version")
    return rows.filter(pk__in=near).first() or rows.first()


def extent_of(features, version) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a whole version."""
    return features.objects.filter(version=version).aggregate(box=Extent("geom"))["box"]
