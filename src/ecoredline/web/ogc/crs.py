"""Coordinate systems by their URI, and the axis order their authority gives them (OGC API – Features part 2)."""

from dataclasses import dataclass

from django.contrib.gis.db.models.functions import GeomOutputGeoFunc, Transform
from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.db.models import F

from ecoredline.web.core.problems import BadFilter
from ecoredline.web.regions.models import STORAGE_SRID

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
MERCATOR = 3857


class FlipCoordinates(GeomOutputGeoFunc):
    """Latitude before longitude."""

    function = "ST_FlipCoordinates"
    arity = 1


@dataclass(frozen=True)
class System:
    """One of the systems on offer. CGCS2000 and WGS 84 numbers are taken as equal (< 0.1 m)."""

    uri: str
    flips: bool = False
    srid: int = STORAGE_SRID

    def outgoing(self, column: str = "geom"):
        """The outline as the database gives it in this system."""
        if self.srid != STORAGE_SRID:
            return Transform(column, self.srid)
        return FlipCoordinates(column) if self.flips else F(column)

    def incoming(self, geometry: GEOSGeometry) -> GEOSGeometry:
        """Somebody's geometry in this system as one of EPSG:4490."""
        if self.flips:
            from shapely import from_wkb, to_wkb, transform

            flipped = transform(
                from_wkb(bytes(geometry.wkb)), lambda x, y: (y, x), interleaved=False
            )
            geometry = GEOSGeometry(memoryview(to_wkb(flipped)))
        geometry.srid = self.srid
        if self.srid != STORAGE_SRID:
            geometry.transform(STORAGE_SRID)
        return geometry


SYSTEMS = {
    s.uri: s
    for s in (
        System(CRS84), System(f"{EPSG}4490", flips=True), System(f"{EPSG}4326", flips=True),
        System(f"{EPSG}3857", srid=MERCATOR),
    )
}  # fmt: skip
STORAGE_URI = f"{EPSG}4490"


def system_of(request, name: str) -> System:
    """The system a parameter names; CRS84 without it. Raises `BadFilter`."""
    wanted = request.GET.get(name, CRS84).strip("<>")
    if wanted not in SYSTEMS:
        raise BadFilter(f"{name}={wanted!r}: {', '.join(SYSTEMS)}")
    return SYSTEMS[wanted]


def box_of(text: str, system: System) -> Polygon:
    """A `bbox` (four numbers, or six with heights) in some system as a polygon in EPSG:4490."""
    try:
        numbers = [float(n) for n in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    finite = all(abs(n) < 1e9 for n in numbers)  # also false for nan
    if len(numbers) != 4 or not finite or numbers[1] > numbers[3] or numbers[0] > numbers[2]:
        raise BadFilter(f"bbox={text[:80]!r}: minx,miny,maxx,maxy")
    return system.incoming(Polygon.from_bbox(numbers))
