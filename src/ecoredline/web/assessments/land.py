"""Numbers of the land: the redline's area, natural land, cover, function, new activity, what was seen."""

from collections import defaultdict

import geopandas as gpd
from django.db.models import Max

from ecoredline.geodesy import round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import Job
from ecoredline.web.assessments.figures import Figure, Ledger
from ecoredline.web.assessments.models import EcologyLayer
from ecoredline.web.assessments.places import COUNTY_DIGITS, Place
from ecoredline.web.board.models import RunCounty
from ecoredline.web.board.reaching import note_runs
from ecoredline.web.patches.models import Patch
from ecoredline.zonal import class_areas, zonal_numbers

HA_PER_KM2, PER_CENT = 100.0, 100.0
SEEN_ENOUGH = 0.95  # of a place: below, a sum would only say how much the map covers
MADE_BY_PEOPLE = ("5", "6")  # HJ 1166 first-level classes 农田 and 城镇; the rest counts as natural
JUDGED = ("accepted", "released", "raised")
CHANNELS = ("suspected", "protected")


def put_areas(ledger: Ledger, year: int, places: list[Place]) -> None:
    """The redline's area, with the polygons it is made of."""
    for place in places:
        ledger.names[place.code] = place.name
        source, parts = f"红线版本 {year}", dict.fromkeys(place.polygons, place.hectares)
        if len(place.polygons) > 1:
            parts = shares_of(place)
        ledger.put(place.code, year, "redline_ha", Figure(place.hectares, source, parts))
        km2 = {code: ha / HA_PER_KM2 for code, ha in parts.items()}
        ledger.put(
            place.code, year, "redline_km2", Figure(place.hectares / HA_PER_KM2, source, km2)
        )


def shares_of(place: Place) -> dict[str, float]:
    """Hectares of each polygon in a county; they add up to the county's where none overlap."""
    return dict(zip(place.polygons, map(float, round_ha(place.amounts)), strict=True))


def put_activity(ledger: Ledger, year: int, places: list[Place], kind: str) -> None:
    """New or grown human activity: redline hectares of patches people judged real."""
    rows = Patch.objects.filter(after_on__year=year, state__in=JUDGED, channel__in=CHANNELS)
    rows = rows.order_by("pk").values_list(
        "patch_id", "redline_area_ha", "division_code", "redline_ids"
    )
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for patch_id, area, code, polygons in rows:
        keys = [code[:COUNTY_DIGITS]] if kind == "county" else polygons
        for key in keys:
            share = float(area) / len(keys)
            found[key][patch_id] = found[key].get(patch_id, 0.0) + share
    if kind == "polygon" and any(len(r[3]) > 1 for r in rows):
        ledger.say("跨多个红线斑块的图斑，面积在各斑块间均分")
    looked = Patch.objects.filter(after_on__year=year).exists()
    for place in places if looked else ():
        parts = found.get(place.code, {})
        value = round(sum(parts.values()), 4)
        ledger.put(place.code, year, "new_activity_ha", Figure(value, "图斑（审核通过）", parts))


def put_effort(ledger: Ledger, year: int, places: list[Place]) -> None:
    """How much of the redline the year's best run showed, per cent; of a polygon, its county's least."""
    note_runs()
    rows = (
        RunCounty.objects.filter(month__year=year)
        .exclude(observed_ha=None)
        .exclude(redline_ha=None)
    )
    seen: dict[str, float] = {}
    for county, observed, whole in rows.values_list("county").annotate(
        o=Max("observed_ha"), w=Max("redline_ha")
    ):
        seen[county] = min(PER_CENT, observed / whole * PER_CENT) if whole else 0.0
    for place in places:
        known = [seen[c] for c in place.counties if c in seen]
        if known:
            value = round(min(known), 4)
            ledger.put(place.code, year, "observed_share", Figure(value, "批次观测范围"))


def put_layers(ledger: Ledger, person, year: int, places: list[Place], job: Job) -> None:
    """What registered maps say of each place; of several maps the newest that covers it."""
    if not places:
        return
    for feeds, put in (("natural", put_natural), ("fvc", put_mean), ("function", put_total)):
        layers = EcologyLayer.objects.visible_to(person).filter(feeds=feeds, year=year)
        left = list(places)
        for layer in layers.order_by("-pk"):
            job.at("zonal", 0.5)
            left = put(ledger, layer, year, left)
            if not left:
                break
        if left and layers.exists():
            ledger.say(f"{year} 年 {feeds}：{len(left)} 个单位未被图层充分覆盖，未计算")


def zones_of(places: list[Place]) -> gpd.GeoDataFrame:
    """The places as zones."""
    return gpd.GeoDataFrame(geometry=[p.outline for p in places], crs=STORAGE_CRS)


def covered(table, row: int) -> bool:
    """Does the map cover the place well enough?"""
    return table["seen_ha"].iloc[row] >= SEEN_ENOUGH * table["area_ha"].iloc[row]


def put_natural(ledger: Ledger, layer: EcologyLayer, year: int, places: list[Place]) -> list[Place]:
    """Hectares of natural classes; gives the places the map does not cover."""
    table = class_areas(layer.path, zones_of(places))
    kept = [c for c in table if c.startswith("class_") and c[6:7] not in MADE_BY_PEOPLE]
    left = []
    for row, place in enumerate(places):
        if not covered(table, row):
            left.append(place)
            continue
        value = float(round_ha(table[kept].iloc[row].sum())) if kept else 0.0
        ledger.put(place.code, year, "natural_ha", of_layer(layer, value))
    return left


def put_mean(ledger: Ledger, layer: EcologyLayer, year: int, places: list[Place]) -> list[Place]:
    """The mean cover; gives the places the map does not cover."""
    table = zonal_numbers(layer.path, zones_of(places), total="none")
    return put_column(ledger, layer, year, places, table, "mean", "fvc_mean")


def put_total(ledger: Ledger, layer: EcologyLayer, year: int, places: list[Place]) -> list[Place]:
    """The leading function's total; a bare index by its mean. Gives the places not covered."""
    table = zonal_numbers(layer.path, zones_of(places))
    column = "mean" if table.attrs["rule"] == "none" else "total"
    return put_column(ledger, layer, year, places, table, column, "function_total")


def put_column(ledger, layer, year: int, places, table, column: str, name: str) -> list[Place]:
    """One column of a zonal table as figures."""
    left = []
    for row, place in enumerate(places):
        if covered(table, row):
            value = max(0.0, round(float(table[column].iloc[row]), 6))
            ledger.put(place.code, year, name, of_layer(layer, value))
        else:
            left.append(place)
    return left


def of_layer(layer: EcologyLayer, value: float) -> Figure:
    """A figure with the map it was read from."""
    return Figure(value, f"图层 {layer}", {f"layer-{layer.pk}": value})
