"""A tile far coarser than the image is warped to its own pixels: never at the image's resolution over half a country."""

import io
from types import SimpleNamespace

import morecantile
import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_origin
from rio_tiler.io import Reader

from ecoredline.web.imagery import render

SHARE = 4 / 3  # of the pixels, roughly: an edge pixel counts or not


@pytest.fixture
def scene(tmp_path):
    """1.5 by 0.8 km at 10 m, the left half nodata."""
    path = tmp_path / "s.tif"
    data = np.full((3, 80, 150), 500, "uint16")
    data[:, :, :75] = 0
    place = from_origin(460_000, 2_950_000, 10, 10)
    with rasterio.open(path, "w", driver="GTiff", width=150, height=80, count=3, dtype="uint16",
                       crs="EPSG:4543", transform=place, nodata=0) as out:  # fmt: skip
        out.write(data)
    return SimpleNamespace(
        path=str(path), sha256="x", image_id="s", bands=[["red", 1], ["green", 2], ["blue", 3]],
        nodata=0, stretch=[[0, 1000]] * 3, max_zoom=14,
    )  # fmt: skip


def seen(scene, z):
    """The visible pixels of the tile over the scene's middle."""
    with Reader(scene.path) as source:
        west, south, east, north = source.get_geographic_bounds("EPSG:4326")
    place = morecantile.tms.get("WebMercatorQuad").tile((west + east) / 2, (south + north) / 2, z)
    body = render.tile(scene, z, place.x, place.y)
    picture = np.array(Image.open(io.BytesIO(body)))
    return picture[picture[..., 3] > 0]


def test_coarse_tiles_show_what_fine_ones_show_without_reading_at_the_images_size(
    scene, monkeypatch
):
    fine = seen(scene, 14)
    monkeypatch.setattr(Reader, "tile", lambda *_, **__: pytest.fail("read at full size"))
    for z in (13, 12, 11, 8):
        found = seen(scene, z)
        assert set(map(tuple, found)) == {(127, 127, 127, 255)}
        wanted = len(fine) / 4 ** (14 - z)
        assert abs(len(found) - wanted) <= max(4, wanted * (SHARE - 1)), z
    assert render.tile(scene, 8, 0, 0) is None
