"""Clues as a county has submitted them, cases in any state, small images: what tests of cases begin with."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import rasterio
import sample_run
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from ecoredline.web.cases import actions as cases
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import begin
from ecoredline.web.rectification import actions as rectification
from ecoredline.web.rectification import closing
from ecoredline.web.verifications.models import Verification

START = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
SCOPE = ["51", "5104", "510422"]
PLACE = (30, 30, 10, 10)  # pixels of sample_run's grid: column, row, columns, rows


def day(offset: int) -> datetime:
    """A moment so many days after the start."""
    return START + timedelta(days=offset)


def outline(place=PLACE) -> MultiPolygon:
    shape = GEOSGeometry(memoryview(sample_run.box(*place).wkb), srid=4490)
    return MultiPolygon(shape, srid=4490)


def photo(name="p.jpg") -> SimpleUploadedFile:
    """A picture of its own each time."""
    from io import BytesIO

    stream, values = BytesIO(), np.random.default_rng(abs(hash(name)) % 2**32)
    Image.fromarray(values.integers(0, 255, (20, 30, 3), dtype="uint8")).save(stream, "JPEG")
    return SimpleUploadedFile(name, stream.getvalue(), content_type="image/jpeg")


def submitted_clue(
    cast, number="C-1", *, verdict="true", place=PLACE, owner="city_supervisor", **facts
):
    """A clue of the city that the county has verified and whose turn is the city's again."""
    boss, county = cast[owner], cast["yanbian_officer"]
    area = sample_run.hectares(sample_run.box(*place))
    clue = Clue(
        number=number, year=2026, owner=boss.unit, holder=boss.unit, raised_by=boss,
        state="submitted", division_code="510422", scope_codes=SCOPE, province="四川省",
        city="攀枝花市", county="盐边县", township="红格镇", area_ha=area, redline_area_ha=area,
        geom=outline(place), found_on=date(2026, 3, 1),
        **{"source": "satellite", "activity_type": "1", "problem_type": "vegetation", **facts},
    )  # fmt: skip
    begin(clue, by=boss, step="raise")
    Verification.objects.create(
        clue=clue,
        unit=county.unit,
        by=county,
        verdict=verdict,
        found="露天采场，表土剥离。",
        area_ha=area,
        redline_area_ha=area,
        builder="某矿业公司",
        submitted_at=clock.now(),
    )
    return clue


def opened_case(cast, number="C-1", **facts):
    return cases.open_case(
        clues=[submitted_clue(cast, number, **facts)], by=cast["city_supervisor"]
    )


def handed_case(cast, units, number="C-1", **facts):
    case = opened_case(cast, number, **facts)
    cases.hand_over(
        case, to_unit=units["510422"], due_on=clock.today() + timedelta(days=300),
        by=cast["city_supervisor"], asked="限期整改",
    )  # fmt: skip
    return case


def items(**changes):
    due = clock.today() + timedelta(days=60)
    return [
        {"kind": "stop", "title": "停止采矿", "owner_name": "某矿业公司", "due_on": due} | changes,
        {"kind": "regreen", "title": "复绿2公顷", "owner_name": "某矿业公司", "due_on": due}
        | changes,
    ]


def plan_case(case, cast, **facts):
    county = cast["yanbian_officer"]
    given = {
        "goal": "恢复植被", "responsible": "某矿业公司",
        "due_on": clock.today() + timedelta(days=90), "items": items(),
    } | facts  # fmt: skip
    return rectification.make_plan(case, by=county, **given)


def finish_all(case, cast):
    for item in case.plans.last().items.filter(state="open"):
        rectification.finish_item(
            item, by=cast["yanbian_officer"], said="已完成", photos=[photo(f"i{item.pk}.jpg")]
        )
    case.refresh_from_db()


def all_met(case, met=True, note=""):
    kept = case.plans.last().items.exclude(state="cancelled")
    return {i.pk: {"met": met, "note": note} for i in kept}


def closed_case(cast, units, number="C-1", *, start=0, end=200, **facts):
    """From submitted clue to closing, `start` and `end` in days after the start."""
    city, county = cast["city_supervisor"], cast["yanbian_officer"]
    with clock.standing_at(day(start)):
        case = handed_case(cast, units, number, **facts)
        plan_case(case, cast)
        finish_all(case, cast)
    with clock.standing_at(day(end)):
        rectification.request_closing(case, by=county)
        rectification.recheck(
            case, by=city, passed=True, found="植被恢复良好", checkers="甲、乙",
            conditions=all_met(case), photos=[photo()],
        )  # fmt: skip
        closing.close_case(case, by=city, outcome="rectified", reason="同意销号")
    return case


def write_scene(path: Path, on: str, *, inside: float, around: float, cloud=False, seed=0) -> Path:
    """A 4-band image whose NDVI is `inside` in PLACE and `around` elsewhere, with fine noise."""
    noise = np.random.default_rng(seed).normal(0, 0.004, (sample_run.ROWS, sample_run.COLS))
    index = np.full((sample_run.ROWS, sample_run.COLS), around)
    col, row, cols, rows = PLACE
    index[row : row + rows, col : col + cols] = inside
    red = np.full_like(index, 0.08) + noise
    nir = red * (1 + index) / (1 - index)
    values = np.stack([red * 0.7, red * 0.9, red, nir]) * 10_000
    values = values.clip(1, 9_000).astype("uint16")
    if cloud:
        values[:, row - 2 : row + rows + 2, col - 2 : col + cols + 2] = 0
    transform = rasterio.Affine(
        sample_run.PIXEL_M, 0, sample_run.ORIGIN[0], 0, -sample_run.PIXEL_M, sample_run.ORIGIN[1]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=sample_run.COLS, height=sample_run.ROWS, count=4,
        dtype="uint16", crs=sample_run.CRS_3_DEGREE.to_wkt(), transform=transform, nodata=0,
    ) as target:  # fmt: skip
        target.write(values)
        for number, name in enumerate(("blue", "green", "red", "nir"), 1):
            target.set_band_description(number, name)
        target.update_tags(ACQUISITION_DATE=on, ECOREDLINE_DEMO="1")
    return path
