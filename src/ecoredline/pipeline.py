"""Where files meet functions: two images and a redline in, a run folder out.

This is the one place that reads and writes; every step it calls is a function of
its arguments. The arrow *imagery → patch* of the path.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import geopandas as gpd
import shapely
from pyproj import Transformer

from ecoredline import change, documents, raster, vector
from ecoredline.errors import InputError
from ecoredline.files import check_writable, remove
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.patches import attribute, classify, coverage, extract, screen
from ecoredline.patches.identity import patch_ids
from ecoredline.patches.table import read_table, write_tables
from ecoredline.raster import Scene
from ecoredline.record import RECORD_NAME, Job, RunRecord, read_record
from ecoredline.vector import Layer

FOCUS_MARGIN_M = 500.0  # belt around the redline that is looked at too (change-detection.md 5.7)


@dataclass(frozen=True)
class FindOptions:
    """Everything about a run that is a choice and not a file; all of it lands in `run.json`."""

    before_on: str | None = None
    after_on: str | None = None
    before_bands: tuple[str, ...] | None = None
    after_bands: tuple[str, ...] | None = None
    before_sensor: str = ""
    after_sensor: str = ""
    vector_crs: str | None = None
    vector_encoding: str | None = None
    gcj02: str = "refuse"
    redline_version: str = ""
    margin_m: float | None = FOCUS_MARGIN_M
    minimum_area_m2: float | None = None
    merge_gap_m: float | None = None
    detection: change.DetectionParameters = field(default_factory=change.DetectionParameters)
    parties: documents.LetterParties = field(default_factory=documents.LetterParties)


@dataclass
class Inputs:
    """What was read at the rim."""

    before: Scene
    after: Scene
    grid: Grid
    redline: Layer
    protected_areas: Layer | None
    divisions: Layer | None
    places: Layer | None
    previous: gpd.GeoDataFrame | None

    @property
    def is_demo(self) -> bool:
        """Is any input made by the simulator?"""
        layers = (self.before, self.after, self.redline, self.protected_areas, self.divisions)
        return any(layer.is_demo for layer in layers if layer is not None)


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
    options: FindOptions | None = None,
    job: Job | None = None,
) -> Path:
    """Do the main job: find, describe, screen and document the patches between two images.

    Parameters
    ----------
    before, after : paths of any GDAL rasters with at least red, green, blue or red, green, nir.
    redline : path of a polygon layer; the only vector layer that must be there.
    protected_areas, divisions, places : paths; what is not given stays blank in the lists.
    previous : folder of an earlier run, whose patches are recognised as duplicates.
    out : folder to write; made when absent. Every file in it appears whole or not at all.

    Returns
    -------
    Path of the run folder; `run.json` in it is written last.

    Raises
    ------
    InputError, SourceError, OutputError, Cancelled; nothing half-written is left under its
    final name.
    """
    options, job, out = options or FindOptions(), job or Job(), Path(out)
    paths = {
        "before": before, "after": after, "redline": redline, "protected_areas": protected_areas,
        "divisions": divisions, "places": places, "previous": previous,
    }  # fmt: skip
    check_writable(out)
    remove(out / RECORD_NAME)
    record = RunRecord("find", asdict(options))
    with record.step("read") as step:
        job.at("read")
        inputs = read_inputs(paths, options, record)
        step.found(rows=inputs.grid.rows, cols=inputs.grid.cols, pixel_m=round(inputs.grid.pixel_size_m, 3))
    changed = detect_change(inputs, options, record, job)
    kept, dropped, unseen = make_patches(changed, inputs, options, record, job)
    with record.step("write") as step:
        job.at("tables")
        outputs = write_tables(out, kept, dropped, unseen)
        outputs += write_documents(out, kept, dropped, unseen, changed, inputs, options, record, job)
        step.found(files=len(outputs))
    record.finish(out, outputs)
    job.at("done", 1.0)
    return out


def is_finished(out: Path | str, paths: dict, options: FindOptions) -> bool:
    """Is `out` already the whole result of these very inputs and options?"""
    from ecoredline.files import sha256

    try:
        data = read_record(out)
    except OSError:
        return False
    wanted = {role: sha256(path) for role, path in paths.items() if path and role != "previous"}
    had = {role: entry["sha256"] for role, entry in data["inputs"].items()}
    return wanted == had and data["parameters"] == _plain(asdict(options))
