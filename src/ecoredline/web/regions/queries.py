"""Reads: which redline version counts on a day, and layers as the computing half reads them."""

from datetime import date

import geopandas as gpd
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Q, QuerySet

from ecoredline.grid import STORAGE_CRS
from ecoredline.web.core import clock
from ecoredline.web.regions.models import (
    STORAGE_SRID,
    Division,
    ProtectedAreaVersion,
    RedlinePolygon,
    RedlineVersion,
)

ROOM_DEG = 0.1  # about the 10 km beyond which the check says the layer does not cover the place
COLUMNS = ("code", "name", "function", "sensitivity", "control_zone", "zone_word")


def held_on(versions: QuerySet, day: date) -> QuerySet:
    """The versions in force on a day, the newest first."""
    found = versions.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))
    return found.order_by("-valid_from", "-pk")


def in_use(versions: QuerySet, day: date | None = None):
    """The version in force on a day (today); where none of them carries dates, the one loaded last."""
    if versions.exclude(valid_from=None).exists():
        return held_on(versions, day or clock.today()).first()
    return versions.order_by("-loaded_at", "-pk").first()


def redline_as_of(day: date | None = None) -> RedlineVersion | None:
    """The version in force on a day (today); None where none was brought into force by then."""
    return held_on(RedlineVersion.objects.all(), day or clock.today()).first()


def redline_in_use(day: date | None = None) -> RedlineVersion | None:
    """The redline in force on a day; where none ever was, the one a run loaded last."""
    return in_use(RedlineVersion.objects.all(), day)


def protected_in_use(day: date | None = None) -> ProtectedAreaVersion | None:
    """The protected areas in force on a day; where none ever were, those a run loaded last."""
    return in_use(ProtectedAreaVersion.objects.all(), day)


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


def polygons_frame(polygons: QuerySet[RedlinePolygon]) -> gpd.GeoDataFrame:
    """Polygons with the columns of `COLUMNS`, in EPSG:4490."""
    rows = list(polygons)
    data = {c: [getattr(r, c) for r in rows] for c in COLUMNS}
    shapes = [shapely.from_wkb(bytes(r.geom.wkb)) for r in rows]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=STORAGE_CRS)


def counties_frame() -> gpd.GeoDataFrame:
    """The loaded counties: code, name, level, geometry."""
    rows = list(Division.objects.filter(level="county").order_by("code"))
    data = {
        "code": [r.code for r in rows],
        "name": [r.name for r in rows],
        "level": ["county"] * len(rows),
    }
    shapes = [shapely.from_wkb(bytes(r.geom.wkb)) for r in rows]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=STORAGE_CRS)
