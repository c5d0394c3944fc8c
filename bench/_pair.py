"""A big pair to measure speed with: textured noise, a radiometric shift, some 300 changes."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from rasterio.shutil import copy
from scipy import ndimage
from shapely.geometry import box

PIXEL_M = 2.0
WEST, NORTH = 482_000.0, 2_950_000.0  # EPSG:4543
TILE = 512
CHANGES = 300
MEAN = np.array([500, 700, 800, 2400], np.float32)  # reflectance × 10000
MIXING = np.array(  # spectral covariance: brightness, greenness, a little of each band alone
    [[160, -60, 20], [190, -40, 25], [230, -110, 30], [380, 420, 60]], np.float32
)
GAIN, OFFSET = 0.92, 60.0
NOISE = 18.0
BUILT = np.array([2300, 2500, 2700, 3000], np.float32)


def make_pair(folder: Path, size: int, seed: int = 1) -> dict[str, Path]:
    """Write before.tif, after.tif (COG, DEFLATE, 512 tiles) and redline.gpkg once; give their paths."""
    paths = {name: folder / f"{name}-{size}.tif" for name in ("before", "after")}
    paths["redline"] = folder / f"redline-{size}.gpkg"
    if all(path.exists() for path in paths.values()):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    coarse = [rng.standard_normal((3, size // s + 3, size // s + 3)) for s in (64, 512)]
    coarse = [field.astype(np.float32) for field in coarse]
    places = rng.integers(0, size - 80, (CHANGES, 2)), rng.integers(12, 70, (CHANGES, 2))
    for number, name in enumerate(("before", "after")):
        plain = folder / f"{name}-{size}-{os.getpid()}.plain.tif"
        write_plain(plain, size, coarse, places if number else None, seed + number)
        part = folder / f"{name}-{size}-{os.getpid()}.part.tif"
        copy(plain, part, driver="COG", COMPRESS="DEFLATE", BLOCKSIZE=TILE, NUM_THREADS="2",
             OVERVIEW_RESAMPLING="AVERAGE", BIGTIFF="IF_SAFER")  # fmt: skip
        plain.unlink()
        part.rename(paths[name])
    write_redline(paths["redline"], size)
    return paths


def write_plain(path: Path, size: int, coarse, places, seed: int) -> None:
    """One date, tile by tile; `places` (corners, sides) are built over when given."""
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 4, "dtype": "uint16",
        "crs": "EPSG:4543", "transform": Affine(PIXEL_M, 0, WEST, 0, -PIXEL_M, NORTH),
        "tiled": True, "blockxsize": TILE, "blockysize": TILE, "BIGTIFF": "IF_SAFER",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        for number, name in enumerate(("blue", "green", "red", "nir"), start=1):
            target.set_band_description(number, name)
        for row in range(0, size, TILE):
            for col in range(0, size, TILE):
                window = rasterio.windows.Window(
                    col, row, min(TILE, size - col), min(TILE, size - row)
                )
                target.write(tile(window, coarse, places, seed), window=window)


def tile(window, coarse, places, seed: int) -> np.ndarray:
    """Values uint16 (4, rows, cols) of one tile; the ground is the same on both dates."""
    row, col, rows, cols = window.row_off, window.col_off, window.height, window.width
    fine = np.random.default_rng([row, col]).standard_normal((3, rows, cols), np.float32)
    parts = ndimage.gaussian_filter(fine, (0, 1.2, 1.2)) * 2.5
    for field, step in zip(coarse, (64, 512), strict=True):
        y, x = (row + np.arange(rows)) / step, (col + np.arange(cols)) / step
        grid = np.meshgrid(y, x, indexing="ij")
        parts += np.stack([ndimage.map_coordinates(f, grid, order=1) for f in field])
    values = MEAN[:, None, None] + np.tensordot(MIXING, parts, 1)
    if places is not None:
        for (r, c), (h, w) in zip(*places, strict=True):
            inner = np.s_[
                :, max(0, r - row) : max(0, r + h - row), max(0, c - col) : max(0, c + w - col)
            ]
            values[inner] = 0.2 * values[inner] + 0.8 * BUILT[:, None, None]
        values = values * GAIN + OFFSET
    noise = np.random.default_rng([row, col, seed]).standard_normal(values.shape, np.float32)
    return np.clip(values + NOISE * noise, 1, 10_000).astype(np.uint16)


def write_redline(path: Path, size: int) -> None:
    """Twenty-five polygons that cover nearly the whole image, so that no block is skipped."""
    side = size * PIXEL_M / 5
    shapes = [
        box(WEST + i * side + 20, NORTH - (j + 1) * side + 20, WEST + (i + 1) * side - 20, NORTH - j * side - 20)
        for i in range(5) for j in range(5)
    ]  # fmt: skip
    frame = gpd.GeoDataFrame(
        {"code": [f"B{n:03d}" for n in range(25)], "name": [f"bench {n}" for n in range(25)]},
        geometry=shapes, crs="EPSG:4543",
    )  # fmt: skip
    frame.to_crs(4490).to_file(path, layer="redline", driver="GPKG")
