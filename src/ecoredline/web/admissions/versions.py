"""Which version of redline and protected areas speaks for a place on a day."""

from datetime import date
from functools import lru_cache

from django.contrib.gis.db.models import Extent

from ecoredline.web.regions.models import (
    ProtectedArea,
    ProtectedAreaVersion,
)
from ecoredline.web.regions.queries import box_around, in_use, redline_for

__all__ = ["box_around", "extent_of", "protected_for", "redline_for"]


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
