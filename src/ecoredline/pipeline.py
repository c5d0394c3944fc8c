"""Where files meet functions: two images and a redline in, a run folder out.

This is the one place that reads and writes; every step it calls is a function of
its arguments. The arrow *imagery → patch* of the path.
"""

from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import shapely
from pyproj import Transformer

from ecoredline import change, documents, raster, vector
from ecoredline.errors import InputError
from ecoredline.files import check_writable, input_sha256, remove, sha256
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.patches import attribute, classify, coverage, extract, screen
from ecoredline.patches.identity import patch_ids
from ecoredline.patches.table import read_table, write_tables
from ecoredline.raster import Scene
from ecoredline.record import RECORD_NAME, Job, RunRecord, read_record, versions
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
        earlier = self.previous is not None and bool(self.previous["is_demo"].any())
        return earlier or any(x.is_demo for x in (*layers, self.places) if x is not None)


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
    record = RunRecord("find", _plain(asdict(options)))
    with record.step("read") as step:
        job.at("read")
        inputs = read_inputs(paths, options, record)
        step.found(
            rows=inputs.grid.rows, cols=inputs.grid.cols, pixel_m=round(inputs.grid.pixel_size_m, 3)
        )
    changed = detect_change(inputs, options, record, job)
    kept, dropped, unseen = make_patches(changed, inputs, options, record, job)
    with record.step("write") as step:
        job.at("tables")
        remove(out / RECORD_NAME)  # until here an earlier run in this folder stays whole
        outputs = write_tables(out, kept, dropped, unseen)
        outputs += write_documents(
            out, kept, dropped, unseen, changed, inputs, options, record, job
        )
        remove_stale_evidence(out, outputs)
        step.found(files=len(outputs))
    record.finish(out, outputs)
    job.at("done", 1.0)
    return out


def is_finished(out: Path | str, paths: dict, options: FindOptions) -> bool:
    """Is `out` already the whole result of these very inputs and options?"""
    try:
        data = read_record(out)
    except OSError:
        return False
    files = {role: _record_of(path) if role == "previous" else path for role, path in paths.items()}
    wanted = {role: input_sha256(path) for role, path in files.items() if path}
    had = {role: entry["sha256"] for role, entry in data["inputs"].items()}
    return (
        wanted == had
        and data["parameters"] == _plain(asdict(options))
        and data["versions"] == versions()
        and all(_is_whole(Path(out) / name, facts) for name, facts in data["outputs"].items())
    )


def _is_whole(path: Path, facts: dict) -> bool:
    return path.is_file() and sha256(path) == facts["sha256"]


def _record_of(folder) -> Path | None:
    """The record that stands for an earlier run."""
    return Path(folder) / RECORD_NAME if folder else None


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
    layers = {role: _read_layer(role, paths[role], options) for role in READERS}
    for role, scene in (("before", before), ("after", after)):
        _note_scene(role, scene, record)
    for role, layer in layers.items():
        _note_layer(role, paths[role], layer, record)
    inputs = Inputs(
        before, after, grid, previous=_read_previous(paths["previous"], record), **layers
    )
    record.data["grid"] = _grid_facts(grid)
    for note in [*notes, *_date_notes(before, after), *_band_notes(before, after)]:
        record.warn(note)
    _check_datum(inputs, record)
    if inputs.is_demo:
        record.mark_demo()
    return inputs


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


def _read_layer(role: str, path, options: FindOptions) -> Layer | None:
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
    record.add_input("previous", _record_of(folder))
    return read_table(folder, "patches")


def _note_scene(role: str, scene: Scene, record: RunRecord) -> None:
    record.add_input(
        role, scene.path, crs=scene.grid.crs.to_string(), bands=list(scene.bands),
        dtype=scene.dtype, nodata=scene.nodata, image_id=scene.image_id, sensor=scene.sensor,
        acquired_on=scene.acquired_on.isoformat() if scene.acquired_on else None,
        rows=scene.grid.rows, cols=scene.grid.cols,
    )  # fmt: skip
    for note in scene.notes:
        record.warn(f"{scene.image_id}：{note}")


def _note_layer(role: str, path, layer: Layer | None, record: RunRecord) -> None:
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


