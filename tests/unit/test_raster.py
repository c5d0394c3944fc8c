"""Rasters as scenes: what is read out of a file, and what is refused in plain words."""

from datetime import date

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.enums import ColorInterp
from rasterio.warp import Resampling, reproject

from ecoredline.errors import (
    GridMismatch,
    InputError,
    NotComparable,
    NotEnoughData,
    SourceError,
    UnsuitableCRS,
)
from ecoredline.grid import Grid
from ecoredline.raster import common_bands, common_grid, find_date, open_scene, read

NORTH_UP = Affine(2, 0, 500_000, 0, -2, 2_950_000)
SIZE = (64, 80)


@pytest.fixture
def write(tmp_path):
    def make(name="image.tif", values=None, names=(), colours=None, tags=None, **options):
        if values is None:
            values = np.random.default_rng(0).integers(300, 3000, (4, *SIZE))
        profile = {
            "driver": "GTiff", "count": len(values), "height": values.shape[1],
            "width": values.shape[2], "dtype": "uint16", "crs": "EPSG:4543",
            "transform": NORTH_UP,
        }  # fmt: skip
        profile |= options
        path = tmp_path / name
        with rasterio.open(path, "w", **profile) as target:
            target.write(values.astype(profile["dtype"]))
            for k, text in enumerate(names, start=1):
                target.set_band_description(k, text)
            if colours:
                target.colorinterp = colours
            target.update_tags(**(tags or {}))
        return path

    return make


def values(count):
    return np.random.default_rng(1).integers(300, 3000, (count, *SIZE))


