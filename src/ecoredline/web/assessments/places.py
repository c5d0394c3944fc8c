"""What is assessed: counties and redline polygons, with their outlines and areas."""

from dataclasses import dataclass
from datetime import date

import shapely

from ecoredline.geodesy import area_ha, round_ha
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.patches.models import Run
from ecoredline.web.regions.models import Division, RedlinePolygon, RedlineVersion
from ecoredline.web.regions.queries import held_on

COUNTY_DIGITS = 6


@dataclass(frozen=True)
class Place:
    """A county's redline or one redline polygon: code, name, counties, outline, polygon codes."""

    code: str
    name: str
    counties: tuple[str, ...]
    outline: object  # shapely, lon lat, inside the redline
    polygons: tuple[str, ...]
    amounts: tuple[float, ...] = ()  # hectares of each polygon inside

    @property
    def hectares(self) -> float:
        """Area on the ellipsoid."""
        return float(round_ha(area_ha(self.outline)))


def counties_of_place(code: str) -> list[str]:
    """The counties of a county or polygon code; empty when it is neither."""
    if Division.objects.filter(code=code, level="county").exists():
        return [code]
    row = RedlinePolygon.objects.filter(code=code).order_by("-pk").first() if code else None
    return county_codes(row.scope_codes) if row else []


def county_codes(codes) -> list[str]:
    """The counties among scope codes."""
    return [c for c in codes if len(c) == COUNTY_DIGITS]


def version_in(year: int) -> RedlineVersion | None:
    """The redline that counted in a year: the one in force at its end, else that of the newest run up to then.

    For years before any run it is the earliest version known; None where there is no run at all.
    """
    held = held_on(RedlineVersion.objects.all(), date(year, 12, 31)).first()
    if held is not None:
        return held
    runs = Run.objects.exclude(redline_version=None).select_related("redline_version")
    runs = runs.exclude(after_on=None).order_by("after_on", "pk")
    run = runs.filter(after_on__lte=date(year, 12, 31)).last() or runs.first()
    return run.redline_version if run else None


def is_before_any(year: int) -> bool:
    """Was no run made up to the end of the year, so that its redline is only supposed?"""
    if held_on(RedlineVersion.objects.all(), date(year, 12, 31)).exists():
        return False
    return (
        not Run.objects.filter(after_on__lte=date(year, 12, 31))
        .exclude(redline_version=None)
        .exists()
    )


def shape_of(row):
    """A row's outline as shapely."""
    return shapely.make_valid(shapely.from_wkb(bytes(row.geom.wkb)))


def polygons_in(person, version: RedlineVersion | None):
    """The redline polygons of a version in the person's divisions."""
    if version is None:
        return RedlinePolygon.objects.none()
    return RedlinePolygon.objects.visible_to(person).filter(version=version)


def polygon_places(person, version) -> list[Place]:
    """One place a polygon code; polygons without a code are left out."""
    found: dict[str, list] = {}
    for row in polygons_in(person, version).exclude(code=""):
        found.setdefault(row.code, []).append(row)
    seen = scope(person)
    places = []
    for code, rows in sorted(found.items()):
        counties = sorted({c for r in rows for c in county_codes(r.scope_codes)})
        if not seen.covers(counties):
            continue  # a polygon that reaches beyond is assessed by the unit above
        outline = shapely.union_all([shape_of(r) for r in rows])
        name = " ".join(filter(None, [rows[0].name, code]))
        places.append(Place(code, name, tuple(counties), outline, (code,), (area_ha(outline),)))
    return places


def county_places(person, version) -> list[Place]:
    """One place a county that has redline: the part of each polygon inside its boundary."""
    seen, rows = scope(person), list(polygons_in(person, version))
    shapes = [shape_of(r) for r in rows]
    tree, places = shapely.STRtree(shapes), []
    for county in Division.objects.filter(level="county", code__startswith=seen.prefix):
        border = shape_of(county)
        inside: list = []
        parts: dict[str, float] = {}
        for at in sorted(tree.query(border, predicate="intersects")):
            part = shapely.intersection(shapes[at], border)
            if part.area > 0:
                inside.append(part)
                code = rows[at].code or str(rows[at].pk)
                parts[code] = parts.get(code, 0.0) + area_ha(part)
        if inside:
            outline = shapely.union_all(inside)
            places.append(Place(
                county.code, county.name, (county.code,), outline, tuple(parts), tuple(parts.values()),
            ))  # fmt: skip
    return places


def places_of(person, kind: str, year: int) -> list[Place]:
    """What is assessed in a year, in order of code."""
    make = county_places if kind == "county" else polygon_places
    return make(person, version_in(year))


def county_ground(person):
    """The outline of the person's counties (EPSG:4490)."""
    counties = Division.objects.visible_to(person).filter(
        level="county", code__startswith=scope(person).prefix
    )
    return shapely.union_all([shapely.from_wkb(bytes(d.geom.wkb)) for d in counties])
