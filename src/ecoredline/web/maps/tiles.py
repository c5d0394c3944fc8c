"""Vector tiles cut by PostGIS, each limited to what the person may see."""

from django.db import connection
from django.db.models import Q, QuerySet

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.patches import queries
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Run
from ecoredline.web.regions.models import Division, ProtectedArea, RedlinePolygon

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
SMALLEST_PIXELS = {
    "redline": 0.5,
    "protected": 0.5,
    "divisions": 0.5,
    "patches": 0.0,
    "unseen": 0.5,
}


def rows_of(layer: str, person, run: Run | None, chosen: PatchFilter, z: int) -> QuerySet:
    """The rows of a layer the person may see."""
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


def tile(layer: str, z: int, x: int, y: int, rows: QuerySet) -> bytes:
    """Cut rows into the web-mercator tile z/x/y; empty bytes when there is nothing in it.

    Outlines are simplified to half a screen pixel, and what is smaller than that is left
    out (never a patch: it becomes at least a point of the size of a pixel).
    """
    if layer not in COLUMNS:
        raise NotFound(layer)
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise BadFilter(f"z/x/y = {z}/{x}/{y}")
    pixel_m = EARTH_M / 2**z / TILE_PIXELS
    wanted = rows.order_by("pk").values("pk", "geom", *(c for c in COLUMNS[layer] if c != "id"))
    inner, parameters = wanted.query.get_compiler(connection=connection).as_sql()
    columns = ", ".join(
        f'{c}::float8 as "{c}"' if c in NUMBERS else f'"{c}"' for c in COLUMNS[layer] if c != "id"
    )
    sql = f"""
        with bounds as (
            select ST_TileEnvelope(%s, %s, %s) as box,
                   ST_Transform(ST_TileEnvelope(%s, %s, %s, margin => {BUFFER / EXTENT}), 4490) as wide
        ), shown as (
            select rows.id as id, {columns},
                   ST_Transform(rows.geom, 3857) as outline
            from ({inner}) as rows, bounds
            where rows.geom && bounds.wide
        ), cut as (
            select id, {", ".join(f'"{c}"' for c in COLUMNS[layer] if c != "id")},
                   ST_AsMVTGeom(
                       case when ST_Area(Box2D(outline)::geometry) < %s then ST_PointOnSurface(outline)
                            else ST_SimplifyPreserveTopology(outline, %s) end,
                       bounds.box, {EXTENT}, {BUFFER}) as geom
            from shown, bounds
            where ST_Area(Box2D(outline)::geometry) >= %s
        )
        select ST_AsMVT(cut, %s, {EXTENT}, 'geom', 'id') from cut where geom is not null
    """
    smallest_m2 = (SMALLEST_PIXELS[layer] * pixel_m) ** 2
    point_below_m2 = pixel_m**2 if layer == "patches" else 0.0
    values = [z, x, y, z, x, y, *parameters, point_below_m2, pixel_m / 2, smallest_m2, layer]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bytes(cursor.fetchone()[0] or b"")
