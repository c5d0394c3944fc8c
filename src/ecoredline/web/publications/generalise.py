"""What an edition holds: cells of a coarse grid, areas rounded, counts by county and year."""

from collections import Counter
from datetime import date

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Count, F, QuerySet
from django.db.models.functions import ExtractYear

from ecoredline.boundary import coarse
from ecoredline.geodesy import area_ha
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.publications.small import hidden, least_on
from ecoredline.web.regions.models import Division, RedlinePolygon, RedlineVersion

HA_PER_KM2 = 100
COUNTY_DIGITS = 6


def as_shapely(geometry: GEOSGeometry):
    """A geometry of the database as the computing half takes it."""
    return shapely.from_wkb(bytes(geometry.wkb))


def inside(county: Division, shape, version: RedlineVersion):
    """The redline in a county, lon, lat."""
    rows = RedlinePolygon.objects.filter(version=version, scope_codes__contains=[county.code])
    shapes = [as_shapely(g) for g in rows.values_list("geom", flat=True)]
    return shapely.union_all(shapely.intersection(shapes, shape)) if shapes else None


def contents_of(counties, version: RedlineVersion, day: date, step: float, area_step: int) -> dict:
    """The content of an edition for some counties as of a day, ready for JSON.

    Coordinates are corners of the grid of `step` degrees, areas multiples of `area_step` km². No
    name but the county's, no number of a patch, clue or case gets in, and no count that is small.
    Raises `InputError` for a grid of too many cells.
    """
    shapes = {c.code: as_shapely(c.geom) for c in counties}
    areas = {c.code: inside(c, shapes[c.code], version) for c in counties}
    drawn = coarse(areas, shapes, step)
    years, least = years_of(list(shapes), day), least_on(day)
    rows = [
        {
            "code": c.code, "name": c.name, "area_km2": rounded(areas[c.code], area_step),
            "years": {y: hidden(n, least) for y, n in years.get(c.code[:COUNTY_DIGITS], {}).items()},
            "redline": rings_of(drawn[c.code][0]), "outline": rings_of(drawn[c.code][1]),
        }
        for c in counties
    ]  # fmt: skip
    return {"counties": rows, "least": least}


def rounded(shape, area_step: int) -> int:
    """An area in km², rounded to multiples of `area_step`."""
    km2 = 0.0 if shape is None else area_ha(shape) / HA_PER_KM2
    return round(km2 / area_step) * area_step


def rings_of(shape) -> list:
    """A geometry of whole cells as polygons of rings of [lon, lat]."""
    found = []
    for part in shapely.get_parts(shape):
        rings = [part.exterior, *part.interiors]
        found.append([[list(place) for place in ring.coords] for ring in rings])
    return [p for p in found if p[0]]


def years_of(codes: list[str], day: date) -> dict[str, dict]:
    """Counts by county and year up to a day: clues raised, cases opened, cases closed."""
    clues = Clue.objects.filter(merged_into=None, found_on__lte=day)
    cases = Case.objects.filter(merged_into=None)
    kinds = {
        "clues": by_year(clues, "found_on"),
        "cases": by_year(cases.filter(opened_on__lte=day), "opened_on"),
        "closed": by_year(cases.filter(closed_on__lte=day), "closed_on"),
    }
    found: dict[str, dict] = {code[:COUNTY_DIGITS]: {} for code in codes}
    for kind, counted in kinds.items():
        for (code, year), count in counted.items():
            if code in found:
                found[code].setdefault(str(year), dict.fromkeys(kinds, 0))[kind] = count
    return found


def by_year(rows: QuerySet, field: str) -> Counter:
    """How many rows a county and year of `field`."""
    counted = rows.order_by().values(in_code=F("division_code"), in_year=ExtractYear(field))
    return Counter({(r["in_code"], r["in_year"]): r["n"] for r in counted.annotate(n=Count("pk"))})
