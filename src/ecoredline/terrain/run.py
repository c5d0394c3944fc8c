"""From a DEM file to maps of flow, slope and LS, with a record of what was repaired."""

from pathlib import Path

import numpy as np
from pyproj import CRS
from rasterio.transform import array_bounds
from rasterio.warp import Resampling, calculate_default_transform, reproject
from rasterio.windows import Window

from ecoredline.ecosystem.terrain import ls_factor_desmet_govers
from ecoredline.errors import InputError
from ecoredline.files import check_writable
from ecoredline.grid import Grid
from ecoredline.raster.layers import demo_tags, open_map, read_map, write_map
from ecoredline.record import Job, RunRecord
from ecoredline.terrain.flow import NODATA_DIRECTION, flow_directions, resolve_pits
from ecoredline.terrain.gradient import HALO_PX, aspect_degrees, slope_of_dem
from ecoredline.terrain.spread import FLOW_ZH, accumulate_flow, check_flow

LARGEST_CELLS = 400_000_000  # flow needs the whole map at once, some 40 bytes a cell
BLOCK_ROWS = 512
FIRST_MERIDIAN, LAST_MERIDIAN, ZONE_STEP = 75, 135, 3
FIRST_ZONE_EPSG = 4534  # CGCS2000 / 3-degree Gauss-Kruger CM 75E
WORDS = {
    "filled": ("填洼后高程", "m"),
    "slope": ("坡度", "°"),
    "flow_direction": ("流向 D8", "code"),
    "flow_accumulation": ("汇流像元数", "1"),
    "ls": ("坡长坡度因子 LS", "1"),
}


def derive_terrain(
    dem: Path | str, out: Path | str, *, longest_m: float = 300.0, in_degrees: str = "reproject",
    flow: str = "d8", job: Job | None = None,
) -> Path:  # fmt: skip
    """Write filled.tif, slope.tif, flow_direction.tif, flow_accumulation.tif, ls.tif and run.json.

    Parameters
    ----------
    longest_m : slope length beyond which L grows no more; HJ 1173 gives none, so it is a parameter.
    in_degrees : "reproject" brings a DEM in degrees onto the Gauss-Krüger zone of its middle and
        says so in the record; "refuse" raises.
    flow : how water is counted for flow_accumulation and LS: "d8", "dinf" or "mfd" (shares as InVEST's);
        flow_direction.tif is the single way in any case.

    Raises `InputError` (no heights, too large, in degrees), `SourceError`, `OutputError`.
    """
    check_flow(flow)
    dem, out, job = Path(dem), check_writable(out), job or Job()
    parameters = {"longest_m": longest_m, "in_degrees": in_degrees, "flow": flow}
    record = RunRecord("terrain", parameters)
    record.add_input("dem", dem)
    job.at("read", 0.0)
    values, grid = read_map(dem)
    tags = demo_tags([dem])
    if tags:
        record.mark_demo()
    values, grid = metric_dem(values, grid, in_degrees, record)
    check_size(grid)
    job.at("flow", 0.2)
    with record.step("pits") as step:
        filled, way = resolve_pits(values)
        step.found(**raised_cells(values, filled, record))
    cell = cell_size(grid)
    directions = flow_directions(filled, way, cell)
    counts = accumulate_flow(filled, directions, cell, flow)
    job.at("write", 0.6)
    paths = [
        save(out, "filled", filled, grid, tags=tags),
        save(out, "flow_direction", directions_stored(directions), grid, dtype="uint8", tags=tags),
        save(
            out, "flow_accumulation", counts, grid, tags={**tags, "ECOREDLINE_FLOW": FLOW_ZH[flow]}
        ),
        *write_gradients(out, filled, counts, grid, longest_m, job, tags),
    ]
    return record.finish(out, paths)


def metric_dem(values, grid: Grid, in_degrees: str, record: RunRecord) -> tuple[np.ndarray, Grid]:
    """The DEM on a grid in metres; in degrees it is refused, or warped with a line in the record."""
    if in_degrees not in ("reproject", "refuse"):
        raise InputError(f"got in_degrees={in_degrees!r}; wanted 'reproject' or 'refuse'")
    if not grid.crs.is_geographic:
        unit = grid.crs.axis_info[0].unit_name
        if unit not in ("metre", "meter"):
            raise InputError(f"got a DEM with coordinates in {unit}; wanted metres: warp it first")
        return values, grid
    if in_degrees == "refuse":
        raise InputError(
            "got a DEM in degrees; wanted metres, because slope compares heights with distances: "
            "warp it (gdalwarp -t_srs EPSG:4543) or let it be reprojected"
        )
    target = gauss_kruger_zone(sum(grid.bounds[::2]) / 2)
    made, metric = warped(values, grid, target)
    record.warn(
        f"数字高程模型为经纬度坐标，已用双线性法重投影到 {target.name}（EPSG:{target.to_epsg()}）"
    )
    return made, metric


