"""Cutting rows into a tile (web mercator, or degrees of EPSG:4490): one statement, in which nothing vanishes.

What is smaller than a pixel is not drawn as it is: in layers of points it becomes a dot, in layers of areas a
square of one pixel. Dots of one colour in one cell of eight pixels become one, with their number `n`.
"""

import math
from dataclasses import dataclass

from django.db import connection

EXTENT = 4096  # units along a tile's side
BUFFER = 128  # one cell of dots
EARTH_M = 40_075_016.686  # side of the web-mercator square
TILE_PIXELS = 256
DOT_CELL_PIXELS, AREA_CELL_PIXELS = 8, 1  # 256 to a tile
LARGEST_LATITUDE = 85.05

# where a row has no outline, the place it was told at
PLACE = "coalesce(rows.geom, ST_SetSRID(ST_MakePoint(rows.lon, rows.lat), 4490))"
PLACED = (
    "(rows.geom && bounds.wide or (rows.geom is null and "
    "rows.lon between ST_XMin(bounds.wide) and ST_XMax(bounds.wide) and "
    "rows.lat between ST_YMin(bounds.wide) and ST_YMax(bounds.wide)))"
)
CUT = """
with bounds as (
    select {envelope}) as box, ST_Transform({envelope}, margin => %(margin)s), 4490) as wide
), shown as materialized (
    select rows.id, {columns}, {shape} as shape, {lon} as lon_at, {lat} as lat_at
    from {table} as rows, bounds
    where {near} and rows.id in ({chosen})
), large as (
    select id, {names}, null::int as n, ST_AsMVTGeom(ST_Transform(
        ST_Simplify(ST_ClipByBox2D(shape, bounds.wide), %(tolerance)s, true), {srid}),
        bounds.box, {extent}, {buffer}) as geom
    from shown, bounds
    where {size} >= %(smallest)s
), placed as (
    select id, {names}, lon_at, lat_at, {order} as first,
           floor((lon_at / 360 + 0.5) * %(cells)s) as cx,
           floor({down} * %(cells)s) as cy
    from shown
    where {size} < %(smallest)s and abs(lat_at) < {latitude}
), counted as (
    select *, row_number() over (partition by cx, cy{colour} order by first desc nulls last, id) as k,
           count(*) over (partition by cx, cy{colour}) as many
    from placed
), small as (
    select id, {names}, nullif(many, 1)::int as n, ST_AsMVTGeom({drawn}, bounds.box, {extent}, {buffer}) as geom
    from counted, bounds
    where k = 1
), cut as (select * from large union all select * from small)
select ST_AsMVT(cut, %(layer)s, {extent}, 'geom', 'id') from cut where geom is not null
"""
POINT = "ST_Transform(ST_SetSRID(ST_MakePoint(lon_at, lat_at), 4490), {srid})"
# A grid: how PostGIS makes its tile, the place from top (0) to bottom (1), its units.
GRIDS = {
    "3857": {
        "envelope": "ST_TileEnvelope(%(z)s, %(x)s, %(y)s",
        "down": "(0.5 - ln(tan(pi() / 4 + radians(lat_at) / 2)) / (2 * pi()))",
        "srid": 3857,
    },
    "4490": {  # one square of 360 degrees from 90 N down, so that level z has 2**z columns
        "envelope": "ST_TileEnvelope(%(z)s, %(x)s, %(y)s, ST_MakeEnvelope(-180, -270, 180, 90, 4490)",
        "down": "((90 - lat_at) / 360)",
        "srid": 4490,
    },
}
MERCATOR = "3857"
SIZE = "(ST_XMax(shape) - ST_XMin(shape)) * (ST_YMax(shape) - ST_YMin(shape))"


@dataclass(frozen=True)
class Drawing:
    """How a layer's rows are drawn: their columns, which are numbers, which give the colour.

    With `dots` small ones are dots at lon, lat (a column of the table); `placed`: outline or that place.
    """

    columns: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    colour: tuple[str, ...] = ()
    dots: bool = False
    placed: bool = False
    first: str = "id"  # the row whose value is largest stands for its cell


def cut_tile(layer: str, drawing: Drawing, table: str, chosen: tuple, place: tuple, grid=MERCATOR):
    """The tile z, x, y as bytes; `chosen` is SQL and parameters of the keys to be shown."""
    with connection.cursor() as cursor:
        keys = cursor.mogrify(*chosen).replace("%", "%%")
        sql = CUT.format(table=table, chosen=keys, **GRIDS[grid], **parts(drawing, grid))
        cursor.execute(sql, {"layer": layer} | limits(drawing, *place, grid))
        return bytes(cursor.fetchone()[0] or b"")


def parts(drawing: Drawing, grid: str) -> dict[str, str]:
    """The pieces of SQL that depend on the layer."""
    names = [c for c in drawing.columns if c != "id"]
    asked = (f"rows.{c}::float8" if c in drawing.numbers else f"rows.{c}" for c in names)
    middle = "(ST_{0}Min({1}) + ST_{0}Max({1})) / 2"
    shape = PLACE if drawing.placed else "rows.geom"
    lon, lat = (middle.format(axis, shape) for axis in "XY")
    if drawing.dots:
        lon, lat = f"coalesce(rows.lon, {lon})", f"coalesce(rows.lat, {lat})"
    point = POINT.format(srid=GRIDS[grid]["srid"])
    return {
        "names": ", ".join(names), "columns": ", ".join(asked), "shape": shape, "lon": lon, "lat": lat,
        "near": PLACED if drawing.placed else "rows.geom && bounds.wide",
        "colour": "".join(f", {c}" for c in drawing.colour), "order": drawing.first,
        "drawn": point if drawing.dots else f"ST_Expand({point}, %(half)s)",
        "size": SIZE, "extent": EXTENT, "buffer": BUFFER, "latitude": LARGEST_LATITUDE,
    }  # fmt: skip


def limits(drawing: Drawing, z: int, x: int, y: int, grid: str) -> dict[str, float]:
    """The numbers of a tile: below which size rows are dots, how far outlines are simplified."""
    pixels = 2**z * TILE_PIXELS
    mercator = grid == MERCATOR
    middle = math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / 2**z))) if mercator else 0.0
    pixel_deg = 360 / pixels
    cell = DOT_CELL_PIXELS if drawing.dots else AREA_CELL_PIXELS
    return {
        "z": z, "x": x, "y": y, "margin": BUFFER / EXTENT, "cells": pixels / cell,
        "smallest": pixel_deg**2 * math.cos(middle), "tolerance": pixel_deg * math.cos(middle) / 2,
        "half": (EARTH_M if mercator else 360) / pixels / 2,
    }  # fmt: skip
