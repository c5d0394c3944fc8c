"""More intake: RPC scenes laid on the ground, ZY-3 deliveries, drone mosaics, radar, catalogue, pairs."""

import json
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from click.testing import CliRunner
from rasterio.rpc import RPC

from ecoredline.change.radar import lee, radar_change
from ecoredline.cli import main
from ecoredline.errors import InputError, NotEnoughData
from ecoredline.patches.table import read_table
from ecoredline.pipeline.pairs import best_pair
from ecoredline.raster import open_scene
from ecoredline.raster.products import metadata_file
from ecoredline.raster.rectify import metric_crs, rectify
from ecoredline.raster.stac import write_catalogue

SIDE = 64
PLACE = Affine(10, 0, 480_000, 0, -10, 2_980_000)


def write(path, values, *, crs="EPSG:4543", transform=PLACE, tags=None, **options):
    options = {"driver": "GTiff", "height": values.shape[1], "width": values.shape[2],
               "count": len(values), "dtype": values.dtype, **options}  # fmt: skip
    if crs:
        options |= {"crs": crs, "transform": transform}
    with rasterio.open(path, "w", **options) as made:
        made.write(values)
        made.update_tags(**(tags or {}))
    return path


def four_bands(seed=1):
    return np.random.default_rng(seed).integers(300, 3000, (4, SIDE, SIDE)).astype(np.uint16)


def linear_rpc() -> RPC:
    """Line falls with latitude, sample rises with longitude, height shifts the sample."""

    def terms(**at):
        names = ("one", "lon", "lat", "height")
        return [float(at.get(n, 0)) for n in names] + [0.0] * 16

    one = terms(one=1)
    return RPC(height_off=1000, height_scale=500, lat_off=26.6, lat_scale=0.01,
               line_den_coeff=one, line_num_coeff=terms(lat=-1), line_off=32, line_scale=32,
               long_off=101.7, long_scale=0.01, samp_den_coeff=one,
               samp_num_coeff=terms(lon=1, height=0.5), samp_off=32, samp_scale=32)  # fmt: skip


@pytest.fixture
def raw_scene(tmp_path):
    """A GF-2 delivery whose image has RPC and no place."""
    values = np.full((4, SIDE, SIDE), 500, np.uint16)
    values[:, 28:36, 28:36] = 3000
    xml = tmp_path / "GF2_PMS1_E101.7_N26.6_20240315_L1A1-MSS1.xml"
    xml.write_text("<ProductMetaData><SatelliteID>GF2</SatelliteID><SensorID>PMS1</SensorID>"
                   "<CenterTime>2024-03-15 11:52:30</CenterTime></ProductMetaData>")  # fmt: skip
    write(xml.with_suffix(".tiff"), values, crs=None, rpcs=linear_rpc())
    return xml


def bright_centre(path):
    """Longitude and latitude of the bright square's middle."""
    scene = open_scene(path)
    with rasterio.open(path) as made:
        rows, cols = np.nonzero(made.read(1) > 2000)
    x, y = scene.grid.transform * (cols.mean() + 0.5, rows.mean() + 0.5)
    return scene, scene.grid.to_lonlat.transform(x, y)


def test_a_scene_with_rpc_lies_where_its_rpc_and_the_dem_say(raw_scene, tmp_path):
    notes = rectify(raw_scene, tmp_path / "flat.tif", pixel_m=30)
    assert "未给 DEM" in notes[0]
    scene, (lon, lat) = bright_centre(tmp_path / "flat.tif")
    assert (scene.sensor, scene.acquired_on) == ("GF2-PMS1", date(2024, 3, 15))
    assert list(scene.bands) == ["blue", "green", "red", "nir"]
    assert (lon, lat) == pytest.approx((101.7, 26.6), abs=6e-4)
    high = np.full((1, 8, 8), 1200, np.int16)  # 200 m above: samples move by 0.2 of the scale
    dem = write(
        tmp_path / "dem.tif",
        high,
        crs="EPSG:4326",
        transform=Affine(0.05, 0, 101.5, 0, -0.05, 26.8),
    )
    assert rectify(raw_scene, tmp_path / "dem_made.tif", dem=dem, pixel_m=30) == []
    _, (moved, _) = bright_centre(tmp_path / "dem_made.tif")
    assert moved - 101.7 == pytest.approx(-0.5 * 200 / 500 * 0.01, abs=6e-4)


def test_what_cannot_be_rectified_is_said(raw_scene, tmp_path):
    plain = write(tmp_path / "a.tif", four_bands())
    with pytest.raises(InputError, match="is rectified already"):
        rectify(plain, tmp_path / "b.tif")
    far = write(tmp_path / "dem.tif", np.ones((1, 8, 8), np.int16), crs="EPSG:4326",
                transform=Affine(0.05, 0, 90, 0, -0.05, 30))  # fmt: skip
    with pytest.raises(InputError, match="wanted a DEM that covers it"):
        rectify(raw_scene, tmp_path / "b.tif", dem=far)
    assert not (tmp_path / "b.tif").exists()
    with pytest.raises(InputError, match="wanted one of China"):
        metric_crs(-90)


def test_of_a_zy3_folder_the_multispectral_image_is_read(tmp_path):
    folder = tmp_path / "ZY302_TMS_E102_N27_20221126_L1A1"
    folder.mkdir()
    for kind in ("BWD", "FWD", "MUX", "NAD"):
        xml = folder / f"{folder.name}-{kind}.xml"
        xml.write_text("<sensor_corrected_metadata><productInfo><SatelliteID>ZY302</SatelliteID>"
                       f"<SensorID>{kind}</SensorID><AcquistionTime>2022-11-26 12:01:02</AcquistionTime>"
                       "</productInfo></sensor_corrected_metadata>")  # fmt: skip
        values = four_bands() if kind == "MUX" else four_bands()[:1]
        write(xml.with_suffix(".tif"), values)
    assert metadata_file(folder).stem.endswith("-MUX")
    scene = open_scene(folder)
    assert (scene.sensor, scene.acquired_on) == ("ZY302-MUX", date(2022, 11, 26))


