"""Zonal tables of map files, block by block: a polygon cut by blocks gathers the same sums."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.windows import Window

from ecoredline.errors import InputError
from ecoredline.files import check_writable, whole_file
from ecoredline.formula_rasters.sources import cell_areas, windows
from ecoredline.geodesy import M2_PER_HA, areas_ha, round_ha
from ecoredline.grid import Grid
from ecoredline.raster import DEMO_TAG, open_dataset
from ecoredline.raster.layers import map_grid, read_part
from ecoredline.record import Job, RunRecord
from ecoredline.vector import Layer
from ecoredline.zonal.coverage import covered_cells, on_grid
from ecoredline.zonal.sums import block_sums
from ecoredline.zonal.tally import Tally, check_rule, total_rule, total_unit

CACHE_MB = 64
MANY_CORNERS = 1000  # polygons with more are cut to each block: exactextract reads all corners
WHOLE_SHARE = 0.999  # a zone seen less than this is said


class Near(NamedTuple):
    """A block of a map and the zones in it: their numbers, their pieces in the grid's coordinates."""

    window: Window
    grid: Grid  # of the block
    zones: np.ndarray
    pieces: np.ndarray

    def areas(self) -> np.ndarray:
        """Area of each cell, m², (rows, cols)."""
        whole = Window(0, 0, self.window.width, self.window.height)
        return np.broadcast_to(cell_areas(self.grid, whole), (whole.height, whole.width))


def blocks_with_zones(shapes, grid: Grid, job: Job) -> Iterator[Near]:
    """Every block that has a zone in it."""
    placed = on_grid(shapes, grid)
    large = shapely.get_num_coordinates(placed) > MANY_CORNERS
    placed = np.where(large, shapely.make_valid(placed), placed) if large.any() else placed
    tree, blocks = shapely.STRtree(placed), list(windows(grid, 1))
    for done, window in enumerate(blocks):
        job.at("zonal", done / len(blocks))
        part = grid.window(window.row_off, window.col_off, window.height, window.width)
        near = np.sort(tree.query(shapely.box(*part.bounds)))
        if len(near):
            near, pieces = cut_to_block(placed, near, shapely.box(*part.bounds), large)
            yield Near(window, part, near, pieces)


def over_zones(shapes, grid: Grid, job: Job, take: Callable) -> None:
    """Call `take(window, areas, zone, covered)` for every zone in every block; areas are flat, m²."""
    for one in blocks_with_zones(shapes, grid, job):
        areas = one.areas().ravel()
        for zone, covered in zip(one.zones, covered_cells(one.pieces, one.grid), strict=True):
            if len(covered.cells):
                take(one.window, areas, int(zone), covered)


def cut_to_block(placed, near, box, large) -> tuple[np.ndarray, np.ndarray]:
    """The zones near a block that have area in it, large ones cut to it."""
    pieces, cut = placed[near].copy(), large[near]
    pieces[cut] = shapely.intersection(pieces[cut], box)
    there = shapely.area(pieces) > 0
    return near[there], pieces[there]


def tallies(
    path: Path, band: int, shapes, rule: str, classes: bool, job: Job
) -> tuple[list[Tally], dict]:
    """One `Tally` a zone, and what the map says of itself."""
    found = [Tally() for _ in range(len(shapes))]
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MB << 20), open_dataset(path) as dataset:
        grid = map_grid(dataset, path)
        unit = dataset.units[band - 1] or dataset.tags().get("ECOREDLINE_UNIT", "")
        rule = total_rule(unit) if rule == "auto" else rule
        check_rule(rule)

        for one in blocks_with_zones(shapes, grid, job):
            values = read_part(dataset, path, band, one.window)
            if not np.isnan(values).all():
                gather = add_codes if classes else add_sums
                gather(found, one, values, rule)
        demo = dataset.tags().get(DEMO_TAG) == "1"
    said = {"unit": unit, "rule": rule, "total_unit": total_unit(unit, rule), "is_demo": demo}
    return found, said


def add_codes(found: list[Tally], near: Near, values: np.ndarray, rule: str) -> None:
    """Take a block of a class map into the zones' tallies; `rule` has no say."""
    values, areas = values.ravel(), near.areas().ravel()
    for zone, covered in zip(near.zones, covered_cells(near.pieces, near.grid), strict=True):
        cells = covered.cells
        found[zone].add_classes(values[cells], covered.share, areas[cells])


def add_sums(found: list[Tally], near: Near, values: np.ndarray, rule: str) -> None:
    """Take a block of numbers into the zones' tallies."""
    sums = block_sums(values, near.areas(), near.pieces, near.grid)
    for zone, one in zip(near.zones, sums, strict=True):
        found[zone].take(one, rule)