def test_bands_are_known_by_their_descriptions(write):
    scene = open_scene(write(values=values(6), names=("B02", "B03", "B04", "B08", "B11", "B12")))
    assert scene.bands == {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir1": 5, "swir2": 6}
    scene = open_scene(write(values=values(4), names=("近红外", "红", "绿", "蓝")))
    assert scene.bands == {"nir": 1, "red": 2, "green": 3, "blue": 4}


def test_four_nameless_bands_are_blue_green_red_nir_and_the_note_says_so(write):
    scene = open_scene(write(photometric="MINISBLACK"))
    assert list(scene.bands) == ["blue", "green", "red", "nir"]
    assert "蓝、绿、红、近红外" in scene.notes[0]


def test_three_bands_are_red_green_blue_without_near_infrared(write):
    scene = open_scene(write(values=values(3)))
    assert scene.bands == {"red": 1, "green": 2, "blue": 3}
    assert "没有近红外" in scene.notes[0]


def test_colour_interpretation_is_used_and_alpha_is_no_band(write):
    red_first = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    image = values(4)
    image[3] = 255
    image[3, :10] = 0
    path = write(values=image, colours=red_first, dtype="uint8")
    scene = open_scene(path)
    assert scene.bands == {"red": 1, "green": 2, "blue": 3}
    pixels = read(scene, scene.grid, ["red", "blue"])
    assert np.isnan(pixels[:, :10]).all() and np.isfinite(pixels[:, 10:]).all()


def test_six_nameless_bands_ask_for_the_option(write):
    path = write(values=values(6))
    with pytest.raises(InputError, match="--bands"):
        open_scene(path)
    names = ["blue", "green", "red", "nir", "-", "B12"]
    assert open_scene(path, bands=names).bands["swir2"] == 6


@pytest.mark.parametrize("names", [["red"], ["red", "red", "blue", "nir"]])
def test_wrong_band_names_are_refused(write, names):
    with pytest.raises(InputError, match="band names"):
        open_scene(write(), bands=names)


def test_dates_come_from_option_tag_and_name_in_that_order(write):
    path = write("GF2_20230203_x.tif", tags={"ACQUISITION_DATE": "2024-05-06"})
    assert open_scene(path).acquired_on == date(2024, 5, 6)
    assert open_scene(path, acquired_on=date(2020, 1, 1)).acquired_on == date(2020, 1, 1)
    assert open_scene(write("GF2_20230203_x.tif")).acquired_on == date(2023, 2, 3)
    assert find_date({}, "scene_20231399_12345678")[0] is None


def test_reflectance_scale_follows_type_and_range(write):
    assert open_scene(write()).scale == 1e-4
    assert open_scene(write(values=values(4) % 200, dtype="uint8")).scale == 1 / 255
    assert open_scene(write(values=values(4) / 1e4, dtype="float32")).scale == 1
    ten_bit = open_scene(write(values=values(4) % 1000 + 20))
    assert ten_bit.scale == 1 / 1023 and "10 位" in ten_bit.notes[-1]


def test_undeclared_zero_in_all_bands_is_nodata_but_one_dark_band_is_not(write):
    image = values(4)
    image[:, 5] = 0
    image[0, 9] = 0
    scene = open_scene(write(values=image))
    pixels = read(scene, scene.grid, list(scene.bands))
    assert np.isnan(pixels[:, 5]).all() and np.isfinite(pixels[:, 9]).all()
    np.testing.assert_allclose(pixels[:, 20], image[:, 20] / 1e4, rtol=1e-6)


def test_declared_nodata_and_nan_are_nodata(write):
    image = values(4).astype("f4") / 1e4
    image[1, 3, 4] = np.nan
    image[2, 7, 8] = -1
    scene = open_scene(write(values=image, dtype="float32", nodata=-1))
    pixels = read(scene, scene.grid, list(scene.bands))
    assert np.isnan(pixels[:, 3, 4]).all() and np.isnan(pixels[:, 7, 8]).all()
    assert np.isnan(pixels[0]).sum() == 2


def test_missing_empty_broken_and_cut_files_are_said_by_name(write, tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        open_scene(tmp_path / "none.tif")
    empty = tmp_path / "empty.tif"
    empty.touch()
    with pytest.raises(SourceError, match="0 bytes"):
        open_scene(empty)
    text = tmp_path / "text.tif"
    text.write_text("not an image")
    with pytest.raises(SourceError, match=r"text\.tif"):
        open_scene(text)
    whole = write("cut.tif")
    whole.write_bytes(whole.read_bytes()[:4000])
    with pytest.raises(SourceError, match=r"cut\.tif"):
        open_scene(whole)


def test_no_crs_is_refused(write):
    with pytest.raises(UnsuitableCRS, match="no coordinate system"):
        open_scene(write(crs=None))


def test_one_pixel_and_all_nodata_are_refused(write):
    with pytest.raises(NotEnoughData, match="1 x 1"):
        open_scene(write(values=np.ones((4, 1, 1))))
    with pytest.raises(NotComparable, match="nothing but nodata"):
        open_scene(write(values=np.zeros((4, *SIZE))))


def test_other_pixel_types_are_refused(write):
    with pytest.raises(InputError, match="float64"):
        open_scene(write(dtype="float64"))


def moved(path_maker, name, cols, rows, **options):
    return open_scene(
        path_maker(name, transform=NORTH_UP * Affine.translation(cols, rows), **options)
    )


def test_the_common_grid_is_the_overlap_on_the_first_lattice(write):
    before, after = open_scene(write("b.tif")), moved(write, "a.tif", 10, -6)
    grid, notes = common_grid(before, after)
    assert (grid.rows, grid.cols) == (58, 70)
    assert grid.transform == NORTH_UP * Affine.translation(10, 0)
    assert all("未重采样" in note for note in notes)
    pixels = read(after, grid, ["red"])
    np.testing.assert_allclose(pixels, read(after, after.grid, ["red"])[:, 6:, :70])


def test_the_coarser_pixel_wins(write):
    before = open_scene(write("b.tif"))
    coarse = NORTH_UP * Affine.scale(2.5)
    after = open_scene(write("a.tif", values=values(4)[:, :30, :40], transform=coarse))
    grid, notes = common_grid(before, after)
    assert grid.transform.a == 5.0 and "前时相" in notes[0] and "重采样" in notes[0]
    assert np.isfinite(read(before, grid, ["nir"])[:, 1:-1, 1:-1]).all()


def test_another_crs_is_resampled_as_gdal_does(write):
    before = open_scene(write("b.tif"))
    lonlat = Grid(CRS.from_epsg(4543), NORTH_UP, *SIZE).to_lonlat
    west, north = lonlat.transform(500_000 - 20, 2_950_000 + 20)
    degrees = Affine(2e-5, 0, west, 0, -1.8e-5, north)
    image = np.random.default_rng(3).integers(300, 3000, (4, 100, 120)).astype("u2")
    after = open_scene(write("a.tif", values=image, transform=degrees, crs="EPSG:4490"))
    grid, notes = common_grid(before, after)
    assert grid.crs == before.grid.crs and "双线性" in notes[-1]
    wanted = np.zeros((4, grid.rows, grid.cols), np.uint16)
    reproject(
        image, wanted, src_transform=degrees, src_crs="EPSG:4490", dst_transform=grid.transform,
        dst_crs="EPSG:4543", resampling=Resampling.bilinear, src_nodata=0,
    )  # fmt: skip
    found = read(after, grid, ["blue", "green", "red", "nir"])
    inner = np.s_[:, 3:-3, 3:-3]
    assert np.median(np.abs(found[inner] - wanted[inner] / 1e4)) < 2e-3


def test_images_apart_are_refused_with_both_places(write):
    before, after = open_scene(write("b.tif")), moved(write, "a.tif", 5000, 0)
    with pytest.raises(GridMismatch, match=r"b\.tif lies at lon .*a\.tif lies at lon"):
        common_grid(before, after)


def test_a_sliver_of_overlap_is_refused(write):
    before, after = open_scene(write("b.tif")), moved(write, "a.tif", 75, 0)
    with pytest.raises(NotEnoughData, match="share 64 x 5"):
        common_grid(before, after)


def test_common_bands_are_those_both_have_at_least_three(write):
    four = open_scene(write("b.tif"))
    three = open_scene(write("a.tif", values=values(3)))
    assert common_bands(four, three) == ("blue", "green", "red")
    odd = open_scene(write("c.tif"), bands=["nir", "x", "y", "red"])
    with pytest.raises(InputError, match="wanted at least 3 bands in both"):
        common_bands(three, odd)


def test_a_turned_image_is_read_north_up(write):
    turned = NORTH_UP * Affine.rotation(20)
    scene = open_scene(write(transform=turned))
    assert scene.grid.transform.b == 0 and scene.grid.transform.e < 0
    pixels = read(scene, scene.grid, ["red"])
    assert 0.3 < np.isfinite(pixels).mean() < 0.9
    middle = ~scene.grid.transform * (turned * (40, 32))
    col, row = (int(v) for v in middle)
    assert np.isfinite(pixels[0, row, col])


def test_the_demo_tag_marks_a_scene(write):
    assert open_scene(write(tags={"ECOREDLINE_DEMO": "1"})).is_demo
    assert not open_scene(write()).is_demo


def test_the_time_of_writing_is_not_the_time_of_flight(write):
    tags = {"TIFFTAG_DATETIME": "2026:01:05 10:00:00"}
    assert open_scene(write("GF2_20230203_x.tif", tags=tags)).acquired_on == date(2023, 2, 3)
    scene = open_scene(write("nameless.tif", tags=tags))
    assert scene.acquired_on == date(2026, 1, 5)
    assert any("写入时间" in note for note in scene.notes)


def test_a_tag_that_contradicts_the_name_is_said(write):
    scene = open_scene(write("GF2_20230203_x.tif", tags={"ACQUISITION_DATE": "2024-05-06"}))
    assert any("不一致" in note for note in scene.notes)


@pytest.mark.parametrize("epsg", [2343, 2432, 4214, 4610])
def test_an_image_on_an_older_datum_is_refused(write, epsg):
    with pytest.raises(UnsuitableCRS, match="gdalwarp -s_srs"):
        open_scene(write(crs=f"EPSG:{epsg}"))


def test_saturated_numbers_do_not_change_the_scale(write):
    some = values(4)
    some[:, :2] = 65535
    assert open_scene(write(values=some)).scale == 1e-4
