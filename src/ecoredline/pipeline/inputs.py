"""What a run is given: its options, and its files as they were read at the rim."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd

from ecoredline import change, documents, raster, vector
from ecoredline.errors import InputError
from ecoredline.grid import Grid
from ecoredline.learn.net_model import NetDetector
from ecoredline.learn.pixel_model import PixelDetector
from ecoredline.learn.priors import Priors
from ecoredline.patches import coverage
from ecoredline.patches.table import read_table
from ecoredline.pipeline import gates
from ecoredline.raster import Scene
from ecoredline.record import RECORD_NAME, RunRecord, read_record
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
    gcj02_layers: tuple[str, ...] = ("divisions", "places")
    redline_version: str = ""
    margin_m: float | None = FOCUS_MARGIN_M
    minimum_area_m2: float | None = None
    merge_gap_m: float | None = None
    detection: change.DetectionParameters = field(default_factory=change.DetectionParameters)
    confirm_on: str | None = None
    season_gap_accepted: bool = False
    model: str | None = None
    model_sha256: str = ""
    pixel_model: str | None = None
    pixel_model_sha256: str = ""
    model_anyway: bool = False
    gpu: bool = False
    threshold_given: bool = False
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
    confirm: Scene | None = None
    cluster: change.Cluster | None = None  # where blocks are scored, when not here
    priors: Priors | None = None
    learned: PixelDetector | NetDetector | None = (
        None  # what detects, when it is not the weight-free default
    )

    @property
    def is_demo(self) -> bool:
        """Is any input made by the simulator?"""
        layers = (self.before, self.after, self.redline, self.protected_areas, self.divisions)
        earlier = self.previous is not None and bool(self.previous["is_demo"].any())
        return earlier or any(x.is_demo for x in (*layers, self.places) if x is not None)


def read_inputs(paths: dict, options: FindOptions, record: RunRecord) -> Inputs:
    """Open the images, read the layers, put them on one grid; note it all in the record."""
    before = raster.open_scene(
        paths["before"], bands=options.before_bands, acquired_on=_day(options.before_on),
        sensor=options.before_sensor,
    )  # fmt: skip
    after = raster.open_scene(
        paths["after"], bands=options.after_bands, acquired_on=_day(options.after_on),
        sensor=options.after_sensor,
    )  # fmt: skip
    grid, notes = raster.common_grid(before, after)
    layers = {role: read_layer_as(role, paths[role], options) for role in READERS}
    for role, scene in (("before", before), ("after", after)):
        _note_scene(role, scene, record)
    for role, layer in layers.items():
        note_layer(role, paths[role], layer, record)
    inputs = Inputs(
        before,
        after,
        grid,
        previous=_read_previous(paths["previous"], record),
        confirm=_read_confirm(paths.get("confirm"), before, after, options, record),
        **layers,
    )
    record.data["grid"] = _grid_facts(grid)
    accepted = options.season_gap_accepted
    dates = gates.date_notes(before, after, inputs.confirm, accepted, record)
    for note in [*notes, *dates, *gates.band_notes(before, after)]:
        record.warn(note)
    _check_datum(inputs, record)
    if inputs.is_demo:
        record.mark_demo()
    return inputs


def _read_confirm(path, before: Scene, after: Scene, options: FindOptions, record: RunRecord):
    """The third image, on which a change must still be there; None without one."""
    if not path:
        return None
    scene = raster.open_scene(
        path, bands=options.after_bands, acquired_on=_day(options.confirm_on),
        sensor=options.after_sensor,
    )  # fmt: skip
    days = [one.acquired_on for one in (before, after, scene)]
    if all(days) and days[2] <= days[1]:
        raise InputError(f"got a confirming image of {days[2]}; wanted one after {days[1]}")
    _note_scene("confirm", scene, record)
    return scene


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


READERS = {
    "redline": vector.read_redline,
    "protected_areas": vector.read_protected_areas,
    "divisions": vector.read_divisions,
    "places": vector.read_places,
}
NOT_GIVEN = {
    "protected_areas": "未提供自然保护地：未区分自然保护地渠道，附件1可能含自然保护地内图斑",
    "divisions": "未提供行政区划：清单中省、市、县级行政区留空",
    "places": "未提供地名：位置描述只有县名和经纬度；行政区划也未提供时留空",
}


def read_layer_as(role: str, path, options: FindOptions) -> Layer | None:
    """Read one layer; the user's word about GCJ-02 holds for the layers it names only."""
    if not path:
        return None
    word = options.gcj02 if role in options.gcj02_layers else "refuse"
    return READERS[role](path, crs=options.vector_crs, encoding=options.vector_encoding, gcj02=word)


def _read_previous(folder, record: RunRecord) -> gpd.GeoDataFrame | None:
    """The patches of an earlier run, whose record is noted as an input of this one."""
    if not folder:
        return None
    read_record(folder)
    record.add_input("previous", record_of(folder))
    return read_table(folder, "patches")


def _note_scene(role: str, scene: Scene, record: RunRecord) -> None:
    record.add_input(
        role, scene.path, later=True, crs=scene.grid.crs.to_string(), bands=list(scene.bands),
        dtype=scene.dtype, nodata=scene.nodata, image_id=scene.image_id, sensor=scene.sensor,
        acquired_on=scene.acquired_on.isoformat() if scene.acquired_on else None,
        rows=scene.grid.rows, cols=scene.grid.cols,
    )  # fmt: skip
    for note in scene.notes:
        record.warn(f"{scene.image_id}：{note}")


def note_layer(role: str, path, layer: Layer | None, record: RunRecord) -> None:
    """Note a layer with its notes in the record, or what its absence costs."""
    if layer is None:
        record.warn(NOT_GIVEN[role])
        return
    record.add_input(role, path, features=len(layer.frame), notes=list(layer.notes))
    for note in layer.notes:
        record.warn(f"{Path(path).name}：{note}")


def _grid_facts(grid: Grid) -> dict:
    return {
        "crs": grid.crs.to_string(), "rows": grid.rows, "cols": grid.cols,
        "transform": list(grid.transform)[:6], "pixel_m": [round(v, 4) for v in grid.pixel_m],
        "bounds_lonlat": list(coverage.footprint(grid).bounds),
    }  # fmt: skip


def _check_datum(inputs: Inputs, record: RunRecord) -> None:
    """Warn when divisions look GCJ-02 shifted against the redline's or the places' datum."""
    if inputs.divisions is None:
        return
    for reference in (inputs.places, inputs.redline):
        finding = None if reference is None else vector.check_gcj02(inputs.divisions, reference)
        if finding is not None and finding.likely:
            record.warn(finding.note)
            return


def record_of(folder) -> Path | None:
    """The record that stands for an earlier run."""
    return Path(folder) / RECORD_NAME if folder else None


def plain(value):
    """JSON values only: tuples as lists, paths as text, NaN as None, numpy numbers as numbers."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and value != value:
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def frame_of(layer: Layer | None) -> gpd.GeoDataFrame | None:
    """A layer's frame, or None where it was not given."""
    return None if layer is None else layer.frame