def zonal_numbers(
    path: Path | str, zones: gpd.GeoDataFrame, *, band: int = 1, total: str = "auto",
    job: Job | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Mean, spread, extremes and total of a map in each zone; one row a zone, in the zones' order.

    `zones` is EPSG:4490. Columns: area_ha (the polygon's own), seen_ha (where the map has values),
    mean, std, min, max, total, with `attrs` unit, rule and total_unit. `total` is a rule of `TOTALS` or auto.
    """
    found, said = tallies(Path(path), band, zones.geometry.to_numpy(), total, False, job or Job())
    table = pd.DataFrame(
        {
            "area_ha": round_ha(areas_ha(zones.geometry.to_numpy())),
            "seen_ha": round_ha(np.array([t.area for t in found]) / M2_PER_HA),
            "mean": [t.mean for t in found],
            "std": [t.spread for t in found],
            "min": [t.low if t.area else math.nan for t in found],
            "max": [t.high if t.area else math.nan for t in found],
            "total": [t.total if t.area and said["rule"] != "none" else math.nan for t in found],
        },
        index=zones.index,
    )
    table.attrs = said
    return table


def class_areas(
    path: Path | str, zones: gpd.GeoDataFrame, *, band: int = 1, job: Job | None = None
) -> pd.DataFrame:
    """Area of each class of a map in each zone, hectares; one column `class_CODE` a code."""
    found, said = tallies(Path(path), band, zones.geometry.to_numpy(), "none", True, job or Job())
    codes = sorted({c for t in found for c in t.classes})
    table = pd.DataFrame(index=zones.index)
    table["area_ha"] = round_ha(areas_ha(zones.geometry.to_numpy()))
    table["seen_ha"] = round_ha(np.array([t.area for t in found]) / M2_PER_HA)
    for code in codes:
        hectares = np.array([t.classes.get(code, 0.0) for t in found]) / M2_PER_HA
        table[f"class_{code:.15g}"] = round_ha(hectares)
    table.attrs = said
    return table


def zonal_run(
    path: Path | str, zones: Layer, out: Path | str, *, band: int = 1, kind: str = "number",
    total: str = "auto", zones_path: Path | str | None = None, job: Job | None = None,
) -> Path:  # fmt: skip
    """Write zonal.csv, zonal.gpkg (the zones with their numbers) and run.json into `out`.

    `kind` is number or class. Zones the map does not cover whole are listed in the record.
    """
    if kind not in ("number", "class"):
        raise InputError(f"got kind {kind!r}; wanted number or class")
    out, job = check_writable(out), job or Job()
    record = RunRecord("zonal", {"band": band, "kind": kind, "total": total})
    record.add_input("map", path)
    if zones_path:
        record.add_input("zones", zones_path)
    for note in zones.notes:
        record.warn(note)
    frame = zones.frame
    with record.step("zonal") as step:
        table = (
            class_areas(path, frame, band=band, job=job) if kind == "class"
            else zonal_numbers(path, frame, band=band, total=total, job=job)
        )  # fmt: skip
        step.found(zones=len(table), **table.attrs)
    if table.attrs["is_demo"] or zones.is_demo:
        record.mark_demo()
    warn_unseen(table, record)
    paths = write_zonal(out, frame, table)
    return record.finish(out, paths)


def warn_unseen(table: pd.DataFrame, record: RunRecord) -> None:
    """Say how many zones the map covers only in part."""
    part = int((table["seen_ha"] < table["area_ha"] * WHOLE_SHARE).sum())
    if part:
        record.warn(f"{part} 个分区未被数据完全覆盖，均值只代表有数据的部分（seen_ha）")


def write_zonal(out: Path, frame: gpd.GeoDataFrame, table: pd.DataFrame) -> list[Path]:
    """The table beside the zones' own columns, as CSV (UTF-8 with BOM, for Excel) and GPKG."""
    own = frame.drop(columns=frame.geometry.name)
    both = own.join(table.rename(columns={c: f"{c}_map" for c in table if c in own}))
    with whole_file(out / "zonal.csv") as part:
        both.to_csv(part, index=False, encoding="utf-8-sig", float_format="%.10g")
    shown = gpd.GeoDataFrame(both, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    with whole_file(out / "zonal.gpkg") as part:
        shown.to_file(part, layer="zonal", driver="GPKG", engine="pyogrio")
    return [out / "zonal.csv", out / "zonal.gpkg"]
