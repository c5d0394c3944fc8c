"""An image without overviews gets some at import, and its own bytes stay as they are."""

import io
from datetime import date

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image
from rio_tiler.io import Reader

from ecoredline.files import sha256
from ecoredline.web.imagery import overviews, render
from ecoredline.web.imagery.actions import register_scene

pytestmark = pytest.mark.django_db
SIDE = 2300


def write(path, side=SIDE, factors=()):
    """A scene of checks of 1 pixel on a slope: without averaging a low zoom is noise."""
    rows, cols = np.mgrid[0:side, 0:side]
    pixels = ((rows + cols) % 2 * 2000 + cols * 2000 / side).astype("uint16") + 100
    facts = {"driver": "GTiff", "count": 3, "dtype": "uint16", "width": side, "height": side,
             "crs": "EPSG:4543", "transform": Affine(10, 0, 480_000, 0, -10, 2_980_000),
             "tiled": True, "nodata": 0}  # fmt: skip
    with rasterio.open(path, "w", **facts) as target:
        target.write(np.stack([pixels] * 3))
        for band, name in enumerate(("red", "green", "blue"), 1):
            target.set_band_description(band, name)
    if factors:
        with rasterio.open(path, "r+") as target:
            target.build_overviews(factors)
    return path


def register(path):
    return register_scene(path, sha256=sha256(path), is_demo=True, acquired_on=date(2026, 3, 5))


def test_a_large_image_without_overviews_gets_them_beside_the_platform_s_files(tmp_path, settings):
    path = write(tmp_path / "plain.tif")
    before = sha256(path)
    scene = register(path)
    made = overviews.readable(scene.path, scene.sha256)
    assert made.startswith(str(settings.ECOREDLINE_VAR))
    with rasterio.open(made) as found, rasterio.open(path) as source:
        assert found.overviews(1) == [2, 4, 8]
        assert (found.nodata, found.descriptions) == (source.nodata, source.descriptions)
        assert np.array_equal(found.read(1), source.read(1))
    assert sha256(path) == before
    assert not list(tmp_path.glob("*.ovr"))
    west, south, east, north = scene.footprint.extent
    with Reader(path) as reader:
        z = reader.minzoom
        tile = next(iter(reader.tms.tiles((west + east) / 2, (south + north) / 2, east, north, z)))
    picture = np.asarray(Image.open(io.BytesIO(render.tile(scene, z, tile.x, tile.y))))
    inner = picture[..., 0][picture[..., 3] > 0].astype(float)
    rows = picture[..., 0].astype(float)
    rows[picture[..., 3] == 0] = np.nan
    assert inner.size > 500
    assert np.nanmean(np.nanstd(rows, axis=0)) < 8  # the checks are averaged away, the slope stays
    assert overviews.build(scene.path, scene.sha256) is False  # made once


def test_an_image_with_overviews_and_a_small_one_are_read_as_they_are(tmp_path):
    for name, options in (("cog", {"factors": (2, 4)}), ("small", {"side": 300})):
        scene = register(write(tmp_path / f"{name}.tif", **options))
        assert overviews.readable(scene.path, scene.sha256) == scene.path


def test_a_disk_that_is_full_costs_only_the_overviews(tmp_path, settings, caplog):
    settings.ECOREDLINE_VAR = tmp_path / "file"
    settings.ECOREDLINE_VAR.write_text("")
    scene = register(write(tmp_path / "plain.tif"))
    assert overviews.readable(scene.path, scene.sha256) == scene.path
    assert "no overviews of plain.tif" in caplog.text
