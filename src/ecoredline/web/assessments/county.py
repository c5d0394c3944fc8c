"""A county's card: its redline and what every registered map says of it, year by year."""

from functools import lru_cache

import geopandas as gpd

from ecoredline.errors import EcoredlineError
from ecoredline.grid import STORAGE_CRS
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.assessments import layers
from ecoredline.web.assessments.land import MADE_BY_PEOPLE
from ecoredline.web.assessments.models import EcologyLayer
from ecoredline.web.assessments.places import county_places, shape_of, version_in
from ecoredline.web.assessments.queries import assessments_for, own_evaluations
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound
from ecoredline.web.regions.models import Division
from ecoredline.zonal import class_areas, zonal_numbers

KEPT = 512


def counties_with_layers(person) -> list[Division]:
    """The person's counties that any layer touches."""
    seen = scope(person)
    if seen is None:
        return []
    codes = {
        c for row in layers.layers_for(person).values_list("scope_codes", flat=True) for c in row
    }
    return list(
        Division.objects.filter(level="county", code__in=codes, code__startswith=seen.prefix).defer(
            "geom"
        )
    )


@lru_cache(maxsize=KEPT)
def measured(path: str, sha256: str, kind: str, outline: bytes) -> dict:
    """What a map says of an outline; kept by the map's hash and the outline."""
    zone = gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_wkb([outline]), crs=STORAGE_CRS)
    if kind == "class":
        table = class_areas(path, zone)
        kept = [c for c in table if c.startswith("class_") and c[6:7] not in MADE_BY_PEOPLE]
        return {
            "value": float(table[kept].iloc[0].sum()),
            "seen_ha": float(table["seen_ha"].iloc[0]),
        }
    table = zonal_numbers(path, zone, total="none")
    value = float(table["mean"].iloc[0])
    return {"value": value if value == value else None, "seen_ha": float(table["seen_ha"].iloc[0])}


def row_of(layer: EcologyLayer, outline) -> dict:
    """One layer's number of the county's redline; what cannot be read is said."""
    try:
        found = measured(layer.path, layer.sha256, layer.kind, outline.wkb)
    except (EcoredlineError, OSError) as fault:
        return {"layer": layer, "value": None, "seen_ha": 0.0, "fault": str(fault)}
    return {"layer": layer, "fault": ""} | found


def card_of(person, code: str) -> dict:
    """Context of the card; raises `NotFound` for a county nobody loaded."""
    division = Division.objects.filter(code=code, level="county").first()
    if division is None:
        raise NotFound()
    year = clock.today().year
    place = next((p for p in county_places(person, version_in(year)) if p.code == code), None)
    outline = place.outline if place else shape_of(division)
    rows = [
        row_of(r, outline)
        for r in layers.layers_for(person).filter(footprint__intersects=division.geom)
    ]
    groups: dict[str, list] = {}
    for row in sorted(rows, key=lambda r: (r["layer"].name, r["layer"].year or 0)):
        groups.setdefault(row["layer"].name, []).append(row)
    assessed = []
    for one in assessments_for(person).filter(kind="county", scope_codes__contains=[code])[:6]:
        found = next((e for e in own_evaluations(person, one) if e["unit"] == code), None)
        if found:
            assessed.append({"row": one, "total": found["total"], "grade": found["grade"]})
    return {
        "division": division, "place": place, "groups": groups.items(), "assessed": assessed,
        "series": series_of(groups),
    }  # fmt: skip


def series_of(groups: dict[str, list]) -> list[dict]:
    """Numbers of several years, for the chart."""
    made = []
    for name, rows in groups.items():
        known = [r for r in rows if r["layer"].year and r["value"] is not None]
        if len(known) > 1:
            made.append({
                "name": name, "unit": known[0]["layer"].unit if known[0]["layer"].kind != "class" else "hm²",
                "years": [r["layer"].year for r in known], "values": [round(r["value"], 4) for r in known],
            })  # fmt: skip
    return made
