"""One map for all redline polygons: coloured by leading function, by a map's mean, or by score."""

import json
from dataclasses import dataclass, field
from functools import lru_cache

import geopandas as gpd
import shapely
from django.urls import reverse
from django.utils.translation import gettext as _

from ecoredline.effectiveness.rules import grade_steps
from ecoredline.errors import EcoredlineError
from ecoredline.grid import STORAGE_CRS
from ecoredline.web.assessments import queries
from ecoredline.web.assessments.layers import STEPS, colour_at, hexed, layers_for, tidy
from ecoredline.web.assessments.models import Assessment, EcologyLayer
from ecoredline.web.assessments.places import Place, polygon_places, version_in
from ecoredline.web.assessments.spoken import spoken
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound
from ecoredline.web.regions.models import RedlinePolygon
from ecoredline.zonal import zonal_numbers

FUNCTION = "function"
CLASS_COLOURS = ("#1d7a4d", "#b5651d", "#3e6fa3", "#d99a12", "#6b4fa3", "#a51d1d", "#7fa84a", "#51585a")  # fmt: skip
NO_COLOUR, SIMPLIFY_DEGREES, KEPT = "#b9c1bc", 5e-5, 64
GRADE_COLOURS = {0: NO_COLOUR, 1: "#a51d1d", 2: "#d0752c", 3: "#d9b312", 4: "#7fa84a", 5: "#1d7a4d"}


@dataclass
class PolygonMap:
    """What is shown: a row a polygon with its words and colour, and the legend."""

    key: str
    title: str
    unit: str = ""
    rows: list[dict] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)  # colour, words
    mark: str = ""
    fault: str = ""


def newest_run(person) -> Assessment | None:
    """The newest assessment of polygons the person sees."""
    return queries.assessments_for(person).filter(kind="polygon").first()


def number_layers(person) -> list[EcologyLayer]:
    """Of every map of numbers the newest year."""
    found: dict[str, EcologyLayer] = {}
    for row in layers_for(person).filter(kind="number").order_by("name", "year", "pk"):
        found[row.name] = row
    return list(found.values())


def choices(person) -> list[tuple[str, str]]:
    """What the map can show: (key, words)."""
    found = [(FUNCTION, _("主导生态功能"))]
    run = newest_run(person)
    if run is not None:
        found.append((f"run-{run.pk}", f"{_('成效得分')} {run.year}"))
    layers = sorted(number_layers(person), key=lambda r: (r.feeds != "function", r.name))
    return found + [(f"layer-{row.pk}", spoken(row)) for row in layers]


def polygon_map(person, key: str) -> PolygonMap:
    """The map of one choice; raises `NotFound` for what is none of the person's choices."""
    known = dict(choices(person))
    if key not in known:
        raise NotFound()
    places = polygon_places(person, version_in(clock.today().year))
    made = PolygonMap(key, known[key])
    what, _dash, number = key.partition("-")
    if what == "layer":
        by_layer(made, places, layers_for(person).get(pk=int(number)))
    elif what == "run":
        by_score(made, places, person, queries.assessment_for(person, int(number)))
    else:
        by_function(made, places)
    link(made, person)
    return made


def row_of(place: Place, words: str, colour: str, order: float) -> dict:
    """A polygon as it is listed and drawn."""
    return {
        "code": place.code, "name": place.name, "hectares": place.hectares, "words": words,
        "colour": colour, "order": order, "outline": place.outline, "url": "",
    }  # fmt: skip


