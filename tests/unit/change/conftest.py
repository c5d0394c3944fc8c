"""Small pairs of images for the tests of change detection."""

import numpy as np
import pytest
import rasterio
from affine import Affine

BANDS = ("blue", "green", "red", "nir")


@pytest.fixture
def write_image(tmp_path):
    """Write reflectance as a tiled uint16 GeoTIFF; gives its path."""

    def write(name, image, transform=None, crs="EPSG:4543", tile=128, **options):
        path = tmp_path / name
        bands, rows, cols = image.shape
        values = image
        dtype = options.pop("dtype", "uint16")
        descriptions = options.pop("descriptions", BANDS[:bands])
        if dtype == "uint16" and image.dtype.kind == "f":
            values = np.where(np.isnan(image), 0, np.round(image * 1e4)).astype(np.uint16)
        profile = {
            "driver": "GTiff", "width": cols, "height": rows, "count": bands, "dtype": dtype,
            "crs": crs, "transform": transform or Affine(2, 0, 500_000, 0, -2, 2_950_000),
            "compress": "deflate",
        }  # fmt: skip
        if tile:
            profile |= {"tiled": True, "blockxsize": tile, "blockysize": tile}
        with rasterio.open(path, "w", **(profile | options)) as target:
            target.write(values.astype(dtype))
            for k, text in enumerate(descriptions, start=1):
                target.set_band_description(k, text)
        return path

    return write
