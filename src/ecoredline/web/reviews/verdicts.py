"""Verdicts as files, for training a ranking and for whoever counts elsewhere."""

import csv
import io
import tempfile
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely
from django.apps import apps
from django.db.models import OuterRef, Subquery

from ecoredline.grid import STORAGE_CRS
from ecoredline.web.core.csvs import harmless_row
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews.models import Refinement, Review

WORDS = {"accept": "confirmed", "dismiss": "rejected"}  # as `ecoredline train` reads them
# `is_problem`: 1 accepted, 0 dismissed; what is still open is not exported
COLUMNS = (
    "patch_id", "run", "run_folder", "verdict", "is_problem", "reason", "activity_type",
    "problem_type", "person", "reviewed_at", "seconds", "refined", "area_ha", "redline_area_ha",
    "confidence", "score", "before_on", "after_on", "found_by", "also_seen_by", "closed_on",
    "valid_to",
)  # fmt: skip


@cache
def fact_sources() -> list:
    """The `verdict_facts` of every room above: patches → key → more columns of `COLUMNS`."""
    names = [
        f"{c.name}.verdict_facts"
        for c in apps.get_app_configs()
        if c.name.startswith("ecoredline.")
    ]
    return [import_module(n).verdict_facts for n in names if find_spec(n)]


def judged(person, run=None):
    """Patches with a last word that stands, visible to the person, with that word's facts."""
    words = Review.objects.filter(
        patch=OuterRef("pk"), is_blind=False, verdict__in=("accept", "dismiss")
    ).order_by("-pk")
    found = Patch.objects.visible_to(person).exclude(state="screened").select_related("run")
    found = found if run is None else found.filter(run=run)
    names = ("pk", "verdict", "reason", "person__username", "created_at", "seconds")
    said = {f"said_{n.split('__')[0]}": Subquery(words.values(n)[:1]) for n in names}
    return found.annotate(**said).exclude(said_pk=None).order_by("run", "patch_id")


def rows(person, run=None) -> tuple[list[dict], list]:
    """Rows of `COLUMNS` and the outline that counts of each, in the same order."""
    found = list(judged(person, run))
    drawn = {r.patch_id: r for r in Refinement.objects.filter(patch__in=found).order_by("pk")}
    more = [source(found) for source in fact_sources()]
    table, shapes = [], []
    for patch in found:
        outline = drawn.get(patch.pk)
        facts = {k: v for said in more for k, v in said.get(patch.pk, {}).items()}
        table.append(row(patch, outline) | facts)
        shapes.append(shapely.from_wkb(bytes((outline or patch).geom.wkb)))
    return table, shapes


def row(patch, outline) -> dict:
    """One patch with its verdict."""
    source = outline or patch
    return {
        "patch_id": patch.patch_id, "run": patch.run.name,
        "run_folder": patch.run.folder.rstrip("/").rsplit("/", 1)[-1],
        "verdict": WORDS[patch.said_verdict], "is_problem": int(patch.said_verdict == "accept"),
        "reason": patch.said_reason, "activity_type": patch.activity_type,
        "problem_type": patch.problem_type, "person": patch.said_person,
        "reviewed_at": patch.said_created_at.isoformat(timespec="seconds"),
        "seconds": patch.said_seconds, "refined": int(outline is not None),
        "area_ha": float(source.area_ha), "redline_area_ha": float(source.redline_area_ha),
        "confidence": patch.confidence, "score": patch.score,
        "before_on": patch.before_on and patch.before_on.isoformat(),
        "after_on": patch.after_on and patch.after_on.isoformat(), "found_by": patch.found_by,
        "also_seen_by": "；".join(patch.also_seen_by), "closed_on": "", "valid_to": "",
    }  # fmt: skip


def as_csv(person, run=None) -> bytes:
    """The verdicts as CSV (UTF-8 with mark)."""
    table, _shapes = rows(person, run)
    body = io.StringIO()
    out = csv.DictWriter(body, COLUMNS)
    out.writeheader()
    out.writerows(map(harmless_row, table))
    return b"\xef\xbb\xbf" + body.getvalue().encode()


def as_gpkg(person, run=None) -> bytes:
    """The verdicts with their outlines as a GeoPackage, layer `verdicts`, EPSG:4490."""
    table, shapes = rows(person, run)
    frame = gpd.GeoDataFrame(
        {name: [r[name] for r in table] for name in COLUMNS}, geometry=shapes, crs=STORAGE_CRS
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "verdicts.gpkg"
        pyogrio.write_dataframe(frame, path, layer="verdicts", geometry_type="MultiPolygon")
        return path.read_bytes()
