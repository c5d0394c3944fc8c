"""The operator's own ground: real files of every kind the setting takes, without any key."""

import io

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from affine import Affine
from PIL import Image
from test_access import tile_of

from ecoredline.web.maps import ground
from ecoredline.web.maps.ground import TIANDITU_URL, grounds

pytestmark = pytest.mark.django_db
LON, LAT, ZOOM = 101.7, 26.6, 13
HALF = 0.5 * 2 * np.pi * 6378137


def mercator(lon, lat):
    return np.radians(lon) * 6378137, np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) * 6378137


def picture_file(path, driver):
    """A picture of 512 pixels, red west and blue east of the place."""
    x, y = mercator(LON, LAT)
    pixel = 2 * HALF / 256 / 2**ZOOM
    pixels = np.zeros((3, 512, 512), dtype="uint8")
    pixels[0, :, :256], pixels[2, :, 256:] = 200, 200
    plain = path.with_name("plain.tif")
    facts = {"driver": "GTiff", "count": 3, "dtype": "uint8", "width": 512, "height": 512,
             "crs": "EPSG:3857", "transform": Affine(pixel, 0, x - 256 * pixel, 0, -pixel, y + 256 * pixel)}  # fmt: skip
    with rasterio.open(plain, "w", **facts) as target:
        target.write(pixels)
    rasterio.shutil.copy(plain, path, driver=driver)
    return path


def asked(client, dx=0.0, dy=0.0):
    z, x, y = tile_of(LON + dx, LAT + dy, ZOOM)
    got = client.get(f"/map/ground/{z}/{x}/{y}.png")
    assert got.status_code in (200, 204)
    return np.asarray(Image.open(io.BytesIO(got.content)).convert("RGBA")) if got.content else None


@pytest.mark.parametrize(
    ("name", "driver"), [("own.tif", "COG"), ("own.mbtiles", "MBTiles"), ("own.gpkg", "GPKG")]
)
def test_a_picture_file_becomes_the_ground(as_person, run, settings, tmp_path, name, driver):
    settings.BASEMAP_FILE = str(picture_file(tmp_path / name, driver))
    client = as_person("yanbian_officer")
    assert [g["name"] for g in grounds()] == ["plain", "own"]
    west, east = asked(client, dx=-0.03), asked(client, dx=0.03)
    assert [tuple(p[..., :3][p[..., 3] > 0].mean(axis=0).argsort()[-1:]) for p in (west, east)] == [(0,), (2,)]  # fmt: skip
    assert asked(client, dx=1) is None


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4543"])
def test_rivers_and_roads_of_a_geopackage_become_the_ground(
    as_person, run, settings, tmp_path, crs
):
    path = tmp_path / "own.gpkg"
    river = shapely.LineString([(LON - 0.1, LAT), (LON + 0.1, LAT)])
    for layer, shape in (("河流", river), ("road", shapely.affinity.rotate(river, 90))):
        frame = gpd.GeoDataFrame(geometry=[shape], crs="EPSG:4490").to_crs(crs)
        frame.to_file(path, layer=layer)
    settings.BASEMAP_FILE = str(path)
    client = as_person("yanbian_officer")
    z, x, y = tile_of(LON, LAT, ZOOM)
    drawn = asked(client)
    row = (0.5 - mercator(LON, LAT)[1] / 2 / HALF) * 2**z - y
    blue = (drawn[..., 2] > drawn[..., 0] + 30) & (drawn[..., 3] > 100)
    assert np.abs(np.nonzero(blue)[0] - row * 256).max() < 3  # along the parallel of the river
    brown = (drawn[..., 0] > drawn[..., 2] + 20) & (drawn[..., 3] > 100)
    assert np.abs(np.nonzero(brown)[1] - ((LON + 180) / 360 * 2**z - x) * 256).max() < 3
    assert asked(client, dx=0.5) is None


def test_a_file_that_is_none_is_said(as_person, run, settings, tmp_path):
    settings.BASEMAP_FILE = str(tmp_path / "gone.tif")
    got = as_person("yanbian_officer").get("/map/ground/3/6/3.png")
    assert got.status_code == 422
    assert "ECOREDLINE_BASEMAP" in " ".join(got.json()["details"])


def test_the_addresses_of_tianditu_are_those_of_its_service(settings, client):
    settings.TIANDITU_KEY, settings.BASEMAP_FILE = "abc123", ""
    found = {g["name"]: g["urls"] for g in grounds()}
    assert list(found) == ["plain", "tdt-vec", "tdt-img", "tdt-ter"]
    assert found["tdt-img"] == [TIANDITU_URL.format(layer=n, key="abc123") for n in ("img", "cia")]
    assert found["tdt-img"][0] == (
        "https://t{0-7}.tianditu.gov.cn/img_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=img&STYLE=default"
        "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=abc123"
    )
    assert ground.TIANDITU_DEEPEST == 18
