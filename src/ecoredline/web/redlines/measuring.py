"""How far markers lie from the line of a version, and what recomputing on another version would give."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely

from ecoredline.boundary import LineIndex
from ecoredline.geodesy import round_ha
from ecoredline.patches.overlay import inside
from ecoredline.web.redlines.models import Marker
from ecoredline.web.regions.models import RedlinePolygon, RedlineVersion
from ecoredline.web.regions.queries import redline_as_of

DISTANCE_DECIMALS = 2
CHANGED_HA = 0.0001


def as_shapely(geometry) -> shapely.Geometry:
    """A database geometry as shapely's."""
    return shapely.from_wkb(bytes(geometry.wkb))


def line_of(version: RedlineVersion) -> LineIndex:
    """The outline of the version's ground: borders between two of its polygons are no line."""
    shapes = [as_shapely(g) for g in version.polygons.values_list("geom", flat=True)]
    return LineIndex(shapely.get_parts(shapely.union_all(shapes)) if shapes else [])


def measure_markers(version: RedlineVersion | None, markers=None) -> int:
    """Write the distance of markers (all) from the version's line; gives how many."""
    found = list(Marker.objects.all() if markers is None else markers)
    if version is None or not found:
        return 0
    line = line_of(version)
    for marker in found:
        metres = line.distance_m(marker.lon, marker.lat)
        marker.distance_m = None if metres is None else round(metres, DISTANCE_DECIMALS)
        marker.measured_to = version
    Marker.objects.bulk_update(found, ["distance_m", "measured_to"], batch_size=500)
    return len(found)


@dataclass(frozen=True)
class Recomputed:
    """What a subject's area inside the redline was, and what it would be with another version."""

    subject: object
    used: str
    version: str
    stored_ha: float
    now_ha: float
    zone_stored: str
    zone_now: str

    @property
    def change_ha(self) -> float:
        """Now less stored."""
        return round_ha(self.now_ha - self.stored_ha)

    @property
    def differs(self) -> bool:
        """Would the number or the zone be another?"""
        return abs(self.change_ha) >= CHANGED_HA or self.zone_stored != self.zone_now


def recompute(subjects, day: date, version: RedlineVersion | None = None) -> list[Recomputed]:
    """What patches, clues or cases would say with the version in force on `day`; writes nothing.

    Subjects without an outline are left out. Without a version in force on the day the area is 0
    and the version blank.
    """
    version = version or redline_as_of(day)
    found = []
    for subject in subjects:
        if subject.geom is None:
            continue
        inside, zone = inside_of(subject.geom, version)
        found.append(
            Recomputed(
                subject, subject.redline_version, version.name if version else "",
                float(subject.redline_area_ha), inside, subject.control_zone, zone,
            )
        )  # fmt: skip
    return found


def inside_of(geom, version: RedlineVersion | None) -> tuple[float, str]:
    """Hectares of an outline inside the version, ground counted once, and the zone of the most of it."""
    rows = [] if version is None else list(
        RedlinePolygon.objects.filter(version=version, geom__intersects=geom)
    )  # fmt: skip
    if not rows:
        return 0.0, ""
    pieces, whole = inside(
        as_shapely(geom), np.array([as_shapely(r.geom) for r in rows], dtype=object)
    )
    most = pieces.polygon[int(np.argmax(pieces.area_ha))] if whole else 0
    return whole, rows[most].control_zone if whole else ""
