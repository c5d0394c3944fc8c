"""What a clue says of its place: from its patches, from an outline, or from a point."""

from decimal import Decimal

import geopandas as gpd
import numpy as np
import shapely
from django.contrib.gis.geos import Point

from ecoredline.geodesy import area_ha, round_ha, total_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.attribute import attribute, representative_points
from ecoredline.patches.columns import AREA_DECIMALS
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.regions.actions import counties_of, multi
from ecoredline.web.regions.divisions import name_of
from ecoredline.web.regions.models import (
    STORAGE_SRID,
    Division,
    ProtectedArea,
    RedlinePolygon,
)
from ecoredline.web.regions.queries import redline_in_use

PLACE_FIELDS = (
    "geom", "point", "lon", "lat", "area_ha", "redline_area_ha", "province", "city", "county",
    "township", "division_code", "scope_codes", "control_zone", "redline_version", "place",
)  # fmt: skip
NAMES = ("province", "city", "county", "township")
FULL_CODE, COUNTY_DIGITS = 6, 6


def hectares(value) -> Decimal:
    """Hectares as the database keeps them."""
    return Decimal(f"{round_ha(float(value)):.{AREA_DECIMALS}f}")


def point_of(lon: float | None, lat: float | None) -> Point | None:
    """The point of a clue, for its index."""
    return None if lon is None or lat is None else Point(lon, lat, srid=STORAGE_SRID)


def shape_of(geometry) -> shapely.Geometry | None:
    """A database geometry as a shapely one."""
    return None if geometry is None else shapely.from_wkb(bytes(geometry.wkb))


def newest_outline(patch) -> tuple[shapely.Geometry, Decimal, Decimal]:
    """A patch's outline that counts with its two areas: the newest refinement's, else its own."""
    drawn = patch.refinements.order_by("-pk").first()
    found = drawn or patch
    return shape_of(found.geom), found.area_ha, found.redline_area_ha


def from_patches(patches) -> dict:
    """The place of a clue with these patches (at least one).

    The outline is the union; areas are the sums, or where outlines overlap measured on the
    union, so that no ground counts twice. Division, zone and position are those of the patch
    or division with the largest area inside the redline.
    """
    patches = list(patches)
    outlines = [newest_outline(p) for p in patches]
    union = shapely.union_all([shape for shape, _, _ in outlines])
    whole, inside = (total_ha(row[i] for row in outlines) for i in (1, 2))
    if len(patches) > 1 and area_ha(union) < total_ha(area_ha(s) for s, _, _ in outlines) - 1e-4:
        measured = measure(union)
        whole, inside = measured["area_ha"], measured["redline_area_ha"]
    weights = [(float(row[2]), float(row[1])) for row in outlines]
    largest = patches[weights.index(max(weights))]
    place = heaviest(patches, outlines, "division_code") or largest
    zone = heaviest(patches, outlines, "control_zone") or largest
    lon, lat = (largest.lon, largest.lat) if len(patches) == 1 else middle(union)
    versions = dict.fromkeys(p.redline_version for p in patches if p.redline_version)
    return {
        "geom": multi(union), "point": point_of(lon, lat), "lon": lon, "lat": lat,
        "area_ha": hectares(whole), "redline_area_ha": hectares(inside),
        **{name: getattr(place, name) for name in NAMES},
        "division_code": place.division_code[:COUNTY_DIGITS],
        "scope_codes": sorted({code for p in patches for code in p.scope_codes}),
        "control_zone": zone.control_zone, "redline_version": "、".join(versions),
        "place": largest.position,
    }  # fmt: skip


def heaviest(patches, outlines, field: str):
    """The first patch of the value of `field` with the largest area inside the redline."""
    shares: dict[str, float] = {}
    for patch, row in zip(patches, outlines, strict=True):
        shares[getattr(patch, field)] = shares.get(getattr(patch, field), 0.0) + float(row[2])
    best = max(shares, key=lambda value: (bool(value), shares[value]), default="")
    return next((p for p in patches if getattr(p, field) == best), None) if best else None


def middle(shape: shapely.Geometry) -> tuple[float, float]:
    """Lon and lat of a point inside."""
    lon, lat = representative_points(np.array([shape], dtype=object))
    return float(lon[0]), float(lat[0])


