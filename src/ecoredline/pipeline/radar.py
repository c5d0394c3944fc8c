"""Two radar images in, a run folder of its own out: patches of backscatter change under cloud."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from rasterio import features
from scipy import ndimage

from ecoredline.change.radar import METHOD, radar_change
from ecoredline.errors import GridMismatch, InputError
from ecoredline.files import check_writable
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.patches.fuse import fuse
from ecoredline.pipeline.inputs import FindOptions
from ecoredline.pipeline.take_in import placed, read_roles, write_run
from ecoredline.raster import open_dataset
from ecoredline.raster.layers import demo_tags, map_grid, read_part
from ecoredline.raster.scene import find_date
from ecoredline.record import Job, RunRecord

SENSOR = "Sentinel-1"
LEAST_M2 = 2000.0  # smaller pieces are speckle at 10 m
REMARK = "雷达后向散射变化，仅作旁证，须以光学影像或实地核实"


def radar_patches(
    before: Path | str, after: Path | str, *, redline: Path | str, out: Path | str,
    before_on: date | None = None, after_on: date | None = None, sensor: str = SENSOR,
    least_m2: float = LEAST_M2, protected_areas=None, divisions=None, places=None,
    job: Job | None = None,
) -> Path:  # fmt: skip
    """Write a run folder of backscatter change (method `sar_log_ratio`); gives the folder.

    `before`, `after` are one-band images of one orbit and polarisation on one grid, decibels or
    power. No confidence is given: none was calibrated. Raises `InputError`, `GridMismatch`,
    `NotEnoughData`.
    """
    job, out = job or Job(), Path(out)
    record = RunRecord("radar", {"sensor": sensor, "least_m2": least_m2})
    job.at("read")
    images, days, grid = read_pair(before, after, before_on, after_on)
    ours = read_roles(
        {"redline": redline, "protected_areas": protected_areas, "divisions": divisions,
         "places": places}, FindOptions(), record,
    )  # fmt: skip
    for role, path, day in zip(("radar_before", "radar_after"), (before, after), days, strict=True):
        record.add_input(role, path, acquired_on=day.isoformat(), sensor=sensor)
    check_writable(out)
    job.at("score")
    ratio, changed = radar_change(*images)
    table = as_table(ratio, changed, grid, least_m2)
    table = table.assign(
        found_by=f"EcoRedline {METHOD}", sensor=sensor, confidence=np.nan, remark=REMARK,
        before_on=days[0].isoformat(), after_on=days[1].isoformat(), activity_type="",
        problem_type="", is_demo=bool(demo_tags([before, after])),
    )  # fmt: skip
    table["reasons"] = [[f"后向散射变化 {v:+.1f} dB"] for v in table["change_db"]]
    record.data["method"] = METHOD
    record.data["grid"] = {"bounds_lonlat": box_of(grid)}
    return write_run(out, fuse([placed(table, ours)]), ours, FindOptions().parties, record, job)


def read_pair(before, after, before_on, after_on):
    """Both images, their days and the grid; raises with all that does not fit."""
    images, grids, days, faults = [], [], [], []
    for path, given in ((before, before_on), (after, after_on)):
        path = Path(path)
        with open_dataset(path) as dataset:
            if dataset.count != 1:
                faults.append(
                    f"{path.name} has {dataset.count} bands; wanted one polarisation (VV or VH)"
                )
            grids.append(map_grid(dataset, path))
            images.append(read_part(dataset, path, 1, None))
            tags = {k.upper(): str(v) for k, v in dataset.tags().items()}
        day = given or find_date(tags, path.stem)[0]
        if day is None:
            faults.append(f"{path.name} has no date; give --before-date, --after-date")
        days.append(day)
    if not grids[0].same_as(grids[1]):
        raise GridMismatch(f"got {before} and {after} on two grids; wanted one: gdalwarp -te -tr")
    if all(days) and days[0] >= days[1]:
        faults.append(f"before is of {days[0]} and after of {days[1]}; wanted before first")
    if faults:
        raise InputError("; ".join(faults))
    return images, days, grids[0]


def as_table(ratio, changed, grid: Grid, least_m2: float) -> gpd.GeoDataFrame:
    """Pieces of change as polygons (EPSG:4490) with `score` (mean |dB|) and `change_db` (mean)."""
    parts, rows = [], []
    area = grid.pixel_area_m2
    number, count = ndimage.label(changed, structure=np.ones((3, 3), int))
    sizes = np.bincount(number.ravel(), minlength=count + 1)
    large = (sizes * area >= least_m2) & (np.arange(count + 1) > 0)
    number = np.where(large[number], number, 0).astype(np.int32)
    outlines: dict[int, list] = {}
    for raw, k in features.shapes(number, mask=number > 0, transform=grid.transform):
        outlines.setdefault(int(k), []).append(shapely.geometry.shape(raw))
    for k, pieces in sorted(outlines.items()):
        values = ratio[number == k]
        shape = shapely.union_all(pieces)
        parts.append(shapely.transform(shape, grid.to_lonlat.transform, interleaved=False))
        mean, strength = float(values.mean()), float(np.abs(values).mean())
        rows.append({"score": round(strength, 2), "change_db": round(mean, 2)})
    return gpd.GeoDataFrame(
        {n: [r[n] for r in rows] for n in ("score", "change_db")},
        geometry=gpd.GeoSeries(parts, crs=STORAGE_CRS),
    )  # fmt: skip


def box_of(grid: Grid) -> list[float]:
    """Bounds in lon, lat."""
    west, south, east, north = grid.bounds
    lon, lat = grid.to_lonlat.transform([west, east, west, east], [south, south, north, north])
    return [min(lon), min(lat), max(lon), max(lat)]