def _date_notes(before: Scene, after: Scene) -> list[str]:
    """Missing or swapped dates, and seasons that lie too far apart to be compared lightly."""
    if not before.acquired_on or not after.acquired_on:
        missing = [s.image_id for s in (before, after) if not s.acquired_on]
        return [f"{'、'.join(missing)} 没有成像日期：用 --before-date / --after-date 给出"]
    if before.acquired_on > after.acquired_on:
        raise InputError(
            f"got before {before.acquired_on} later than after {after.acquired_on}; "
            "wanted the earlier image first: swap BEFORE and AFTER, or mend the dates"
        )
    gap = abs((after.acquired_on - before.acquired_on).days) % 365
    gap = min(gap, 365 - gap)
    if gap > SEASON_WARN_DAYS:
        return [f"两期影像季节相差 {gap} 天（超过 {SEASON_WARN_DAYS} 天）：植被季节变化会增多误报"]
    return []


def _band_notes(before: Scene, after: Scene) -> list[str]:
    """Say which bands only one date has, and what a missing near infrared costs."""
    one_sided = sorted(set(before.bands) ^ set(after.bands))
    both = [name for name in before.bands if name in after.bands]
    notes = [f"只有一期影像有波段 {'、'.join(one_sided)}：未使用"] if one_sided else []
    if "nir" not in both:
        notes.append("没有两期共有的近红外（nir）：植被判断不可靠，误报会明显增多")
    return notes


SEASON_WARN_DAYS = 30  # change-detection.md, section 3, row 1


def _check_datum(inputs: Inputs, record: RunRecord) -> None:
    """Warn when divisions look GCJ-02 shifted against the redline's or the places' datum."""
    if inputs.divisions is None:
        return
    for reference in (inputs.places, inputs.redline):
        finding = None if reference is None else vector.check_gcj02(inputs.divisions, reference)
        if finding is not None and finding.likely:
            record.warn(finding.note)
            return


def detect_change(inputs: Inputs, options: FindOptions, record: RunRecord, job: Job):
    """Score the change inside the redline and its belt; note how in the record."""
    with record.step("detect") as step:
        changed = change.detect(
            inputs.before, inputs.after, inputs.grid, options.detection,
            focus=focus_area(inputs, options.margin_m), job=job,
        )  # fmt: skip
        step.found(changed_pixels=int((changed.runs.stop - changed.runs.start).sum()))
    for name in ("method", "threshold", "low_threshold", "registration", "normalisation"):
        record.data[name] = _plain(getattr(changed, name))
    for note in changed.notes:
        record.warn(note)
    return changed


def focus_area(inputs: Inputs, margin_m: float | None) -> shapely.Geometry | None:
    """The redline with its belt in grid coordinates; None means the whole image is looked at.

    Raises `InputError` when the redline and the images do not meet.
    """
    image = shapely.box(*inputs.grid.bounds)
    redline = inputs.redline.frame.to_crs(inputs.grid.crs).geometry.to_numpy()
    if not shapely.intersects(redline, image).any():
        west, south, east, north = (round(v, 4) for v in inputs.redline.frame.total_bounds)
        seen = [round(v, 4) for v in coverage.footprint(inputs.grid).bounds]
        raise InputError(
            f"got a redline at {west}, {south} – {east}, {north} and images at {seen} (lon, lat); "
            "wanted them to overlap: check the redline's coordinate system"
        )
    if margin_m is None:
        return None
    width_m = inputs.grid.pixel_m[0]
    margin = margin_m / width_m * abs(inputs.grid.transform.a)
    near = redline[shapely.intersects(redline, shapely.buffer(image, margin))]
    tolerance = abs(inputs.grid.transform.a) * 2
    belt = shapely.buffer(shapely.simplify(near, tolerance), margin, quad_segs=4)
    return shapely.intersection(shapely.union_all(belt), image)


