"""A simulated scene as files: images window by window, layers as GeoPackages."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
from pyogrio.errors import DataLayerError, DataSourceError, GeometryError
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ecoredline.errors import OutputError
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE, Job
from ecoredline.simulate.dates import DATES
from ecoredline.simulate.render import BANDS, Painting, render
from ecoredline.simulate.scene import Plan

TILE_PX = 512
BLOCK_ROWS, BLOCK_COLS = 512, 2048
SENSOR = "SIM-1 (演示合成)"
SCALE = 1e-4  # reflectance per digital number
COLORS = (ColorInterp.blue, ColorInterp.green, ColorInterp.red, ColorInterp.undefined)
SMALLEST_OVERVIEW_PX = 256
CACHE_MIB = 128  # of GDAL, which else takes a twentieth of the machine's memory


def windows(rows: int, cols: int, block: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Windows (row, col, rows, cols) that cover an image, row by row.

    >>> windows(3, 5, (2, 4))[-1]
    (2, 4, 1, 1)
    """
    return [
        (row, col, min(block[0], rows - row), min(block[1], cols - col))
        for row in range(0, rows, block[0])
        for col in range(0, cols, block[1])
    ]


def overview_factors(rows: int, cols: int) -> list[int]:
    """Halvings until the longer side has at most SMALLEST_OVERVIEW_PX pixels.

    >>> overview_factors(1000, 400)
    [2, 4]
    """
    factors, factor = [], 2
    while 2 * max(rows, cols) > SMALLEST_OVERVIEW_PX * factor:
        factors.append(factor)
        factor *= 2
    return factors


def profile(plan: Plan) -> dict:
    """How the images are stored."""
    grid = plan.grid
    return {
        "driver": "GTiff", "dtype": "uint16", "count": len(BANDS), "nodata": 0,
        "height": grid.rows, "width": grid.cols, "crs": grid.crs.to_wkt(), "transform": grid.transform,
        "tiled": True, "blockxsize": TILE_PX, "blockysize": TILE_PX, "interleave": "pixel",
        "compress": "deflate", "predictor": 2, "zlevel": 1, "bigtiff": "IF_SAFER",
        "photometric": "MINISBLACK",
    }  # fmt: skip


def tags(plan: Plan, index: int) -> dict[str, str]:
    """What an image says about itself."""
    day = DATES[index]
    return {
        "TIFFTAG_DATETIME": f"{day:%Y:%m:%d} 11:50:00",
        "TIFFTAG_IMAGEDESCRIPTION": DEMO_NOTICE,
        "ACQUISITION_DATE": day.isoformat(),
        "ECOREDLINE_DEMO": "1",
        "ECOREDLINE_SEED": str(plan.seed),
        "SENSOR": SENSOR,
    }


def rendered(
    painting: Painting, parts: list[tuple[int, int, int, int]]
) -> Iterator[tuple[tuple[int, int, int, int], np.ndarray]]:
    """Each window with its pixels; the next is made while the last is written."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(render, painting, *parts[0])
        for k, part in enumerate(parts):
            pixels = coming.result()
            if k + 1 < len(parts):
                coming = pool.submit(render, painting, *parts[k + 1])
            yield part, pixels


def write_image(
    plan: Plan,
    index: int,
    path: Path,
    job: Job,
    *,
    block: tuple[int, int] = (BLOCK_ROWS, BLOCK_COLS),
) -> Path:
    """Write one date's image; the pixels do not depend on `block`. Raises `OutputError`."""
    stage = ("before", "after")[index]
    parts = windows(plan.grid.rows, plan.grid.cols, block)
    with whole_file(path) as part, rasterio.Env(GDAL_CACHEMAX=CACHE_MIB << 20):
        try:
            with rasterio.open(part, "w", **profile(plan)) as target:
                for band, name in enumerate(BANDS, 1):
                    target.set_band_description(band, name)
                target.colorinterp = COLORS
                target.scales = (SCALE,) * len(BANDS)
                target.update_tags(**tags(plan, index))
                for k, (part_window, pixels) in enumerate(rendered(plan.paintings[index], parts)):
                    job.at(stage, k / len(parts))
                    row, col, height, width = part_window
                    target.write(pixels, window=Window(col, row, width, height))
            job.at(stage, 1.0, "overviews")
            factors = overview_factors(plan.grid.rows, plan.grid.cols)
            with rasterio.open(part, "r+") as target:
                if factors:
                    target.build_overviews(factors, Resampling.average)
        except RasterioError as fault:
            raise OutputError(f"could not write {path}: {fault}; is the disk full?") from fault
    return path


def write_layers(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> Path:
    """Write a GeoPackage with these layers; whole or not at all. Raises `OutputError`."""
    with whole_file(path) as part:
        try:
            for name, frame in layers.items():
                points = len(frame) > 0 and (frame.geom_type == "Point").all()
                pyogrio.write_dataframe(
                    frame, part, layer=name, driver="GPKG", append=part.exists(),
                    geometry_type="Point" if points else "MultiPolygon", promote_to_multi=not points,
                )  # fmt: skip
        except (DataSourceError, DataLayerError, GeometryError) as fault:
            raise OutputError(f"could not write {path}: {fault}; is the disk full?") from fault
    return path


def write_record(path: Path, record: dict) -> Path:
    """Write simulation.json, last of all: its presence means a whole scene."""
    with whole_file(path) as part:
        part.write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
    return path
