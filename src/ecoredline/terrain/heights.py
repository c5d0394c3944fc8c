"""The heights of a DEM file as a plane of metres on a grid of metres, whatever its size."""

from pathlib import Path

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.transform import array_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling, calculate_default_transform

from ecoredline.errors import InputError
from ecoredline.grid import Grid
from ecoredline.raster.layers import map_grid, map_profile, read_part
from ecoredline.raster.pixels import open_dataset
from ecoredline.record import Job, RunRecord
from ecoredline.terrain.flow import check_heights, extremes
from ecoredline.terrain.tiles import Plane, Scratch, Tiles

FIRST_MERIDIAN, LAST_MERIDIAN, ZONE_STEP = 75, 135, 3
FIRST_ZONE_EPSG = 4534  # CGCS2000 / 3-degree Gauss-Kruger CM 75E
EXACT = 1e-9  # cells; rasterio refuses 0


def metric_heights(
    dem: Path, in_degrees: str, side: int, scratch: Scratch, record: RunRecord, job: Job
) -> tuple[Plane, Grid]:
    """The DEM as a plane of float32 metres, NaN = nodata, and its grid in metres.

    In degrees it is refused, or warped with a line in the record. Raises `InputError` for heights no land has.
    """
    if in_degrees not in ("reproject", "refuse"):
        raise InputError(f"got in_degrees={in_degrees!r}; wanted 'reproject' or 'refuse'")
    with open_dataset(dem) as dataset:
        grid = map_grid(dataset, dem)
        if not grid.crs.is_geographic:
            unit = grid.crs.axis_info[0].unit_name
            if unit not in ("metre", "meter"):
                raise InputError(
                    f"got a DEM with coordinates in {unit}; wanted metres: warp it first"
                )
            return taken(dataset, dem, Tiles(grid.rows, grid.cols, side), scratch, job), grid
        if in_degrees == "refuse":
            raise InputError(
                "got a DEM in degrees; wanted metres, because slope compares heights with distances: "
                "warp it (gdalwarp -t_srs EPSG:4543) or let it be reprojected"
            )
        target = gauss_kruger_zone(sum(grid.bounds[::2]) / 2)
        plain = plain_copy(dataset, dem, grid, scratch.folder / "degrees.tif")
    record.warn(
        f"数字高程模型为经纬度坐标，已用双线性法重投影到 {target.name}（EPSG:{target.to_epsg()}）"
    )
    metric = grid_in(grid, target)
    with rasterio.open(plain) as degrees, warped(degrees, metric) as seen:
        plane = taken(seen, dem, Tiles(metric.rows, metric.cols, side), scratch, job)
    plain.unlink()
    return plane, metric


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


def grid_in(grid: Grid, target: CRS) -> Grid:
    """A grid of square cells over the same ground in another system."""
    bounds = array_bounds(grid.rows, grid.cols, grid.transform)
    transform, cols, rows = calculate_default_transform(
        grid.crs.to_wkt(), target.to_wkt(), grid.cols, grid.rows, *bounds
    )
    return Grid(target, transform, rows, cols)


def warped(dataset, grid: Grid) -> WarpedVRT:
    """A view of an open map on another grid, bilinear, every cell by the exact transformation.

    An approximate transformation, or a scale guessed anew for each window, would depend on where tiles begin.
    """
    return WarpedVRT(
        dataset, crs=grid.crs.to_wkt(), transform=grid.transform, width=grid.cols, height=grid.rows,
        resampling=Resampling.bilinear, nodata=np.nan, tolerance=EXACT, XSCALE=1, YSCALE=1,
    )  # fmt: skip


def plain_copy(dataset, path: Path, grid: Grid, copy: Path) -> Path:
    """The heights as they are meant (nodata, masks, scale applied), to be warped from."""
    profile = map_profile(grid) | {"compress": "none", "predictor": 1}
    tiles = Tiles(grid.rows, grid.cols)
    with rasterio.open(copy, "w", **profile) as made:
        for tile in range(len(tiles)):
            window = tiles.window(tile)
            made.write(read_part(dataset, path, 1, window).astype("f4"), 1, window=window)
    return copy


def taken(dataset, path: Path, tiles: Tiles, scratch: Scratch, job: Job) -> Plane:
    """All heights of an open map, checked as one."""
    plane, low, high = scratch.plane("dem", tiles, "f4"), np.inf, -np.inf
    for tile in range(len(tiles)):
        job.at("read", tile / len(tiles))
        heights = read_part(dataset, path, 1, tiles.window(tile)).astype("f4")
        plane.write(tile, heights)
        lowest, highest = extremes(heights)
        low, high = min(low, lowest), max(high, highest)
    check_heights(low, high)
    return plane
