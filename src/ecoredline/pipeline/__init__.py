"""Where files meet functions: two images and a redline in, a run folder out.

This is the one place that reads and writes; every step it calls is a function of
its arguments. The arrow *imagery → patch* of the path.
"""

import contextlib
from dataclasses import asdict
from pathlib import Path

from ecoredline import change, documents
from ecoredline.files import check_writable, input_sha256, remove, sha256
from ecoredline.patches.table import write_tables
from ecoredline.pipeline.inputs import (
    FOCUS_MARGIN_M,
    FindOptions,
    Inputs,
    frame_of,
    plain,
    read_inputs,
    record_of,
)
from ecoredline.pipeline.priors import rank_by_priors, read_priors, write_priors_table
from ecoredline.pipeline.rank import (
    check_model,
    models_by_kind,
    rank_patches,
    with_pixel_model,
    write_ranking,
)
from ecoredline.pipeline.steps import detect_change, make_patches
from ecoredline.record import RECORD_NAME, Job, RunRecord, read_record, versions

SCRATCH_NAME = ".scratch"

__all__ = [
    "FOCUS_MARGIN_M",
    "FindOptions",
    "Inputs",
    "find_patches",
    "is_finished",
    "models_by_kind",
]


def find_patches(
    before: Path | str,
    after: Path | str,
    *,
    redline: Path | str,
    out: Path | str,
    protected_areas: Path | str | None = None,
    divisions: Path | str | None = None,
    places: Path | str | None = None,
    previous: Path | str | None = None,
    confirm: Path | str | None = None,
    priors: Path | str | None = None,
    options: FindOptions | None = None,
    job: Job | None = None,
    scheduler: str | None = None,
) -> Path:
    """Do the main job: find, describe, screen and document the patches between two images.

    Parameters
    ----------
    before, after : paths of any GDAL rasters with at least red, green, blue or red, green, nir.
    redline : path of a polygon layer; the only vector layer that must be there.
    protected_areas, divisions, places : paths; what is not given stays blank in the lists.
    confirm : path of a third, later image: what has not lasted until then is dropped by name.
    previous : folder of an earlier run, whose patches are recognised as duplicates.
    priors : file of `ecoredline learn-priors`: orders patches, drops known lawful and closed places.
    scheduler : address of a Dask scheduler, or `local`: blocks are scored by its workers; what
        they finished waits in `out/.scratch` when the run is broken off. The result is the same.
    out : folder to write; made when absent. Every file in it appears whole or not at all.

    Returns
    -------
    Path of the run folder; `run.json` in it is written last.

    Raises
    ------
    InputError, SourceError, OutputError, Cancelled; nothing half-written keeps its final name.
    """
    options, job, out = options or FindOptions(), job or Job(), Path(out)
    paths = {
        "before": before, "after": after, "redline": redline, "protected_areas": protected_areas,
        "divisions": divisions, "places": places, "previous": previous,
        "confirm": confirm, "priors": priors,
    }  # fmt: skip
    record = RunRecord("find", plain(asdict(options)))
    with folder_for(out):
        with record.step("read") as step:
            job.at("read")
            inputs = read_inputs(paths, options, record)
            step.found(rows=inputs.grid.rows, cols=inputs.grid.cols)
            model = check_model(options, record)
            options = with_pixel_model(inputs, options, record)
            inputs.priors = read_priors(priors, record)
        with open_workers(scheduler, out / SCRATCH_NAME) as inputs.cluster:
            changed = detect_change(inputs, options, record, job)
            kept, dropped, unseen = make_patches(changed, inputs, options, record, job)
            if inputs.cluster is not None:
                record.data["cluster"] = inputs.cluster.said
    write_run(out, (kept, dropped, unseen), changed, inputs, model, options, record, job)
    return out


@contextlib.contextmanager
def folder_for(out: Path):
    """A folder that can be written; what is refused within leaves no empty one behind."""
    fresh = not out.exists()
    check_writable(out)
    try:
        yield
    except BaseException:
        if fresh:
            with contextlib.suppress(OSError):
                out.rmdir()
        raise


def write_run(out: Path, found: tuple, changed, inputs, model, options, record, job) -> None:
    """Everything a run folder holds; `run.json` last, then the scratch goes."""
    kept, dropped, unseen = found
    with record.step("write") as step:
        job.at("tables")
        record.settle()
        remove(out / RECORD_NAME)  # until here an earlier run in this folder stays whole
        ranking = rank_patches(kept, dropped, model, record)
        by_priors = rank_by_priors(kept, inputs.priors, record)
        outputs = write_tables(out, kept, dropped, unseen)
        outputs += write_ranking(out, *ranking)
        outputs += write_priors_table(out, by_priors)
        outputs += write_documents(out, *found, changed, inputs, options, record, job)
        remove_stale_evidence(out, outputs)
        step.found(files=len(outputs))
    record.finish(out, outputs)
    remove(out / SCRATCH_NAME)
    job.at("done", 1.0)


def open_workers(scheduler: str | None, scratch: Path):
    """A context that gives the cluster to score blocks on, or None."""
    if not scheduler:
        return contextlib.nullcontext()
    return change.open_cluster(scheduler, scratch)


def is_finished(out: Path | str, paths: dict, options: FindOptions) -> bool:
    """Is `out` already the whole result of these very inputs and options?"""
    try:
        data = read_record(out)
    except OSError:
        return False
    files = {role: record_of(path) if role == "previous" else path for role, path in paths.items()}
    wanted = {role: input_sha256(path) for role, path in files.items() if path}
    had = {role: entry["sha256"] for role, entry in data["inputs"].items()}
    return (
        wanted == had
        and data["parameters"] == plain(asdict(options))
        and data["versions"] == versions()
        and all(_is_whole(Path(out) / name, facts) for name, facts in data["outputs"].items())
    )


def _is_whole(path: Path, facts: dict) -> bool:
    return path.is_file() and sha256(path) == facts["sha256"]


def write_documents(
    out, kept, dropped, unseen, changed, inputs, options, record, job
) -> list[Path]:
    """Annexes, letter, evidence sheets and report; chips are read as the detector saw them."""

    with change.open_aligned(inputs.before, inputs.after, changed) as read:
        return documents.write_documents(
            out, kept, dropped, unseen, record.data, grid=inputs.grid, band_names=changed.band_names,
            chips=lambda row, window: read(window),
            parties=options.parties, redline=inputs.redline.frame,
            divisions=frame_of(inputs.divisions), job=job,
        )  # fmt: skip


def remove_stale_evidence(out: Path, outputs: list[Path]) -> None:
    """Remove the sheets an earlier run left in this folder for patches that are no more."""
    ours = set(outputs)
    for pattern in ("*.html", "*-before.png", "*-after.png"):
        for path in (out / "evidence").glob(pattern):
            if path not in ours:
                remove(path)
