"""Pixels out of a file: opening, reading, what is nodata; every fault is a `SourceError`."""

import math
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ecoredline.errors import SourceError
from ecoredline.raster.products import metadata_file, virtual_raster


def open_dataset(path: Path):
    """Open an image, or a satellite product by its folder or metadata; raises `SourceError`."""
    if not path.exists():
        raise SourceError(f"got {path}, which does not exist; wanted a raster file")
    if path.is_file() and path.stat().st_size == 0:
        raise SourceError(f"{path} is empty (0 bytes): copy or download it again")
    told = metadata_file(path)
    source = virtual_raster(told, told.stat().st_mtime_ns) if told else path
    try:
        return rasterio.open(source)
    except RasterioError as fault:
        raise SourceError(
            f"could not read {path} as a raster ({fault}): it may be cut short or not an image; "
            "copy it again, or check it with gdalinfo"
        ) from fault


def read_window(
    dataset, path, indexes, window: Window, shape=None, mask: bool = False
) -> np.ndarray:
    """Read a window; raise `SourceError` that names the file and the window."""
    try:
        if mask:
            return dataset.read_masks(indexes, window=window, out_shape=shape)
        out_shape = None if shape is None else (len(indexes), *shape)
        return dataset.read(indexes, window=window, out_shape=out_shape)
    except (RasterioError, OSError) as fault:
        raise SourceError(
            f"could not read {path} at rows {window.row_off}+{window.height}, "
            f"cols {window.col_off}+{window.width} ({fault}): "
            "the file may be cut short; copy it again"
        ) from fault


def missing(values: np.ndarray, nodata: float | None) -> np.ndarray:
    """Which pixels (rows, cols) of raw values (bands, rows, cols) are nodata.

    Nodata 0, declared or not, counts only when every band is 0: a dark pixel may
    have one band at 0. Another declared number counts in any band, NaN always.

    >>> missing(np.array([[[0, 0]], [[0, 5]]], "uint16"), None)
    array([[ True, False]])
    """
    if values.dtype.kind == "f":
        bad = ~np.isfinite(values).all(axis=0)
        return bad if nodata is None or math.isnan(nodata) else bad | (values == nodata).any(axis=0)
    if not nodata:
        return (values == 0).all(axis=0)
    return (values == nodata).any(axis=0)
