"""The steps between reading and writing: change, patches, description, screening, counts."""

import geopandas as gpd
import shapely
from pyproj import Transformer

from ecoredline import change, raster
from ecoredline.errors import InputError
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches import attribute, classify, coverage, extract, partial, persist, screen
from ecoredline.patches.identity import patch_ids
from ecoredline.pipeline import gates
from ecoredline.pipeline.inputs import FindOptions, Inputs, frame_of, plain
from ecoredline.pipeline.priors import drop_known
from ecoredline.record import Job, RunRecord


def detect_change(inputs: Inputs, options: FindOptions, record: RunRecord, job: Job):
    """Score the change inside the redline and its belt; note how in the record."""
    with record.step("detect") as step:
        changed = change.detect(
            inputs.before, inputs.after, inputs.grid, options.detection,
            focus=focus_area(inputs, options.margin_m), job=job, cluster=inputs.cluster,
            learned=inputs.learned,
        )  # fmt: skip
        step.found(changed_pixels=int((changed.runs.stop - changed.runs.start).sum()))
    for name in ("method", "threshold", "low_threshold", "registration", "normalisation"):
        record.data[name] = plain(getattr(changed, name))
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
        with change.open_aligned(inputs.before, inputs.after, changed, normalise=True) as read:
            found = partial.refine_wide(found, changed, read)
        step.found(candidates=len(found))
    with record.step("describe"):
        job.at("describe")
        found = describe(found, inputs, options)
    with record.step("screen") as step:
        job.at("screen")
        later = confirming(inputs, options, record, job)
        kept, dropped = screen.screen(found, changed, previous=inputs.previous, later=later)
        kept, dropped = drop_known(kept, dropped, inputs.priors)
        kept = screen.note_growth(kept, inputs.previous, inputs.grid)
        step.found(kept=len(kept), dropped=len(dropped))
    unseen = changed.unseen.polygons()
    for frame in (kept, dropped, unseen):
        frame["is_demo"] = inputs.is_demo
    count_results(kept, dropped, unseen, inputs, record, focus_area(inputs, options.margin_m))
    return kept, dropped, unseen


def confirming(inputs: Inputs, options: FindOptions, record: RunRecord, job: Job):
    """What had changed between the first and the third date; None without a third image."""
    if inputs.confirm is None:
        return None
    grid, notes = raster.common_grid(inputs.before, inputs.confirm)
    focus = focus_area(inputs, options.margin_m)
    if focus is not None and grid.crs != inputs.grid.crs:
        focus = None
    changed = change.detect(
        inputs.before, inputs.confirm, grid, options.detection, focus=focus, job=job,
        cluster=inputs.cluster, learned=inputs.learned,
    )  # fmt: skip
    record.data["confirm"] = plain(
        {name: getattr(changed, name) for name in ("method", "registration", "normalisation")}
    )
    for note in (*notes, *changed.notes):
        record.warn(f"第三期影像：{note}")
    return persist.later_of(changed)


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
        role: frame_of(getattr(inputs, role)) for role in ("protected_areas", "divisions", "places")
    }
    found = attribute.attribute(found, redline=inputs.redline.frame, **frames)
    found = classify.classify(found)
    if options.redline_version:
        found["redline_version"] = options.redline_version
    for side, scene in (("before", inputs.before), ("after", inputs.after)):
        found[f"{side}_image"] = scene.image_id
        found[f"{side}_on"] = scene.acquired_on.isoformat() if scene.acquired_on else ""
    found["found_by"], found["sensor"] = (
        f"EcoRedline {options.detection.detector}",
        inputs.after.sensor,
    )
    found["remark"] = found["control_zone_note"]
    found["patch_id"] = patch_ids(found)
    return found


def count_results(kept, dropped, unseen, inputs: Inputs, record: RunRecord, focus) -> None:
    """Counts at each step, areas by channel, and what of the redline could not be seen."""
    counts, areas = record.data["counts"], record.data["areas_ha"]
    counts["patches"], counts["dropped"] = len(kept), len(dropped)
    counts["channels"] = kept["channel"].value_counts().to_dict()
    counts["drop_reasons"] = dropped["reason"].value_counts().to_dict()
    counts["activity_types"] = kept["activity_type"].value_counts().to_dict()
    for channel, part in kept.groupby("channel"):
        areas[channel] = round(float(part["redline_area_ha"].sum()), 4)
    table = coverage.redline_coverage(
        inputs.redline.frame, frame_of(inputs.divisions), coverage.footprint(inputs.grid), unseen
    )
    record.data["coverage"] = plain(table.to_dict("records"))
    for note in gates.coverage_notes(record.data["coverage"], inputs.after.acquired_on):
        record.warn(note)
    record.data["observed_km2"] = round(coverage.observed_area_km2(inputs.grid, unseen, focus), 4)
