"""Bringing divisions, a redline version and protected areas in from the layers a run used."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db.models import QuerySet

from ecoredline.grid import ELLIPSOID
from ecoredline.record import Job
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.regions.models import (
    STORAGE_SRID,
    Division,
    ProtectedArea,
    ProtectedAreaVersion,
    RedlinePolygon,
    RedlineVersion,
)

M2_PER_HA = 10_000
BATCH = 500
BATCH_POINTS = 500_000  # vertices written by one statement
COUNTY_DIGITS = 6
DIGITS = {"province": 2, "city": 4, "county": COUNTY_DIGITS}  # GB/T 2260


def multi(geometry) -> MultiPolygon:
    """A shapely polygon or multipolygon as the database's multipolygon in EPSG:4490."""
    found = GEOSGeometry(memoryview(shapely.to_wkb(shapely.force_2d(geometry))), srid=STORAGE_SRID)
    return found if found.geom_type == "MultiPolygon" else MultiPolygon(found, srid=STORAGE_SRID)


def hectares(geometry) -> float:
    """Area on the CGCS2000 ellipsoid, four decimals."""
    oriented = shapely.orient_polygons(geometry)
    return round(abs(ELLIPSOID.geometry_area_perimeter(oriented)[0]) / M2_PER_HA, 4)


def counties_of(geometries, divisions: gpd.GeoDataFrame | None) -> list[list[str]]:
    """For each geometry the codes of the counties whose inside it meets; [] without divisions."""
    found: list[list[str]] = [[] for _ in geometries]
    if divisions is None or not len(divisions) or not len(found):
        return found
    counties = divisions[divisions["level"] == "county"]
    shapes, codes = counties.geometry.to_numpy(), counties["code"].astype(str).to_numpy()
    geometries = np.asarray(geometries, dtype=object)
    pairs = shapely.STRtree(shapes).query(geometries, predicate="intersects")
    for mine, theirs in pairs.T:
        if not shapely.touches(geometries[mine], shapes[theirs]):
            found[mine].append(codes[theirs][:COUNTY_DIGITS])
    return [sorted(codes) for codes in found]


def short_code(code: str, level: str) -> str:
    """The code without the zeros that fill it up: 510000 and 510400 become 51 and 5104.

    >>> short_code("510400", "city")
    '5104'
    """
    return code[: DIGITS[level]] if level in DIGITS else code


def without_zeros(code: str) -> str:
    """A division code of any level without the zeros that fill it up.

    >>> without_zeros("510000"), without_zeros("510400"), without_zeros("510422")
    ('51', '5104', '510422')
    """
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def renew_divisions(frame: gpd.GeoDataFrame, *, sha256: str, is_demo: bool) -> int:
    """Write the divisions, newest boundary last; those already from this file stay untouched.

    A division that comes in several features (exclaves, islands) has all of them.
    """
    known = set(Division.objects.filter(source_sha256=sha256).values_list("code", flat=True))
    parts: dict[str, list[dict]] = {}
    for row in frame.to_dict("records"):
        parts.setdefault(short_code(str(row["code"]), row["level"]), []).append(row)
    rows = [
        Division(
            code=code, name=text(found[0], "name"), level=found[0]["level"],
            geom=multi(shapely.union_all([row["geometry"] for row in found])),
            source_sha256=sha256, is_demo=is_demo, scope_codes=prefixes([code]),
        )
        for code, found in parts.items() if code not in known
    ]  # fmt: skip
    changed = ["name", "level", "geom", "source_sha256", "is_demo", "scope_codes"]
    Division.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["code"], update_fields=changed
    )
    return len(rows)


def register_redline(frame: gpd.GeoDataFrame, **facts) -> RedlineVersion:
    """The redline version of this file; its polygons are written the first time. See `register`."""
    columns = ("code", "name", "control_zone", "function", "sensitivity", "zone_word")
    return register(RedlineVersion, RedlinePolygon, columns, frame, **facts)


def register_protected_areas(frame: gpd.GeoDataFrame, **facts) -> ProtectedAreaVersion:
    """The version of this file of protected areas, likewise. See `register`."""
    columns = ("code", "name", "level", "kind")
    return register(ProtectedAreaVersion, ProtectedArea, columns, frame, **facts)


def register(
    versions, features, columns, frame: gpd.GeoDataFrame, *, name: str, sha256: str, is_demo: bool,
    notes, divisions=None, job: Job | None = None,
):  # fmt: skip
    """The version of a layer's file, known by its hash; its features are written the first time.

    `columns` are the texts taken from the frame (EPSG:4490); areas in hectares on the ellipsoid.
    Divisions, when given, renew who may see the features, also of a version known before.
    """
    version, made = versions.objects.get_or_create(
        sha256=sha256, defaults={"name": name, "is_demo": is_demo, "notes": list(notes)}
    )
    if made:
        job, done = job or Job(), 0
        for rows in batches(frame):
            job.at("load", done / len(frame))
            features.objects.bulk_create([
                features(
                    version=version, area_ha=hectares(row["geometry"]), geom=multi(row["geometry"]),
                    **{column: text(row, column) for column in columns},
                )
                for row in rows.to_dict("records")
            ])  # fmt: skip
            done += len(rows)
    renew_scope(features.objects.filter(version=version), divisions)
    return version


def batches(frame: gpd.GeoDataFrame) -> Iterator[gpd.GeoDataFrame]:
    """The rows in pieces of at most `BATCH` rows and about `BATCH_POINTS` vertices."""
    points = np.cumsum(shapely.get_num_coordinates(frame.geometry.to_numpy()))
    piece = points // BATCH_POINTS + np.arange(len(frame)) // BATCH
    for number in np.unique(piece):
        yield frame[piece == number]


def renew_scope(rows: QuerySet, divisions: gpd.GeoDataFrame | None) -> int:
    """Write the divisions that rows with `geom` and `scope_codes` lie in; gives how many changed.

    The counties of `divisions` replace what was known of the same counties; those they do not
    hold stay, so that loads with different divisions add up.
    """
    if divisions is None or not len(divisions):
        return 0
    counties = divisions.loc[divisions["level"] == "county", "code"].astype(str)
    given = {code[:COUNTY_DIGITS] for code in counties}
    found = list(rows)
    spread = counties_of([shapely.from_wkb(bytes(row.geom.wkb)) for row in found], divisions)
    changed = []
    for row, codes in zip(found, spread, strict=True):
        kept = [c for c in row.scope_codes if len(c) == COUNTY_DIGITS and c not in given]
        scope_codes = prefixes([*kept, *codes])
        if scope_codes != row.scope_codes:
            row.scope_codes = scope_codes
            changed.append(row)
    rows.model.objects.bulk_update(changed, ["scope_codes"], batch_size=BATCH)
    return len(changed)


def text(row: dict, column: str) -> str:
    """A column's value as text; '' when it is missing."""
    value = row.get(column)
    return "" if value is None or value != value else str(value)
