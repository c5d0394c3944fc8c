"""Vector tiles cut by PostGIS, each limited to what the person may see."""

import math

from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db.models import Q, QuerySet

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.maps.cut import GRIDS, MERCATOR, Drawing, cut_tile
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
# Divisions shown at a zoom: the finer ones would only be a smear before it.
LEVELS_FROM_ZOOM = {"province": 0, "city": 0, "county": 5, "township": 9}
HECTARES = ("area_ha", "redline_area_ha", "confidence")
DRAWN = {
    "redline": Drawing(("id", "code", "name", "control_zone"), colour=("control_zone",)),
    "protected": Drawing(("id", "name", "level", "kind")),
    "divisions": Drawing(("id", "code", "name", "level"), colour=("level",)),
    "patches": Drawing(
        ("id", "patch_id", "channel", "activity_type", "area_ha", "redline_area_ha", "county", "confidence"),
        HECTARES, ("activity_type", "channel"), dots=True, first="redline_area_ha",
    ),
    "unseen": Drawing(("id", "reason", "date"), colour=("reason",)),
}  # fmt: skip


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


def drawing_of(layer: str, model) -> Drawing:
    """How the rows of a layer are drawn; with columns lon and lat they may lack an outline."""
    more = all_layers().get(layer)
    if more is None:
        return DRAWN[layer]
    colour = tuple(c for c in ("state",) if c in more.columns)
    placed = {"lon", "lat"} <= {field.name for field in model._meta.concrete_fields}
    return Drawing(more.columns, more.numbers, colour, dots=placed, placed=placed)


def tile(layer: str, z: int, x: int, y: int, rows: QuerySet, grid: str = MERCATOR) -> bytes:
    """Cut rows into the tile z/x/y of a grid; empty bytes when there is nothing in it."""
    try:
        chosen = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return b""
    return cut_tile(
        layer, drawing_of(layer, rows.model), rows.model._meta.db_table, chosen, (z, x, y), grid
    )


def grid_of(request) -> str:
    """The grid asked for (`grid=4490`), web mercator without; raises `BadFilter` for another."""
    grid = request.GET.get("grid", MERCATOR)
    if grid not in GRIDS:
        raise BadFilter(f"grid={grid!r}: {', '.join(GRIDS)}")
    return grid


def check(layer: str, z: int, x: int, y: int) -> None:
    """Raise `NotFound` for a layer and `BadFilter` for a tile that cannot be."""
    if layer not in DRAWN and layer not in all_layers():
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
