"""Reads: which redline version counts on a day, and layers as the computing half reads them."""

from datetime import date

import geopandas as gpd
import shapely
from django.db.models import Q, QuerySet

from ecoredline.grid import STORAGE_CRS
from ecoredline.web.core import clock
from ecoredline.web.regions.models import Division, RedlinePolygon, RedlineVersion

COLUMNS = ("code", "name", "function", "sensitivity", "control_zone", "zone_word")


def redline_as_of(day: date | None = None) -> RedlineVersion | None:
    """The version in force on a day (today); None where none was brought into force by then."""
    day = day or clock.today()
    found = RedlineVersion.objects.filter(valid_from__lte=day).filter(
        Q(valid_to=None) | Q(valid_to__gt=day)
    )
    return found.order_by("-valid_from", "-pk").first()


def redline_in_use(day: date | None = None) -> RedlineVersion | None:
    """The version in force on a day; where none ever was, the one a run loaded last."""
    found = redline_as_of(day)
    if found is None and not RedlineVersion.objects.exclude(valid_from=None).exists():
        found = RedlineVersion.objects.order_by("-loaded_at", "-pk").first()
    return found


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