def make_patches(changed, inputs: Inputs, options: FindOptions, record: RunRecord, job: Job):
    """Change map → patches with attributes, the dropped ones with reasons, the unseen area."""
    with record.step("patches") as step:
        found = extract.extract_patches(
            changed,
            minimum_area_m2=options.minimum_area_m2,
            merge_gap_m=options.merge_gap_m,
            job=job,
        )
        found = _inside_focus(found, inputs, options)
        step.found(candidates=len(found))
    with record.step("describe"):
        job.at("describe")
        found = describe(found, inputs, options)
    with record.step("screen") as step:
        job.at("screen")
        kept, dropped = screen.screen(found, changed, previous=inputs.previous)
        step.found(kept=len(kept), dropped=len(dropped))
    unseen = changed.unseen.polygons()
    for frame in (kept, dropped, unseen):
        frame["is_demo"] = inputs.is_demo
    count_results(kept, dropped, unseen, inputs, record)
    return kept, dropped, unseen


def _inside_focus(
    found: gpd.GeoDataFrame, inputs: Inputs, options: FindOptions
) -> gpd.GeoDataFrame:
    """Blocks reach beyond the belt; patches may not, or they would depend on the block size."""
    focus = focus_area(inputs, options.margin_m)
    if focus is None or not len(found):
        return found
    shapely.prepare(focus)
    return found[shapely.intersects(focus, found.geometry.to_numpy())].reset_index(drop=True)


def describe(found: gpd.GeoDataFrame, inputs: Inputs, options: FindOptions) -> gpd.GeoDataFrame:
    """Give each candidate its place, areas, ids, suggested types and images (EPSG:4490)."""
    found = found.to_crs(STORAGE_CRS)
    to_storage = Transformer.from_crs(inputs.grid.crs, STORAGE_CRS, always_xy=True)
    found["geometry_raw"] = shapely.transform(
        found["geometry_raw"].to_numpy(), to_storage.transform, interleaved=False
    )
    frames = {
        role: _frame(getattr(inputs, role)) for role in ("protected_areas", "divisions", "places")
    }
    found = attribute.attribute(found, redline=inputs.redline.frame, **frames)
    found = classify.classify(found)
    if options.redline_version:
        found["redline_version"] = options.redline_version
    for side, scene in (("before", inputs.before), ("after", inputs.after)):
        found[f"{side}_image"] = scene.image_id
        found[f"{side}_on"] = scene.acquired_on.isoformat() if scene.acquired_on else ""
    found["remark"] = found["control_zone_note"]
    found["patch_id"] = patch_ids(found)
    return found


def _frame(layer: Layer | None) -> gpd.GeoDataFrame | None:
    return None if layer is None else layer.frame


def count_results(kept, dropped, unseen, inputs: Inputs, record: RunRecord) -> None:
    """Counts at each step, areas by channel, and what of the redline could not be seen."""
    counts, areas = record.data["counts"], record.data["areas_ha"]
    counts["patches"], counts["dropped"] = len(kept), len(dropped)
    counts["channels"] = kept["channel"].value_counts().to_dict()
    counts["drop_reasons"] = dropped["reason"].value_counts().to_dict()
    counts["activity_types"] = kept["activity_type"].value_counts().to_dict()
    for channel, part in kept.groupby("channel"):
        areas[channel] = round(float(part["redline_area_ha"].sum()), 4)
    table = coverage.redline_coverage(
        inputs.redline.frame, _frame(inputs.divisions), coverage.footprint(inputs.grid), unseen
    )
    record.data["coverage"] = _plain(table.to_dict("records"))
    record.data["observed_km2"] = round(coverage.observed_area_km2(inputs.grid, unseen), 4)


def write_documents(
    out, kept, dropped, unseen, changed, inputs, options, record, job
) -> list[Path]:
    """Annexes, letter, evidence sheets and report; chips are read as the detector saw them."""

    def chips(row, window):
        return change.aligned_pair(inputs.before, inputs.after, changed, window)

    return documents.write_documents(
        out, kept, dropped, unseen, record.data, grid=inputs.grid, band_names=changed.band_names,
        chips=chips, parties=options.parties, redline=inputs.redline.frame,
        divisions=_frame(inputs.divisions), job=job,
    )  # fmt: skip


def remove_stale_evidence(out: Path, outputs: list[Path]) -> None:
    """Remove the sheets an earlier run left in this folder for patches that are no more."""
    ours = set(outputs)
    for pattern in ("*.html", "*-before.png", "*-after.png"):
        for path in (out / "evidence").glob(pattern):
            if path not in ours:
                remove(path)


def _plain(value):
    """JSON values only: tuples as lists, paths as text, NaN as None, numpy numbers as numbers."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and value != value:
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
