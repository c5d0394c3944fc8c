"""Rasters, photos, the catalogue itself, reports and repair."""

import csv
import json
import shutil
import zipfile
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from openpyxl import load_workbook
from PIL import ExifTags, Image
from rasterio.transform import from_origin
from shapely.geometry import Polygon, box

from ecoredline.codes import HERE as CODES
from ecoredline.geodesy import areas_ha
from ecoredline.quality import CheckOptions, catalogue, check_delivery, repair_delivery
from ecoredline.quality.catalogue import FUNCTIONS
from ecoredline.quality.command import command


def raster(path, size=64, kind="uint16", bands=4, pixel=2.0, crs="EPSG:4543", nodata=0, **more):
    profile = {"driver": "GTiff", "width": size, "height": size, "count": bands, "dtype": kind,
               "crs": crs, "transform": from_origin(500000, 2940000, pixel, pixel), "nodata": nodata}  # fmt: skip
    data = np.random.default_rng(1).integers(1, 200, (bands, size, size)).astype(kind)
    with rasterio.open(path, "w", **profile | more) as dataset:
        dataset.write(data)
    return path


def states(path, **options):
    report = check_delivery(path, CheckOptions(**options), only=["raster", "photo"])
    return {r.check.id.split(".")[1]: r.status for r in report.results}


def test_a_sound_raster_passes_and_each_fault_is_its_own(tmp_path):
    good = raster(tmp_path / "good.tif")
    assert set(states(good, max_pixel_m=2.0).values()) == {"pass"}
    assert states(good, max_pixel_m=1.0)["pixel"] == "fail"
    assert states(raster(tmp_path / "a.tif", nodata=None))["nodata"] == "warn"
    assert states(raster(tmp_path / "b.tif", kind="uint8"))["depth"] == "warn"
    assert states(raster(tmp_path / "c.tif", crs=None))["crs"] == "fail"
    assert states(raster(tmp_path / "d.tif", crs="EPSG:32647"))["cgcs2000"] == "warn"
    assert states(raster(tmp_path / "o.tif", crs="EPSG:2412"))["cgcs2000"] == "fail"
    large = raster(tmp_path / "e.tif", size=2100, bands=1, kind="uint8")
    assert states(large)["overviews"] == "warn"
    large.write_bytes(large.read_bytes()[:100_000])
    assert states(large)["readable"] == "fail"


def photo(path, lon=101.7, lat=26.6, when="2025:05:01 10:00:00", bearing=90):
    picture, tags = Image.new("RGB", (8, 8)), Image.Exif()
    gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
    for key, letter, value, side in (
        (ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, lon, "E"),
        (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, lat, "N"),
    ):
        if value is not None:
            whole = int(value)
            gps[key] = (Fraction(whole), Fraction(0), Fraction(round((value - whole) * 3600, 3)))
            gps[letter] = side
    if bearing is not None:
        gps[ExifTags.GPS.GPSImgDirection] = Fraction(bearing)
    if when:
        tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = when
    picture.save(path, exif=tags)
    return path


def test_photos_need_place_and_time(tmp_path):
    assert set(states(photo(tmp_path / "a.jpg")).values()) == {"pass"}
    assert states(photo(tmp_path / "b.jpg", lon=None))["position"] == "fail"
    assert states(photo(tmp_path / "c.jpg", lon=0, lat=0))["position"] == "fail"
    assert states(photo(tmp_path / "d.jpg", when=""))["time"] == "fail"
    assert states(photo(tmp_path / "e.jpg", when="2999:01:01 00:00:00"))["time"] == "fail"
    assert states(photo(tmp_path / "f.jpg", bearing=None))["direction"] == "warn"
    (tmp_path / "g.jpg").write_bytes(b"no photo")
    assert states(tmp_path / "g.jpg")["readable"] == "fail"


