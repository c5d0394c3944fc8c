"""Writes of assessments: start a yearly run, make it, prove that a rerun gives the same bytes."""

import json
import tempfile
from pathlib import Path
from secrets import token_hex

import shapely
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from shapely.geometry import mapping

from ecoredline.effectiveness import assess
from ecoredline.effectiveness.compare import EFFORT
from ecoredline.errors import NotEnoughData
from ecoredline.files import remove, sha256, whole_file
from ecoredline.record import RECORD_NAME, Job, read_record
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.assessments.collecting import collect
from ecoredline.web.assessments.models import Assessment, RuleBook
from ecoredline.web.assessments.places import Place, shape_of
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, FileChanged
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.regions.models import Division, RedlineVersion

KIND = "assess_effectiveness"
FIRST_YEAR = 2015
SIMPLIFY_DEGREES, PRECISION_DEGREES = 5e-5, 1e-7
OUTPUTS = ("evaluation.json", "scores.csv", "report.docx")


def folder() -> Path:
    """Where assessments lie."""
    return settings.ECOREDLINE_VAR / "assessments"


def start_assessment(
    *, by, rules: RuleBook, year: int, kind: str, compare_year: int | None = None
) -> BackgroundJob:
    """Start a yearly run in the background; raises `BadForm` with all faults."""
    require(by, "assessment.run")
    faults = []
    this = clock.today().year
    if not FIRST_YEAR <= year <= this:
        faults.append(_("年度：%(got)s，应在 %(first)s—%(last)s 之间") % {"got": year, "first": FIRST_YEAR, "last": this})  # fmt: skip
    if compare_year is not None and not FIRST_YEAR <= compare_year < year:
        faults.append(_("对比年：%(got)s，应早于评估年度") % {"got": compare_year})
    if kind not in Assessment.Kind.values:
        faults.append(_("对象：%(got)s") % {"got": kind})
    if faults:
        raise BadForm(*faults)
    arguments = {"rules": rules.pk, "year": year, "kind": kind, "compare_year": compare_year}
    return start_job(kind=KIND, title=f"{year} {rules}", arguments=arguments, by=by)


def make_assessment(
    *, by, rules: RuleBook, year: int, kind: str, compare_year: int | None = None,
    job_row: BackgroundJob | None = None, job: Job | None = None,
) -> Assessment:  # fmt: skip
    """Collect, freeze, evaluate, write down. Nothing is left of one that fails."""
    job, name = (
        job or Job(),
        f"job-{job_row.pk}" if job_row else f"run-{clock.now():%Y%m%d%H%M%S%f}-{token_hex(4)}",
    )
    ledger, places = collect(
        by, rules.rules, kind=kind, year=year, compare_year=compare_year, job=job
    )
    if not places:
        raise NotEnoughData(_("%(year)s 年没有红线可评估：请先载入该年度的批次") % {"year": year})
    out, is_demo = folder() / name, any_demo(by, places)
    try:
        frozen = ledger.write(out / "numbers.csv")
        written = write_rules(out / "rules.json", rules)
        compare = compare_year if any(y == compare_year for _p, y, _n in ledger.figures) else None
        drawn = write_outlines(out / "outlines.geojson", places)
        assess(
            written, frozen, year, out, compare_year=compare, outlines=drawn, demo=is_demo, job=job
        )
        return keep(by, rules, kind, year, compare, out, ledger, places, is_demo, job_row)
    except Exception:
        remove(out)
        raise


def any_demo(by, places) -> bool:
    """Is any of it made up?"""
    codes = {c for p in places for c in p.counties}
    return (
        by.unit.is_demo or RedlineVersion.objects.filter(is_demo=True).exists()
        or Division.objects.filter(code__in=codes, is_demo=True).exists()
    )  # fmt: skip


def write_rules(path: Path, rules: RuleBook) -> Path:
    """The rule set as a file, exactly the words that were signed or not."""
    with whole_file(path) as part:
        part.write_text(rules.rules.as_json(), encoding="utf-8")
    return path


def write_outlines(path: Path, places: list[Place]) -> Path:
    """The places as they stood, and the borders of their counties, for the report's map."""
    codes = sorted({c for p in places for c in p.counties})
    borders = [
        {"type": "Feature", "properties": {"code": d.code, "role": "border"}, "geometry": plain_shape(shape_of(d))}
        for d in Division.objects.filter(code__in=codes).order_by("code")
    ]  # fmt: skip
    found = [
        {"type": "Feature", "properties": {"code": p.code, "name": p.name}, "geometry": plain_shape(p.outline)}
        for p in places
    ]  # fmt: skip
    data = {"type": "FeatureCollection", "features": found + borders}
    with whole_file(path) as part:
        part.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def plain_shape(outline) -> dict:
    """A shape as GeoJSON, no finer than a report's map shows."""
    return mapping(shapely.set_precision(outline.simplify(SIMPLIFY_DEGREES), PRECISION_DEGREES))


@transaction.atomic
def keep(by, rules, kind, year, compare, out: Path, ledger, places, is_demo, job_row) -> Assessment:
    """The row of a finished run."""
    counties = {c for p in places for c in p.counties}
    row = Assessment.objects.create(
        rules=rules, unit=by.unit, kind=kind, year=year, compare_year=compare, folder=str(out),
        record=read_record(out), result=json.loads((out / "evaluation.json").read_text("utf-8")),
        places={p.code: list(p.counties) for p in places}, parts=ledger.parts, notes=ledger.notes,
        effort=ledger.by_place(EFFORT),
        scope_codes=prefixes(counties), by=by, is_demo=is_demo, job=job_row,
    )  # fmt: skip
    note("assessment.make", f"assessment {row.pk}", by=by, rules=str(rules), year=year, kind=kind)
    return row


def output_of(row: Assessment, name: str) -> Path:
    """A file of the run, proven by its hash; raises `FileChanged` (409.3)."""
    path = Path(row.folder) / name
    known = row.record["outputs"].get(name, {}).get("sha256")
    if not path.is_file() or sha256(path) != known:
        raise FileChanged(name)
    return path


def rerun(row: Assessment) -> dict[str, bool]:
    """Compute again from the frozen inputs; file → are the bytes the same? Nothing is kept."""
    rules = output_inputs(row, "rules.json", "rules")
    numbers = output_inputs(row, "numbers.csv", "numbers")
    parameters = row.record["parameters"]
    with tempfile.TemporaryDirectory() as place:
        assess(
            rules, numbers, row.year, place, demo=row.is_demo, outlines=outlines_of(row),
            compare_year=parameters["compare_year"], draws=parameters["draws"], seed=parameters["seed"],
        )  # fmt: skip
        found = json.loads((Path(place) / RECORD_NAME).read_text("utf-8"))["outputs"]
    return {n: found[n]["sha256"] == row.record["outputs"][n]["sha256"] for n in OUTPUTS}


def outlines_of(row: Assessment) -> Path | None:
    """The frozen outlines; None for a run made before the report had a map."""
    known = "outlines" in row.record["inputs"]
    return output_inputs(row, "outlines.geojson", "outlines") if known else None


def output_inputs(row: Assessment, name: str, role: str) -> Path:
    """A frozen input of the run, proven by its hash; raises `FileChanged` (409.3)."""
    path = Path(row.folder) / name
    if not path.is_file() or sha256(path) != row.record["inputs"][role]["sha256"]:
        raise FileChanged(name)
    return path
