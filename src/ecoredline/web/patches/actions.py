"""Bringing a run folder into the platform: all of it, once, or nothing."""

from pathlib import Path

import shapely
from django.contrib.gis.geos import Polygon
from django.db import IntegrityError, connection, transaction

from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core.actions import note
from ecoredline.web.core.moves import followers
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import DemoAndReal
from ecoredline.web.imagery.actions import register_scene
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.folder import RunFolder, read_folder
from ecoredline.web.patches.models import DroppedPatch, Patch, Run, UnseenArea
from ecoredline.web.patches.rows import dropped_rows, patch_rows, unseen_rows
from ecoredline.web.regions import actions as regions
from ecoredline.web.regions.models import STORAGE_SRID

BATCH = 500
LOAD_LOCK = (4490, 1)  # one load at a time: the second of two equal ones finds the first
LOADED = "run.load"  # what `AFTER` calls the loading of a run
DEMO_CONSTRAINT = "ecoredline_demo_apart"


def load_run(folder: Path | str, *, by=None, job=None, name: str = "") -> Run:
    """Bring a finished run folder in; the same run a second time gives the run already there.

    `by` None is the operator at the command line. Raises `SourceError` (not a finished run),
    `TamperedRun` (422.2), `DemoAndReal` (409.2), `NotAllowed` (403.1).
    """
    if by is not None:
        require(by, "run.load")
    found = read_folder(folder)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s, %s)", LOAD_LOCK)
            known = Run.objects.filter(record_sha256=found.record_sha256).first()
            if known is not None:
                return known
            run = write_run(found, by=by, job=job, name=name)
            for function in followers().get(LOADED, ()):  # rooms above: `AFTER` of their after.py
                function(run, None)
            return run
    except IntegrityError as fault:
        if DEMO_CONSTRAINT in str(fault):
            raise DemoAndReal() from fault
        raise


def write_run(found: RunFolder, *, by, job, name: str) -> Run:
    """Write the run with all that belongs to it, inside the caller's transaction."""
    refuse_mixture(found.is_demo)
    divisions = found.layers.get("divisions")
    frame = divisions.frame if divisions else None
    if divisions:
        regions.renew_divisions(frame, sha256=found.sha256("divisions"), is_demo=found.is_demo)
    scenes = {role: scene_of(found, role) for role in ("before", "after")}
    extent = extent_of(found.record)
    counties = sorted({c for t in (found.patches, found.dropped) for c in t["division_code"] if c})
    spread = {name: scopes(getattr(found, name), frame) for name in ("patches", "dropped")}
    around = regions.counties_of([extent], frame)[0] if extent else []
    reached = {code for rows in spread.values() for codes in rows for code in codes}
    run = Run.objects.create(
        name=name or found.path.name, folder=str(found.path), record=found.record,
        record_sha256=found.record_sha256, is_demo=found.is_demo, **scenes,
        before_on=found.acquired_on("before"), after_on=found.acquired_on("after"),
        redline_version=version_of(found, "redline", regions.register_redline, frame),
        protected_version=version_of(
            found, "protected_areas", regions.register_protected_areas, frame
        ),
        extent=extent and outline(extent),
        warnings=[*found.record["warnings"], *found.warnings],
        county_codes=counties, scope_codes=prefixes([*around, *reached]),
        unplaced=sum(1 for t in (found.patches, found.dropped) for c in t["division_code"] if not c),
        created_by=by, job=job,
    )  # fmt: skip
    write_patches(run, found, frame, spread)
    note("run.load", f"run {run.pk}", by=by, folder=str(found.path), patches=len(found.patches))
    return run


def write_patches(run: Run, found: RunFolder, divisions, spread: dict[str, list]) -> None:
    """Write patches, dropped patches and the unseen area; `spread` is by table what `scopes` gave."""
    unseen = [prefixes(c) for c in regions.counties_of(found.unseen.geometry.to_numpy(), divisions)]
    patches = patch_rows(run, found.patches, found.raw, spread["patches"])
    dropped = dropped_rows(run, found.dropped, spread["dropped"])
    Patch.objects.bulk_create(patches, batch_size=BATCH)
    DroppedPatch.objects.bulk_create(dropped, batch_size=BATCH)
    UnseenArea.objects.bulk_create(unseen_rows(run, found.unseen, unseen), batch_size=BATCH)


def scopes(table, divisions) -> list[list[str]]:
    """For each patch its own division and every county it reaches into, with their parents.

    A patch of no division stays in none.
    """
    reached = regions.counties_of(table.geometry.to_numpy(), divisions)
    return [
        prefixes([own, *codes]) if own else []
        for own, codes in zip(table["division_code"], reached, strict=True)
    ]


def refuse_mixture(is_demo: bool) -> None:
    """Raise `DemoAndReal` when the project holds the other kind; the database checks it too."""
    if Run.objects.exclude(is_demo=is_demo).exists():
        raise DemoAndReal()


def scene_of(found: RunFolder, role: str) -> Scene | None:
    """The scene of an image of the run; None when its file is gone."""
    if role not in found.images:
        return None
    chosen = found.record["parameters"]
    return register_scene(
        found.images[role], sha256=found.sha256(role), is_demo=found.is_demo,
        bands=chosen.get(f"{role}_bands"), acquired_on=found.acquired_on(role),
        sensor=found.record["inputs"][role].get("sensor") or "",
    )  # fmt: skip


def version_of(found: RunFolder, role: str, register, divisions):
    """The version of a layer of the run; None when there is none or its file is gone."""
    layer = found.layers.get(role)
    if layer is None:
        return None
    chosen = found.record["parameters"]
    name = role == "redline" and (chosen.get("redline_version") or declared_version(layer.frame))
    name = name or found.record["inputs"][role]["name"]
    return register(
        layer.frame, name=name, sha256=found.sha256(role), is_demo=found.is_demo,
        notes=layer.notes, divisions=divisions,
    )  # fmt: skip


def declared_version(frame) -> str:
    """The version the redline file itself names, when all its polygons agree."""
    names = set(frame["version"]) if "version" in frame else set()
    return names.pop() if len(names) == 1 else ""


def extent_of(record: dict) -> shapely.Geometry | None:
    """The box of the common grid in lon, lat."""
    bounds = record.get("grid", {}).get("bounds_lonlat")
    return shapely.box(*bounds) if bounds else None


def outline(box: shapely.Geometry) -> Polygon:
    """A box as the database's polygon."""
    polygon = Polygon.from_bbox(box.bounds)
    polygon.srid = STORAGE_SRID
    return polygon
