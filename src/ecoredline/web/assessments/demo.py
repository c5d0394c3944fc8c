"""The demo's ecology and its yearly assessment, all of it made up: called once by the demo."""

import csv
import io
from datetime import UTC, datetime, time
from pathlib import Path

import geopandas as gpd
import rasterio
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import F

from ecoredline.delineation import delineate, read_config
from ecoredline.formula_rasters import run_formula
from ecoredline.grid import STORAGE_CRS
from ecoredline.raster.layers import read_map, write_map
from ecoredline.record import RECORD_NAME, Job
from ecoredline.simulate.ecology import TAGS, YEARS, demo_ecology
from ecoredline.terrain import derive_terrain
from ecoredline.web.accounts.models import Unit
from ecoredline.web.admissions.actions import check
from ecoredline.web.admissions.approved import decide
from ecoredline.web.admissions.asking import asked
from ecoredline.web.assessments import actions, drawing, impacts, rule_actions, taking
from ecoredline.web.assessments.land import JUDGED
from ecoredline.web.assessments.layers import register_layer
from ecoredline.web.assessments.models import Assessment, EcologyLayer, RuleBook
from ecoredline.web.assessments.places import county_places, version_in
from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.patches.models import Patch
from ecoredline.web.plans.actions import make_year
from ecoredline.web.plans.models import YearTask

BARE_NDVI, FULL_NDVI = 0.05, 0.85
CONFIG = """
redline = "{redline}"
[[services]]
path = "soil_retention-{year}.tif"
zh = "土壤保持"
[[sensitivities]]
path = "steep.tif"
zh = "水土流失（演示：坡度）"
extreme = 1
[[required]]
path = "{protected}"
zh = "自然保护地"
[parameters]
cuts = [0.5, 0.8]
smallest_km2 = 0.02
merge_m = 30
hole_km2 = 0.02
division = "510400"
place = "攀枝花"
"""
STEEP_DEGREES = 30.0
LATE_COUNTY, DONE_WITH = 2, "演示：人类活动清单"
SITE_DEGREES = 5e-4
PROJECTS = ("演示护林步道", "演示科研监测站", "演示采石场便道")


@transaction.atomic
def tell(folder: Path, *, by, inputs: Path, job: Job | None = None) -> dict[str, int]:
    """Make the demo county's maps in `folder`, register them, assess 2026 against 2025, draw a candidate.

    `by` is the demo's city supervisor; `inputs` the folder with redline.gpkg and
    protected_areas.gpkg. Told once: a project that has an assessment is left as it is. Gives counts.
    """
    folder, job = Path(folder), job or Job()
    if not Assessment.objects.exists():
        job.at("ecology", 0.0)
        made = make_maps(folder, works_of())
        register(made, by)
        job.at("ecology", 0.5)
        bring_numbers(by)
        ask_projects(by)
        rule_actions.ensure_shipped()
        for code in ("demo", "panzhihua-2017"):
            rules = RuleBook.objects.get(code=code, number=1)
            actions.make_assessment(
                by=by, rules=rules, year=YEARS[-1], kind="county", compare_year=YEARS[-2]
            )
        actions.make_assessment(
            by=by, rules=RuleBook.objects.get(code="demo", number=1), year=YEARS[-1], kind="polygon",
            compare_year=YEARS[-2],
        )  # fmt: skip
        draw(folder, inputs, by)
        for case in Case.objects.visible_to(by).exclude(geom=None).order_by("pk")[:6]:
            impacts.describe(case, by=by)
        job.at("ecology", 1.0)
    return {"layers": EcologyLayer.objects.count(), "assessments": Assessment.objects.count()}


def works_of() -> gpd.GeoDataFrame:
    """What the demo's cases built on."""
    rows = Case.objects.exclude(geom=None).order_by("pk")
    shapes = [shapely.from_wkb(bytes(c.geom.wkb)) for c in rows]
    return gpd.GeoDataFrame(geometry=shapes, crs=STORAGE_CRS)


def make_maps(folder: Path, works) -> dict[str, Path]:
    """The simulated maps and what the commands make of them; made when they are not there."""
    made = demo_ecology(folder, works=works)
    if not (folder / "terrain" / RECORD_NAME).exists():
        derive_terrain(made["dem"], folder / "terrain")
    made |= {n: folder / "terrain" / f"{n}.tif" for n in ("ls", "slope")}
    slope, grid = read_map(made["slope"])
    made["steep"] = write_map(
        folder / "steep.tif",
        slope >= STEEP_DEGREES,
        grid,
        zh="坡度 30° 以上",
        unit="code",
        tags=TAGS,
    )
    for year in YEARS:
        made |= year_of(folder, made, year)
    return made


def year_of(folder: Path, made: dict[str, Path], year: int) -> dict[str, Path]:
    """Cover, C factor and soil retention of a year, by the formulas themselves."""
    cover, factor, kept = (
        folder / f"{n}-{year}.tif" for n in ("fvc", "c_factor", "soil_retention")
    )
    raw = folder / f"fvc-raw-{year}.tif"
    ndvi = str(made[f"ndvi-{year}"])
    run_formula("fvc", {"ndvi": ndvi, "soil": str(BARE_NDVI), "full": str(FULL_NDVI)}, raw)
    values, grid = read_map(raw)
    write_map(cover, values.clip(0, 1), grid, zh="植被覆盖度", unit="1", tags=tags_of(raw))
    run_formula(
        "cover_factor", {"cover_type": str(made[f"cover_type-{year}"]), "cover": str(cover)}, factor
    )
    given = {
        "erosivity": made["erosivity"], "erodibility": made["erodibility"], "slope_length": made["ls"],
        "steepness": "1", "cover": factor,
    }  # fmt: skip
    run_formula(
        "soil_retention", {k: str(v) for k, v in given.items()}, kept, clamped=["slope_length"]
    )
    return {f"fvc-{year}": cover, f"soil_retention-{year}": kept}