def by_function(made: PolygonMap, places: list[Place]) -> None:
    """Leading functions as the redline's own table says, a colour each."""
    version = version_in(clock.today().year)
    rows = RedlinePolygon.objects.filter(version=version, code__in=[p.code for p in places])
    said = dict(rows.values_list("code", "function"))
    names = sorted({f for f in said.values() if f})
    colours = {f: CLASS_COLOURS[k % len(CLASS_COLOURS)] for k, f in enumerate(names)}
    for place in places:
        function = said.get(place.code, "")
        order = names.index(function) if function else len(names)
        made.rows.append(
            row_of(place, spoken(function) or "—", colours.get(function, NO_COLOUR), order)
        )
    made.legend = [(c, spoken(f)) for f, c in colours.items()]
    if any(not said.get(p.code) for p in places):
        made.legend.append((NO_COLOUR, _("未注明")))


def by_score(made: PolygonMap, places: list[Place], person, run: Assessment) -> None:
    """Totals of the newest assessment of polygons, in the colours of its grades."""
    steps = grade_steps(run.rules.rules)
    colours = {g["zh"]: GRADE_COLOURS[g["step"]] for g in steps}
    found = {e["unit"]: e for e in queries.own_evaluations(person, run)}
    for place in places:
        one = found.get(place.code)
        total = one["total"] if one else None
        words = "—" if total is None else f"{total:.1f} {spoken(one['grade'])}"
        colour = colours.get(one["grade"], NO_COLOUR) if one else NO_COLOUR
        made.rows.append(row_of(place, words, colour, -(total if total is not None else -1)))
    made.legend = [(GRADE_COLOURS[g["step"]], f"{spoken(g['zh'])} {g['low']:g}—{g['high']:g}") for g in reversed(steps)]  # fmt: skip
    made.mark = run.mark


@lru_cache(maxsize=KEPT)
def means(path: str, _sha256: str, outlines: tuple[bytes, ...]) -> tuple[float, ...]:
    """A map's mean in each outline (NaN where it does not reach); kept by hash and outlines."""
    zones = gpd.GeoDataFrame(geometry=list(shapely.from_wkb(list(outlines))), crs=STORAGE_CRS)
    return tuple(float(v) for v in zonal_numbers(path, zones, total="none")["mean"])


def by_layer(made: PolygonMap, places: list[Place], layer: EcologyLayer) -> None:
    """The map's mean in each polygon, in five steps between the smallest and the largest."""
    made.unit = layer.unit
    if not places:
        return
    try:
        values = means(layer.path, layer.sha256, tuple(p.outline.wkb for p in places))
    except (EcoredlineError, OSError) as fault:
        made.fault = str(fault)
        values = (float("nan"),) * len(places)
    known = [v for v in values if v == v]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    width = (high - low) / STEPS or 1.0
    for place, value in zip(places, values, strict=True):
        step = min(STEPS - 1, int((value - low) / width)) if value == value else None
        colour = NO_COLOUR if step is None else hexed(colour_at((step + 0.5) / STEPS))
        words = "—" if step is None else f"{float(f'{value:.5g}'):g}"
        made.rows.append(row_of(place, words, colour, -value if value == value else float("inf")))
    made.legend = [
        (hexed(colour_at((k + 0.5) / STEPS)), f"{tidy(low + k * width):g} — {tidy(low + (k + 1) * width):g}")
        for k in range(STEPS)
    ]  # fmt: skip


def link(made: PolygonMap, person) -> None:
    """Order the rows, and lead each to its place in the newest assessment of polygons."""
    made.rows.sort(key=lambda r: (r["order"], r["code"]))
    run = newest_run(person)
    seen = {e["unit"] for e in queries.own_evaluations(person, queries.assessment_for(person, run.pk))} if run else set()  # fmt: skip
    for row in made.rows:
        if row["code"] in seen:
            row["url"] = reverse("assessment_unit", args=[run.pk, row["code"]])


def as_geojson(made: PolygonMap) -> dict:
    """The polygons as features for the map."""
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(r["outline"].simplify(SIMPLIFY_DEGREES))),
            "properties": {k: r[k] for k in ("code", "name", "words", "colour", "url")},
        }
        for r in made.rows
    ]
    return {"type": "FeatureCollection", "features": features}