def gauss_kruger_zone(longitude: float) -> CRS:
    """The 3-degree CGCS2000 zone whose meridian is nearest; `InputError` outside China's zones.

    >>> gauss_kruger_zone(101.7).to_epsg()
    4543
    """
    meridian = ZONE_STEP * round(longitude / ZONE_STEP)
    if not FIRST_MERIDIAN <= meridian <= LAST_MERIDIAN:
        raise InputError(
            f"got a DEM in degrees at longitude {longitude:.2f}, outside the zones of CGCS2000; "
            "warp it to a system in metres first"
        )
    return CRS.from_epsg(FIRST_ZONE_EPSG + (meridian - FIRST_MERIDIAN) // ZONE_STEP)


def warped(values: np.ndarray, grid: Grid, target: CRS) -> tuple[np.ndarray, Grid]:
    """Values on a grid of square cells in `target`, bilinear."""
    source, wanted = grid.crs.to_wkt(), target.to_wkt()
    bounds = array_bounds(grid.rows, grid.cols, grid.transform)
    transform, cols, rows = calculate_default_transform(
        source, wanted, grid.cols, grid.rows, *bounds
    )
    made = np.full((rows, cols), np.nan)
    reproject(
        values, made, src_transform=grid.transform, src_crs=source, src_nodata=np.nan,
        dst_transform=transform, dst_crs=wanted, dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )  # fmt: skip
    return made, Grid(target, transform, rows, cols)


def check_size(grid: Grid) -> None:
    """Raise `InputError` when the map is too large for flow, which needs it whole."""
    if grid.rows * grid.cols > LARGEST_CELLS:
        raise InputError(
            f"got a DEM of {grid.rows} x {grid.cols}; flow needs the whole map in memory, at most "
            f"{LARGEST_CELLS:,} cells: cut it by river basin"
        )


def cell_size(grid: Grid) -> tuple[float, float]:
    """Width and height of a cell in the grid's metres."""
    return abs(grid.transform.a), abs(grid.transform.e)


def raised_cells(dem, filled, record: RunRecord) -> dict:
    """How many cells of pits were raised, and by how much at most; a line in the record."""
    rise = filled - dem
    count, most = int((rise > 0).sum()), float(np.nanmax(rise))
    if count:
        record.warn(f"填洼 {count} 个像元，最多抬高 {most:.2f} 米")
    return {"raised_cells": count, "most_m": round(most, 4)}


def directions_stored(directions: np.ndarray) -> np.ndarray:
    """As in a file: 255 leaves the map, 0 is nodata."""
    stored = np.where(directions == 0, 255, directions)
    return np.where(directions == NODATA_DIRECTION, 0, stored)


def write_gradients(out, filled, counts, grid, longest_m, job: Job, tags) -> list[Path]:
    """slope.tif and ls.tif, a strip of rows at a time with one row of margin."""
    cell = cell_size(grid)
    paths = [out / "slope.tif", out / "ls.tif"]
    with open_map(paths[0], grid, **facts("slope"), tags=tags) as slopes, open_map(
        paths[1], grid, **facts("ls"), tags=tags
    ) as factors:  # fmt: skip
        for top in range(0, grid.rows, BLOCK_ROWS):
            job.at("slope", top / grid.rows)
            bottom = min(top + BLOCK_ROWS, grid.rows)
            slope, ls = strip(filled, counts, top, bottom, cell, longest_m)
            window = Window(0, top, grid.cols, bottom - top)
            slopes.write(slope.astype("float32"), 1, window=window)
            factors.write(ls.astype("float32"), 1, window=window)
    return paths


def strip(filled, counts, top: int, bottom: int, cell, longest_m: float):
    """Slope and LS of the rows top..bottom."""
    first = max(0, top - HALO_PX)
    part = filled[first : bottom + HALO_PX]
    inner = slice(top - first, top - first + bottom - top)
    slope = slope_of_dem(part, cell)[inner]
    aspect = np.nan_to_num(aspect_degrees(part, cell)[inner])
    size = float(np.sqrt(cell[0] * cell[1]))
    return slope, ls_factor_desmet_govers(slope, counts[top:bottom], aspect, size, longest_m)


def facts(name: str) -> dict:
    """Chinese name and unit of a map."""
    zh, unit = WORDS[name]
    return {"zh": zh, "unit": unit}


def save(out: Path, name: str, values, grid: Grid, **more) -> Path:
    """Write one map of the folder."""
    return write_map(out / f"{name}.tif", values, grid, **facts(name), **more)