def test_list_and_functions_are_the_same_and_whole():
    assert set(FUNCTIONS) == set(catalogue())
    with (CODES / "quality_checks.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            assert row["severity"] in ("error", "warn") and row["zh"] and row["en"]
            assert row["confidence"] not in ("M", "S") or "转引" in row["source"]


@pytest.fixture
def bad(tmp_path):
    ring = np.array(box(101.71, 26.5, 101.72, 26.51).exterior.coords)
    doubled = Polygon(np.repeat(ring, 2, axis=0))
    bow = Polygon([(101.80, 26.50), (101.81, 26.51), (101.81, 26.50), (101.80, 26.512)])
    spike = Polygon(
        [(101.9, 26.5), (101.91, 26.5), (101.92, 26.5), (101.91, 26.5), (101.91, 26.51)]
    )
    shapes = [
        doubled,
        bow,
        spike,
        box(101.7, 26.5, 101.705, 26.51),
        box(101.7, 26.5, 101.705, 26.51),
        None,
    ]
    frame = gpd.GeoDataFrame(
        {"编码": ["a", "b", "c", "d", "d", "e"], "名称": ["=1+1"] * 6}, geometry=shapes, crs=4490
    )
    frame.to_file(tmp_path / "redline.gpkg", engine="pyogrio")
    return tmp_path / "redline.gpkg"


def test_repair_lists_each_change_and_moves_no_area(bad, tmp_path):
    before = bad.read_bytes()
    changes, (path,) = repair_delivery(bad, tmp_path / "out")
    assert bad.read_bytes() == before
    done = {c.feature: c for c in changes}
    assert [c.what for c in changes].count("删除重复节点") == 1
    for change in (c for c in changes if c.done and c.after_ha):
        assert change.after_ha == pytest.approx(change.before_ha, rel=1e-4)
    assert any(not c.done and "人工" in c.what for c in changes) and len(done) == 5
    mended = gpd.read_file(path)
    assert len(mended) == 4 and mended.crs.to_epsg() == 4490
    assert mended.is_valid.tolist() == [True, False, True, True]
    assert areas_ha(mended.geometry.to_numpy())[0] == pytest.approx(changes[1].before_ha, rel=1e-4)


def test_the_command_fails_with_1_reports_and_speaks_json(bad, tmp_path):
    out = tmp_path / "report"
    ran = CliRunner().invoke(
        command, [str(bad), "--json", "--report", str(out), "--repair", str(tmp_path / "r")]
    )
    assert ran.exit_code == 1
    told = json.loads(ran.output)
    assert told["status"] == "fail" and told["counts"]["fail"] >= 3 and told["changes"]
    page = (out / "quality.html").read_text("utf-8")
    assert "不通过" in page and "<script" not in page and "<circle" in page
    book = load_workbook(out / "quality.xlsx")
    assert book.sheetnames == ["检查结果", "问题位置", "修复记录"]
    listed = CliRunner().invoke(command, ["--list"])
    assert listed.exit_code == 0 and "crs.gcj02" in listed.output


def test_a_good_delivery_ends_with_0_and_a_torn_one_with_1(tmp_path):
    frame = gpd.GeoDataFrame(
        {"编码": ["a"], "名称": ["b"]}, geometry=[box(101.7, 26.5, 101.71, 26.51)], crs=4490
    )
    folder = tmp_path / "四川省数据集"
    folder.mkdir()
    frame.to_file(folder / "redline.shp", engine="pyogrio", encoding="UTF-8")
    packed = shutil.make_archive(str(tmp_path / "all"), "zip", folder)
    assert zipfile.is_zipfile(packed)
    assert CliRunner().invoke(command, [packed]).exit_code == 0
    (folder / "settings.json").write_text('{"year": 2025}')  # no map: not read as one
    assert CliRunner().invoke(command, [str(folder), "--only", "file.readable"]).exit_code == 0
    with (folder / "redline.shp").open("r+b") as stream:
        stream.truncate(120)
    ran = CliRunner().invoke(command, [str(folder)])
    assert ran.exit_code == 1 and "file.readable" in ran.output
    assert shapely.is_valid(frame.geometry.iloc[0])