def measure(shape: shapely.Geometry) -> dict:
    """All that the layers say of an outline (EPSG:4490), by the same code as a run's patches."""
    box = multi(shapely.box(*shape.bounds))
    frame = gpd.GeoDataFrame(geometry=[shape], crs=STORAGE_CRS)
    found = attribute(
        frame,
        redline=redline_frame(box),
        protected_areas=protected_frame(box),
        divisions=division_frame(box),
    )
    return found.iloc[0].to_dict()


def from_outline(shape: shapely.Geometry) -> dict:
    """The place of a clue with this outline (shapely, EPSG:4490)."""
    row = measure(shape)
    divisions = division_frame(multi(shapely.box(*shape.bounds)))
    reached = counties_of([shape], divisions)[0]
    lon, lat = float(row["lon"]), float(row["lat"])
    return {
        "geom": multi(row["geometry"]), "point": point_of(lon, lat), "lon": lon, "lat": lat,
        "area_ha": hectares(row["area_ha"]), "redline_area_ha": hectares(row["redline_area_ha"]),
        **{name: row[name] for name in NAMES}, "division_code": row["division_code"],
        "scope_codes": prefixes([row["division_code"], *reached]) if row["division_code"] else [],
        "control_zone": row["control_zone"], "redline_version": row["redline_version"],
        "place": row["position"],
    }  # fmt: skip


def from_point(lon: float, lat: float) -> dict:
    """The place of a clue that is only a point: its division and zone; nothing is measured."""
    point = point_of(lon, lat)
    inside = list(Division.objects.filter(geom__intersects=point).order_by("code"))
    counties = [d for d in inside if d.level == "county"]
    code = counties[0].code[:COUNTY_DIGITS] if counties else ""
    polygon = newest_redline().filter(geom__intersects=point).select_related("version").first()
    town = next((d.name for d in inside if d.level == "township"), "")
    return {
        "point": point, "lon": lon, "lat": lat, **names_of(code), "township": town,
        "division_code": code, "scope_codes": prefixes([c.code[:COUNTY_DIGITS] for c in counties]),
        "control_zone": polygon.control_zone if polygon else "",
        "redline_version": polygon.version.name if polygon else "",
    }  # fmt: skip


def names_of(code: str) -> dict[str, str]:
    """Names of province, city and county of a division code: the loaded ones, else GB/T 2260."""
    wanted = {"province": code[:2], "city": code[:4], "county": code[:6]}
    known = dict(Division.objects.filter(code__in=wanted.values()).values_list("code", "name"))
    found = {}
    for n, (name, part) in zip((2, 4, 6), wanted.items(), strict=True):
        full = part.ljust(FULL_CODE, "0") if len(part) == n else ""
        found[name] = known.get(part) or name_of(full) if full else ""
    return found


def newest_redline():
    """The polygons of the version in force today (where none ever was, of the one loaded last)."""
    return RedlinePolygon.objects.filter(version=redline_in_use())


def redline_frame(box) -> gpd.GeoDataFrame:
    """The redline near a box, as the computing half reads it."""
    found = newest_redline().filter(geom__bboverlaps=box).select_related("version")
    rows = [
        {"code": r.code, "name": r.name, "control_zone": r.control_zone, "version": r.version.name,
         "geometry": shape_of(r.geom)}
        for r in found
    ]  # fmt: skip
    return frame(rows, ("code", "name", "control_zone", "version"))


def protected_frame(box) -> gpd.GeoDataFrame | None:
    """The protected areas near a box; None when there are none."""
    found = ProtectedArea.objects.filter(geom__bboverlaps=box)
    rows = [{"code": r.code, "name": r.name, "geometry": shape_of(r.geom)} for r in found]
    return frame(rows, ("code", "name")) if rows else None


def division_frame(box) -> gpd.GeoDataFrame | None:
    """The divisions near a box with codes of six digits; None when none is loaded there."""
    rows = [
        {"code": d.code.ljust(FULL_CODE, "0"), "name": d.name, "level": d.level,
         "geometry": shape_of(d.geom)}
        for d in Division.objects.filter(geom__bboverlaps=box)
    ]  # fmt: skip
    return frame(rows, ("code", "name", "level")) if rows else None


def frame(rows: list[dict], columns) -> gpd.GeoDataFrame:
    """Rows as a table in EPSG:4490, empty ones too."""
    data = {name: np.array([row[name] for row in rows], dtype=object) for name in columns}
    return gpd.GeoDataFrame(data, geometry=[row["geometry"] for row in rows], crs=STORAGE_CRS)
