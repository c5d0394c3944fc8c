"""A TIFF strung together from packed tiles: GDAL reads the pixels and words it would have written itself."""

import math

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.io import MemoryFile

from ecoredline.errors import ComputationError
from ecoredline.grid import Grid
from ecoredline.raster.layers import map_profile
from ecoredline.raster.tile_sheet import TileSheet, empty_tiff, read_directory, tiles_in

GRID = Grid(CRS.from_epsg(4490), Affine(0.001, 0, 101, 0, -0.001, 27), 1100, 900)
SIDE = 512


def packed(values, profile):
    with MemoryFile() as held:
        with held.open(**profile) as made:
            made.write(values)
        return bytes(held.getbuffer())


@pytest.mark.parametrize("kind", ["IF_SAFER", "YES"])
def test_gdal_reads_what_it_would_have_written(tmp_path, kind):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(2, GRID.rows, GRID.cols)).astype("float32")
    values[:, 100:300] = np.nan
    profile = map_profile(GRID, count=2) | {"BIGTIFF": kind}
    path = tmp_path / "a.tif"
    with open(path, "wb") as stream:
        sheet = TileSheet(stream, 2, 3)
        for row in (2, 0):  # the middle row of tiles is left out, order does not matter to a reader
            for col in range(2):
                here = values[:, row * SIDE : (row + 1) * SIDE, col * SIDE : (col + 1) * SIDE]
                small = profile | {"height": here.shape[1], "width": here.shape[2]}
                sheet.put(row, col, 1, tiles_in(packed(here, small)))
        sheet.finish(empty_tiff(profile, lambda made: made.update_tags(WORDS="生态" * 40)))
    whole = values.copy()
    whole[:, SIDE : 2 * SIDE] = np.nan
    assert read_directory(path.read_bytes())[0] == (kind == "YES")
    with rasterio.open(path) as made:
        np.testing.assert_array_equal(made.read(), whole)
        assert made.tags()["WORDS"] == "生态" * 40 and math.isnan(made.nodata)
        assert (made.transform, made.crs.to_epsg()) == (GRID.transform, 4490)
        assert made.profile["compress"] == "deflate" and made.block_shapes[0] == (SIDE, SIDE)


def test_what_is_no_such_tiff_is_refused(tmp_path):
    with pytest.raises(ComputationError, match="little-endian"):
        read_directory(b"MM\0*\0\0\0\x08")
    with open(tmp_path / "a.tif", "wb") as stream, pytest.raises(ComputationError, match="wanted 2"):  # fmt: skip
        TileSheet(stream, 2, 1).finish(empty_tiff(map_profile(GRID)))
