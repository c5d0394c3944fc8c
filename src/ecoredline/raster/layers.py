"""One-band maps of numbers: read with their grid, written whole with what they say of themselves."""

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ecoredline.datum import refuse_old
from ecoredline.errors import InputError, SourceError, UnsuitableCRS
from ecoredline.files import whole_file
from ecoredline.grid import Grid
from ecoredline.raster.pixels import open_dataset
from ecoredline.raster.scene import DEMO_TAG
from ecoredline.record import DEMO_NOTICE

TILE_PX = 512


def map_grid(dataset, path, said: CRS | str | None = None) -> Grid:
    """The grid of an open dataset; raise `UnsuitableCRS` without a coordinate system, `InputError` when rotated.

    `said`: the system by the user's word, which goes before the file's own.
    """
    if dataset.crs is None and said is None:
        raise UnsuitableCRS(
            f"{path} has no coordinate system; wanted one: set it with gdal_edit.py -a_srs"
        )
    t = dataset.transform
    if t.b or t.d or t.a <= 0 or t.e >= 0:
        raise InputError(f"got {path} with a turned grid; wanted north up: warp it with gdalwarp")
    crs = refuse_old(CRS.from_user_input(said or dataset.crs.to_wkt()), path)
    return Grid(crs, t, dataset.height, dataset.width)


def read_map(
    path: Path | str, band: int = 1, *, said: CRS | str | None = None
) -> tuple[np.ndarray, Grid]:
    """A whole band as float64 (rows, cols), NaN = nodata, scale and offset applied, and its grid.

    `said` as in `map_grid`.
    """
    path = Path(path)
    with open_dataset(path) as dataset:
        grid = map_grid(dataset, path, said)
        return read_part(dataset, path, band, None), grid


def read_part(dataset, path, band: int, window: Window | None) -> np.ndarray:
    """A window (None: all) of a band as float64, NaN = nodata; raise `SourceError`."""
    try:
        stored = dataset.read(band, window=window, masked=True)
    except (RasterioError, OSError, IndexError) as fault:
        raise SourceError(f"could not read band {band} of {path} ({fault})") from fault
    values = np.ma.filled(stored.astype(np.float64), np.nan)
    scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
    return values if (scale, offset) == (1.0, 0.0) else values * scale + offset


def demo_tags(paths: Iterable[Path | str]) -> dict[str, str]:
    """Tags that a map bears when any of the maps it came from is demo data; else none."""
    for path in paths:
        with open_dataset(Path(path)) as dataset:
            if dataset.tags().get(DEMO_TAG) == "1":
                return {DEMO_TAG: "1", "ECOREDLINE_NOTICE": DEMO_NOTICE}
    return {}


def map_profile(grid: Grid, dtype: str = "float32", count: int = 1) -> dict:
    """How a map is stored: tiled, deflated; floats have NaN as nodata, codes 0."""
    whole = np.dtype(dtype).kind != "f"
    return {
        "driver": "GTiff", "crs": grid.crs.to_wkt(), "transform": grid.transform,
        "height": grid.rows, "width": grid.cols, "count": count, "dtype": dtype,
        "nodata": 0 if whole else math.nan, "tiled": True, "blockxsize": TILE_PX,
        "blockysize": TILE_PX, "compress": "deflate", "predictor": 2 if whole else 3,
        "BIGTIFF": "IF_SAFER",
    }  # fmt: skip


@contextlib.contextmanager
def open_map(
    path: Path | str, grid: Grid, *, dtype: str = "float32", zh: str = "", unit: str = "",
    tags: Mapping[str, str] | None = None,
) -> Iterator:  # fmt: skip
    """An open one-band map to write windows into; it appears whole or not at all."""
    with (
        whole_file(Path(path)) as part,
        rasterio.open(part, "w", **map_profile(grid, dtype)) as made,
    ):
        made.set_band_description(1, zh)
        made.set_band_unit(1, unit)
        made.update_tags(**(tags or {}))
        yield made


def write_map(path: Path | str, values: np.ndarray, grid: Grid, **facts) -> Path:
    """Write a map (rows, cols); `facts` as in `open_map`."""
    with open_map(path, grid, **facts) as made:
        made.write(np.asarray(values).astype(made.dtypes[0]), 1)
    return Path(path)
