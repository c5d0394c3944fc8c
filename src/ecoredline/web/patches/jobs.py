"""Making a run in the background: the only place of the platform that calls the pipeline."""

from itertools import islice
from pathlib import Path

from django.conf import settings
from procrastinate.contrib.django import app

from ecoredline.errors import InputError
from ecoredline.files import remove
from ecoredline.record import RECORD_NAME, Job
from ecoredline.web.core.permissions import may, require
from ecoredline.web.jobs.actions import carry_out, start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches.actions import load_run
from ecoredline.web.patches.models import Run
from ecoredline.web.patches.queries import runs_for

KIND = "find_patches"
IMPORT_KIND = "import_patches"
IMAGE_SUFFIXES = (".tif", ".tiff", ".img", ".jp2", ".vrt")
FOLDER_SUFFIX = ".gdb"  # a geodatabase is a folder
LAYER_SUFFIXES = (".gpkg", ".shp", ".geojson", ".zip", ".shz", ".kml", ".gml", FOLDER_SUFFIX)
ROLES = {
    "before": (IMAGE_SUFFIXES, True),
    "after": (IMAGE_SUFFIXES, True),
    "redline": (LAYER_SUFFIXES, True),
    "protected_areas": (LAYER_SUFFIXES, False),
    "divisions": (LAYER_SUFFIXES, False),
    "places": (LAYER_SUFFIXES, False),
    "confirm": (IMAGE_SUFFIXES, False),
}
SHOWN_JOBS = 10


def files_for(role: str) -> list[str]:
    """The files of the server's imagery folder that fit a role, as paths inside it."""
    root, (suffixes, _) = settings.IMAGERY_FOLDER, ROLES[role]
    found = [p for p in root.rglob("*") if p.suffix.lower() in suffixes and is_source(p)]
    return sorted(str(p.relative_to(root)) for p in found if lies_inside(p))


def is_source(path: Path) -> bool:
    """A file, or a geodatabase folder; what lies within such a folder is none of its own."""
    if any(parent.suffix.lower() == FOLDER_SUFFIX for parent in path.parents):
        return False
    return path.is_dir() if path.suffix.lower() == FOLDER_SUFFIX else path.is_file()


def lies_inside(path: Path) -> bool:
    """The path and, of a geodatabase, everything in it lie in the imagery folder, links followed."""
    root = settings.IMAGERY_FOLDER.resolve()
    parts = [path, *path.rglob("*")] if path.is_dir() else [path]
    return all(part.resolve().is_relative_to(root) for part in parts)


def input_file(name: str, role: str) -> Path:
    """A file of the imagery folder, or a geodatabase there.

    Raises `InputError` for anything outside it or not fitting.
    """
    root = settings.IMAGERY_FOLDER.resolve()
    path = (root / name).resolve() if "\0" not in name else root
    if not (path.is_relative_to(root) and is_source(path) and lies_inside(path)):
        raise InputError(f"got {name!r} for {role}; wanted a file inside the imagery folder")
    if path.suffix.lower() not in ROLES[role][0]:
        raise InputError(f"got {name!r} for {role}; wanted {', '.join(ROLES[role][0])}")
    return path


def start_run(
    *, files: dict[str, str], minimum_area_m2: float | None = None, season_gap_accepted=False, by
) -> BackgroundJob:
    """Start finding patches in the background; `files` are role → path inside the imagery folder.

    `season_gap_accepted`: the run goes on when the seasons lie too far apart, and its lists say so.
    Raises `NotAllowed` (403.1) and, for a file that is missing or lies outside, `InputError`.
    """
    require(by, "run.start")
    chosen = {role: name for role, name in files.items() if name}
    for role, (_, needed) in ROLES.items():
        if role in chosen:
            input_file(chosen[role], role)
        elif needed:
            raise InputError(f"got no file for {role}; wanted one of the imagery folder")
    title = f"{Path(chosen['before']).stem} → {Path(chosen['after']).stem}"
    arguments = {"files": chosen, "minimum_area_m2": minimum_area_m2}
    if season_gap_accepted:
        arguments["season_gap_accepted"] = True
    return start_job(kind=KIND, title=title, arguments=arguments, by=by)


@app.task(name=KIND)
def find_patches(job: int) -> str:
    """The task: do the job of this number."""
    return carry_out(job, find_and_load)


@app.task(name=IMPORT_KIND)
def import_patches(job: int) -> str:
    """The task: bring a foreign patch layer in."""
    from ecoredline.web.patches.importing import import_and_load  # which needs this module

    return carry_out(job, import_and_load)


def find_and_load(row: BackgroundJob, job: Job) -> None:
    """Find the patches into the job's own folder, then bring the run in.

    A second attempt goes on where the first was killed. Nothing is left of a job that was
    cancelled or failed.
    """
    if Run.objects.filter(job=row).exists():
        return
    out = settings.RUNS_FOLDER / f"job-{row.pk}"
    files = {role: input_file(name, role) for role, name in row.arguments["files"].items()}
    try:
        if not (out / RECORD_NAME).exists():
            choices = {k: v for k, v in row.arguments.items() if k != "files"}
            run_pipeline(files, out, choices=choices, job=job)
        job.at("load", 0.5)
        load_run(out, by=row.created_by, job=row, name=row.title)
    except Exception:
        remove(out)
        raise


def run_pipeline(files: dict[str, Path], out: Path, *, choices: dict, job: Job) -> None:
    """The main job; `choices` are options of it. Only here: a server need not carry the detector."""
    from ecoredline.pipeline import FindOptions
    from ecoredline.pipeline import find_patches as find_patches_now

    options = FindOptions(**choices)
    before, after = files["before"], files["after"]
    layers = {role: path for role, path in files.items() if role not in ("before", "after")}
    find_patches_now(before, after, **layers, out=out, options=options, job=job)


def jobs_for(person) -> list[BackgroundJob]:
    """The newest jobs that are not done, of those the person may see.

    Each has `may_cancel` and `seen_run`, the run it brought if the person may see that.
    """
    rows = BackgroundJob.objects.exclude(state=BackgroundJob.State.DONE)
    found = (r for r in rows.select_related("created_by__unit") if may(person, "job.view", r))
    shown = list(islice(found, SHOWN_JOBS))
    runs = {run.job_id: run for run in runs_for(person).filter(job__in=shown)}
    for row in shown:
        row.may_cancel = row.is_live and may(person, "job.cancel", row)
        row.may_resume = not row.is_live and may(person, "job.resume", row)
        row.seen_run = runs.get(row.pk)
    return shown
