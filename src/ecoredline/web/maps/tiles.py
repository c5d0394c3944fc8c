"""Vector tiles cut by PostGIS, each limited to what the person may see."""

import math

from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.maps.registry import all_layers, layers_for
from ecoredline.web.patches import queries
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Run
from ecoredline.web.regions.models import (
    STORAGE_SRID,
    Division,
    ProtectedArea,
    RedlinePolygon,
)

MAX_ZOOM = 22
EXTENT = 4096  # units along a tile's side
BUFFER = 64
EARTH_M = 40_075_016.686  # side of the web-mercator square
TILE_PIXELS = 256
# Divisions shown at a zoom: the finer ones would only be a smear before it.
LEVELS_FROM_ZOOM = {"province": 0, "city": 0, "county": 5, "township": 9}
COLUMNS = {
    "redline": ("id", "code", "name", "control_zone"),
    "protected": ("id", "name", "level", "kind"),
    "divisions": ("id", "code", "name", "level"),
    "patches": (
        "id", "patch_id", "channel", "activity_type", "area_ha", "redline_area_ha", "county", "confidence",
    ),
    "unseen": ("id", "reason", "date"),
}  # fmt: skip
NUMBERS = ("area_ha", "redline_area_ha", "confidence")
SMALLEST_PIXELS = 0.5  # what is smaller on the screen is not drawn


def rows_of(layer: str, person, run: Run | None, chosen: PatchFilter, z: int) -> QuerySet:
    """The rows of a layer the person may see; raises `NotFound` for one that is not theirs."""
    if layer in all_layers():
        found = next((x for x in layers_for(person) if x.name == layer), None)
        if found is None:
            raise NotFound(layer)
        return found.rows(person)
    if layer == "divisions":
        return divisions_for(person, z)
    if run is None:
        raise NotFound()
    if layer == "patches":
        return queries.patches_for(person, run, chosen)
    if layer == "unseen":
        return queries.unseen_for(person, run)
    if layer == "redline":
        return RedlinePolygon.objects.visible_to(person).filter(version=run.redline_version_id)
    return ProtectedArea.objects.visible_to(person).filter(version=run.protected_version_id)


def divisions_for(person, z: int) -> QuerySet[Division]:
    """The person's divisions and the ones that hold them."""
    seen = scope(person)
    if seen is None:
        return Division.objects.none()
    above = [seen.prefix[:n] for n in (2, 4) if n < len(seen.prefix)]
    levels = [level for level, zoom in LEVELS_FROM_ZOOM.items() if z >= zoom]
    return Division.objects.filter(Q(code__startswith=seen.prefix) | Q(code__in=above)).filter(
        level__in=levels
    )


# where a row has no outline, the place it was told at
PLACE = "coalesce(rows.geom, ST_SetSRID(ST_MakePoint(rows.lon, rows.lat), 4490))"
CUT = """
with bounds as (
    select ST_TileEnvelope(%(z)s, %(x)s, %(y)s) as box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => %(margin)s), 4490) as wide
), shown as (
    select rows.id, {columns}, ST_Transform({shape}, 3857) as outline
    from {table} as rows, bounds
    where {shape} && bounds.wide and rows.id in ({chosen})
), cut as (
    select id, {names}, ST_AsMVTGeom(
        case when ST_Area(ST_Envelope(outline)) < %(point_below)s then ST_PointOnSurface(outline)
             else ST_SimplifyPreserveTopology(outline, %(tolerance)s) end,
        bounds.box, {extent}, {buffer}) as geom
    from shown, bounds
    where ST_Area(ST_Envelope(outline)) >= %(smallest)s
)
select ST_AsMVT(cut, %(layer)s, {extent}, 'geom', 'id') from cut where geom is not null
"""


def columns_of(layer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of a layer's tiles, and which of them are numbers."""
    more = all_layers().get(layer)
    return (more.columns, more.numbers) if more else (COLUMNS[layer], NUMBERS)


def has_points(layer: str) -> bool:
    """Is everything of the layer drawn, however small, and rows without an outline as points?"""
    return layer == "patches" or (layer in all_layers() and all_layers()[layer].points)


def tile(layer: str, z: int, x: int, y: int, rows: QuerySet) -> bytes:
    """Cut rows into the web-mercator tile z/x/y; empty bytes when there is nothing in it.

    Outlines are simplified to half a screen pixel, and what is smaller than that is left
    out; a patch never is: below a pixel it is drawn as a point.
    """
    pixel_m = EARTH_M / 2**z / TILE_PIXELS
    columns, numbers = columns_of(layer)
    names = [c for c in columns if c != "id"]
    whole = has_points(layer)
    try:
        sql, parameters = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return b""
    with connection.cursor() as cursor:
        sql = CUT.format(
            table=rows.model._meta.db_table,
            names=", ".join(names),
            columns=", ".join(f"rows.{c}::float8" if c in numbers else f"rows.{c}" for c in names),
            chosen=cursor.mogrify(sql, parameters).replace("%", "%%"),
            extent=EXTENT,
            buffer=BUFFER,
            shape="rows.geom" if layer in COLUMNS else PLACE,
        )
        values = {
            "z": z, "x": x, "y": y, "layer": layer, "margin": BUFFER / EXTENT,
            "point_below": pixel_m**2 if whole else 0.0, "tolerance": pixel_m / 2,
            "smallest": 0.0 if whole else (SMALLEST_PIXELS * pixel_m) ** 2,
        }  # fmt: skip
        cursor.execute(sql, values)
        return bytes(cursor.fetchone()[0] or b"")


def check(layer: str, z: int, x: int, y: int) -> None:
    """Raise `NotFound` for a layer and `BadFilter` for a tile that cannot be."""
    if layer not in COLUMNS and layer not in all_layers():
        raise NotFound(layer)
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise BadFilter(f"z/x/y = {z}/{x}/{y}")


def box_of(z: int, x: int, y: int) -> Polygon:
    """The web-mercator tile z/x/y as a box in lon, lat (EPSG:4490).

    >>> [round(v, 4) for v in box_of(1, 1, 0).extent]
    [0.0, 0.0, 180.0, 85.0511]
    """
    size = 2**z
    north, south = (
        math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / size)))) for row in (y, y + 1)
    )
    box = Polygon.from_bbox((x / size * 360 - 180, south, (x + 1) / size * 360 - 180, north))
    box.srid = STORAGE_SRID
    return box