def test_gf6_wide_field_in_three_parts_says_what_to_do(tmp_path):
    xml = tmp_path / "GF6_WFV_E104.9_N35.8_20201107_L1A1.xml"
    xml.write_text("<ProductMetaData><SatelliteID>GF6</SatelliteID></ProductMetaData>")
    write(tmp_path / f"{xml.stem}-1.tiff", four_bands())
    with pytest.raises(InputError, match="three unrectified images"):
        open_scene(xml)


def test_a_drone_mosaic_hides_what_its_alpha_hides(tmp_path):
    values = np.random.default_rng(2).integers(20, 200, (4, 256, 256)).astype(np.uint8)
    values[3] = 255
    values[3, :, :100] = 0
    path = write(tmp_path / "ortho_20250501.tif", values, transform=Affine(0.1, 0, 480_000, 0, -0.1, 2_980_000),
                 photometric="RGB", alpha="yes", tiled=True, blockxsize=128, blockysize=128,
                 compress="jpeg")  # fmt: skip
    scene = open_scene(path)
    assert list(scene.bands) == ["red", "green", "blue"]
    assert scene.acquired_on == date(2025, 5, 1)
    from ecoredline.raster import read

    seen = np.isfinite(read(scene, scene.grid, ["red"])[0])
    assert not seen[:, :96].any()
    assert seen[:, 104:].mean() > 0.999


def speckled(mean, looks, random):
    return mean * random.gamma(looks, 1 / looks, (128, 128))


def test_radar_sees_a_clearing_and_not_the_speckle():
    random = np.random.default_rng(3)
    ground = np.full((128, 128), 0.05)
    later = ground.copy()
    later[40:70, 40:70] /= 5  # 7 dB
    before, after = speckled(ground, 4.4, random), speckled(later, 4.4, random)
    _, found = radar_change(10 * np.log10(before), after)
    inside = np.zeros((128, 128), bool)
    inside[40:70, 40:70] = True
    assert found[44:66, 44:66].mean() > 0.9
    assert found[~inside].mean() < 0.01
    assert lee(before).std() < 0.5 * before.std()


def test_radar_patches_are_a_run_of_their_own_without_confidence(tmp_path):
    random = np.random.default_rng(3)
    later = np.full((128, 128), 0.05)
    later[40:70, 40:70] /= 5
    files = [str(write(tmp_path / f"vv_{day}.tif", speckled(mean, 4.4, random)[None].astype(np.float32)))
             for day, mean in (("20240501", 0.05), ("20250501", later))]  # fmt: skip
    redline = tmp_path / "redline.gpkg"
    gpd.GeoDataFrame({"code": ["R1"]}, geometry=[shapely.box(480_000, 2_978_720, 481_280, 2_980_000)],
                     crs=4543).to_file(redline)  # fmt: skip
    told = ["--redline", str(redline), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, ["radar", *files, *told])
    assert done.exit_code == 0, done.output
    table = read_table(tmp_path / "out")
    assert len(table) == 1
    assert table["found_by"].tolist() == ["EcoRedline sar_log_ratio"]
    assert np.isnan(table["confidence"].iloc[0])
    assert table["area_ha"].iloc[0] == pytest.approx(9.0, rel=0.25)
    swapped = CliRunner().invoke(main, ["radar", *files[::-1], *told])
    assert swapped.exit_code == 2
    assert "wanted before first" in swapped.output


def test_a_catalogue_is_written_of_what_opens_and_says_what_does_not(tmp_path):
    import pystac

    write(tmp_path / "a_20240501.tif", four_bands(), tags={"SENSOR": "GF-2"})
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub" / "b.tif", four_bands())
    (tmp_path / "cut.tif").write_bytes((tmp_path / "a_20240501.tif").read_bytes()[:500])
    items, faults = write_catalogue(tmp_path)
    assert [i["id"] for i in items] == ["a_20240501", "b"]
    assert len(faults) == 1
    assert faults[0].startswith("cut.tif")
    found = pystac.Collection.from_file(str(tmp_path / "stac" / "collection.json"))
    first = next(i for i in found.get_items() if i.id == "a_20240501")
    assert first.datetime.date() == date(2024, 5, 1)
    assert first.assets["data"].get_absolute_href() == str(tmp_path / "a_20240501.tif")
    text = json.loads((tmp_path / "stac" / "items" / "b.json").read_text())
    assert text["properties"]["datetime"] is None
    assert text["properties"]["start_datetime"]


def test_the_best_pair_is_clear_and_of_one_season(tmp_path):
    def scene(day, cloudy=False):
        values = four_bands()
        if cloudy:
            values[:, 20:44, 20:44] = 0
        return open_scene(write(tmp_path / f"s_{day}.tif", values, nodata=0))

    scenes = [scene("20230510"), scene("20231110"), scene("20240512", cloudy=True),
              scene("20240601"), scene("20241101")]  # fmt: skip
    x, y = scenes[0].grid.to_lonlat.transform(480_320, 2_979_680)
    patch = shapely.box(x - 5e-4, y - 5e-4, x + 5e-4, y + 5e-4)
    found = best_pair(scenes, patch, date(2024, 5, 1))
    assert [s.image_id for s in (found.before, found.after)] == ["s_20230510", "s_20240601"]
    assert "季节相差" in found.reason
    with pytest.raises(NotEnoughData, match="0 clear images before"):
        best_pair(scenes, patch, date(2020, 1, 1))