def tags_of(path: Path) -> dict[str, str]:
    """What a formula's result says of itself, for the map that was cut to 0..1."""
    with rasterio.open(path) as source:
        return {k: v for k, v in source.tags().items() if k.startswith("ECOREDLINE")}


def register(made: dict[str, Path], by) -> None:
    """The gallery: each map with its year, and which number it gives."""
    wanted = [("dem", "高程", None, "number", ""), ("slope", "坡度", None, "number", ""),
              ("ls", "坡长坡度因子 LS", None, "number", ""), ("rain", "年降水量", None, "number", "")]  # fmt: skip
    for year in YEARS:
        wanted += [
            (f"landuse-{year}", "生态系统类型", year, "class", "natural"),
            (f"ndvi-{year}", "归一化植被指数", year, "number", ""),
            (f"fvc-{year}", "植被覆盖度", year, "number", "fvc"),
            (f"soil_retention-{year}", "土壤保持量", year, "number", "function"),
        ]
    for key, name, year, kind, feeds in wanted:
        register_layer(made[key], by=by, name=name, year=year, kind=kind, feeds=feeds)


def bring_numbers(by) -> None:
    """Numbers nobody can read from images, made up; and the counties' year of duties."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(taking.ALL_COLUMNS)
    kept: dict[tuple[str, int], dict[str, float]] = {}
    for number, place in enumerate(county_places(by, version_in(YEARS[-1]))):
        for year in YEARS[-2:]:
            for name, value in county_numbers(number, year):
                writer.writerow([place.code, place.name, year, name, value, "演示合成", ""])
            for code in place.polygons:
                kept.setdefault((code, year), polygon_numbers(code, number, year))
        keep_year(place.code, number)
    for (code, year), numbers in kept.items():
        for name, value in numbers.items():
            writer.writerow([code, code, year, name, value, "演示合成", ""])
    upload = SimpleUploadedFile("演示实测数据.csv", stream.getvalue().encode())
    taking.take_numbers(upload, by=by, is_demo=True)


def keep_year(code: str, number: int) -> None:
    """A county's year of duties, done but for one county; the calendar itself counts them."""
    unit = Unit.objects.filter(division_code=code).first()
    if unit is None:
        return
    for year in YEARS[-2:]:
        make_year(unit, year)
    if number != LATE_COUNTY:  # the demo's counties have no supervisor who could press the button
        due = YearTask.objects.filter(unit=unit, due_on__lte=clock.today(), done_on=None)
        due.update(done_on=F("due_on"), done_with=DONE_WITH)


def ask_projects(by) -> None:
    """Projects in the redline: one approved, one not built, and one built on without leave."""
    places = county_places(by, version_in(YEARS[-1]))
    built = Patch.objects.filter(state__in=JUDGED, channel="suspected").order_by("pk").first()
    spots = [shapely.point_on_surface(p.outline).buffer(SITE_DEGREES) for p in places[:2]]
    spots += [shapely.from_wkb(bytes(built.geom.wkb))] if built else []
    day = built.after_on if built else clock.today()
    for number, spot in enumerate(spots):
        said = {"name": PROJECTS[number], "path": "plain", "activity": "LHA-01"}
        said |= {"opinion": "演示文号〔2026〕1号"} if number == 0 else {}
        with clock.standing_at(datetime.combine(day, time(9), UTC)):
            request = check(asked(outline=shapely.to_geojson(spot.envelope), **said), by=by)
        answer = request.answers.get()
        if number == 0 and answer.admitted:
            decide(
                answer, by=by, kind="granted", document="演示文号〔2026〕2号", on=clock.today(),
                authority="演示批准机关",
            )  # fmt: skip


def county_numbers(number: int, year: int) -> list[tuple[str, float]]:
    """Made-up numbers of the county in place `number`; the platform itself counts the last year's."""
    last = year == YEARS[-1]
    found = [("line_km", round(0.4 + 0.3 * number, 2))]
    if not last:  # before the first run
        found += [
            ("duties", 8), ("duties_done", 7 - number % 3), ("patrols_planned", 12),
            ("patrols_done", 12 - 2 * (number % 3)),
            ("new_activity_ha", round(0.15 + 0.22 * (number % 3), 2)),
            ("observed_share", 62.0 if number == 3 else 93.0 + number), ("projects", 4 + number),
            ("projects_lawful", 4 + number),
        ]  # fmt: skip
    return found


def polygon_numbers(code: str, number: int, year: int) -> dict[str, float]:
    """Made-up numbers of a redline polygon."""
    found = {"line_km": round(0.05 * len(code) + 0.02 * number, 2)}
    if year != YEARS[-1]:
        found |= {"new_activity_ha": round(0.01 * number, 2), "observed_share": 92.0 + number}
    return found


def draw(folder: Path, inputs: Path, by) -> None:
    """A candidate beside the redline in force."""
    text = CONFIG.format(
        redline=(inputs / "redline.gpkg").resolve(), year=YEARS[-1],
        protected=(inputs / "protected_areas.gpkg").resolve(),
    )  # fmt: skip
    (folder / "delineation.toml").write_text(text, encoding="utf-8")
    out = drawing.folder() / "demo"
    delineate(read_config(folder / "delineation.toml"), out)
    drawing.bring_in(out, by=by, name="演示候选范围")
