"""Satellite products as delivered: tiny made ones in the real layout."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.rpc import RPC

from ecoredline.errors import InputError, SourceError, UnsuitableCRS
from ecoredline.raster import open_scene, read

SIDE = 64
NAME = "S2B_MSIL2A_20240518T033529_N0510_R061_T47RQK_20240518T063015"


def write(path, values, pixel=10, driver="GTiff", crs="EPSG:32647", **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"transform": Affine(pixel, 0, 700_000, 0, -pixel, 2_900_000)} if crs else {}
    if driver == "JP2OpenJPEG":
        options |= {"reversible": True, "quality": 100}
    values = np.atleast_3d(values.T).T if values.ndim == 2 else values
    bands, rows, cols = values.shape
    with rasterio.open(path, "w", driver=driver, width=cols, height=rows, count=bands,
                       dtype=values.dtype, crs=crs, **options) as target:  # fmt: skip
        target.write(values)
        for key, value in more.items():
            setattr(target, key, value)


def safe(folder, baseline="05.10", offsets=True):
    root = folder / f"{NAME}.SAFE"
    data = root / "GRANULE" / "L2A_T47RQK" / "IMG_DATA"
    for k, code in enumerate(("B02", "B03", "B04", "B08")):
        values = np.full((SIDE, SIDE), 1500 + 500 * k, np.uint16)
        write(
            data / "R10m" / f"T47RQK_20240518T033529_{code}_10m.jp2", values, driver="JP2OpenJPEG"
        )
        write(
            data / "R20m" / f"T47RQK_20240518T033529_{code}_20m.jp2",
            values[::2, ::2],
            20,
            "JP2OpenJPEG",
        )
    for code in ("B11", "B12"):
        write(data / "R20m" / f"T47RQK_20240518T033529_{code}_20m.jp2",
              np.full((32, 32), 3000, np.uint16), 20, "JP2OpenJPEG")  # fmt: skip
    scl = np.full((32, 32), 4, np.uint8)
    scl[:4, :6], scl[10, 10] = 9, 3
    write(data / "R20m" / "T47RQK_20240518T033529_SCL_20m.jp2", scl, 20, "JP2OpenJPEG")
    added = "".join(f'<BOA_ADD_OFFSET band_id="{k}">-1000</BOA_ADD_OFFSET>' for k in range(13))
    (root / "MTD_MSIL2A.xml").write_text(
        f"""<?xml version="1.0"?><n1:Level-2A_User_Product xmlns:n1="https://x/"><n1:General_Info>
        <PRODUCT_START_TIME>2024-05-18T03:35:29.024Z</PRODUCT_START_TIME>
        <PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
        <SPACECRAFT_NAME>Sentinel-2B</SPACECRAFT_NAME>
        <BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
        {added if offsets else ""}</n1:General_Info></n1:Level-2A_User_Product>"""
    )
    return root


@pytest.mark.parametrize("by", ["folder", "metadata"])
def test_a_safe_gives_reflectance_with_its_offset_and_hides_its_clouds(tmp_path, by):
    root = safe(tmp_path)
    scene = open_scene(root if by == "folder" else root / "MTD_MSIL2A.xml")
    assert list(scene.bands) == ["blue", "green", "red", "nir", "swir1", "swir2"]
    assert (scene.grid.rows, scene.grid.cols, scene.grid.pixel_size_m) == (
        SIDE,
        SIDE,
        pytest.approx(10, rel=1e-3),
    )
    assert scene.acquired_on.isoformat() == "2024-05-18"
    assert (scene.sensor, scene.image_id) == ("Sentinel-2B", NAME)
    found = read(scene, scene.grid, ["blue", "nir", "swir1"])
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[:8, :12] = hidden[20:22, 20:22] = True
    np.testing.assert_array_equal(np.isnan(found[0]), hidden)
    for k, value in enumerate((0.05, 0.20, 0.20)):
        np.testing.assert_allclose(found[k][~hidden], value, atol=1e-6)


def test_an_older_baseline_has_no_offset_and_a_newer_one_without_it_is_refused(tmp_path):
    old = open_scene(safe(tmp_path / "old", "02.14", offsets=False))
    assert np.nanmax(read(old, old.grid, ["blue"])) == pytest.approx(0.15)
    with pytest.raises(InputError, match=r"baseline 04\.00 and no BOA_ADD_OFFSET"):
        open_scene(safe(tmp_path / "new", "04.00", offsets=False))


def landsat(folder, level2=True):
    name = "LC09_L2SP_130041_20240220_20240222_02_T1"
    files = "".join(f'    FILE_NAME_BAND_{k} = "{name}_SR_B{k}.TIF"\n' for k in range(1, 8))
    numbers = "".join(
        f"    REFLECTANCE_MULT_BAND_{k} = {{0}}\n    REFLECTANCE_ADD_BAND_{k} = {{1}}\n"
        for k in range(1, 8)
    )
    second = f"  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS\n{numbers.format('2.75e-05', '-0.2')}  END_GROUP = X\n"
    (folder / f"{name}_MTL.txt").write_text(
        f"""GROUP = LANDSAT_METADATA_FILE
  GROUP = PRODUCT_CONTENTS
{files}    FILE_NAME_QUALITY_L1_PIXEL = "{name}_QA_PIXEL.TIF"
  END_GROUP = PRODUCT_CONTENTS
  GROUP = IMAGE_ATTRIBUTES
    SPACECRAFT_ID = "LANDSAT_9"
    DATE_ACQUIRED = 2024-02-20
  END_GROUP = IMAGE_ATTRIBUTES
{second if level2 else ""}  GROUP = LEVEL1_RADIOMETRIC_RESCALING
{numbers.format("2.0E-05", "-0.1")}  END_GROUP = LEVEL1_RADIOMETRIC_RESCALING
END_GROUP = LANDSAT_METADATA_FILE
END
"""
    )
    for k in range(1, 8):
        write(folder / f"{name}_SR_B{k}.TIF", np.full((SIDE, SIDE), 8000 + 1000 * k, np.uint16), 30)
    quality = np.full((SIDE, SIDE), 21824, np.uint16)  # clear
    quality[:5], quality[5], quality[6] = 22280, 23888, 1  # cloud, shadow, fill
    write(folder / f"{name}_QA_PIXEL.TIF", quality, 30)
    return folder


def test_landsat_takes_the_level_2_numbers_and_its_quality_bits(tmp_path):
    scene = open_scene(landsat(tmp_path))
    found = read(scene, scene.grid, ["blue", "nir"])
    assert np.isnan(found[:, :7]).all()
    np.testing.assert_allclose(found[0, 7:], 10_000 * 2.75e-5 - 0.2, atol=1e-6)
    np.testing.assert_allclose(found[1, 7:], 13_000 * 2.75e-5 - 0.2, atol=1e-6)
    assert (scene.sensor, scene.acquired_on.isoformat()) == ("LANDSAT_9", "2024-02-20")


def test_landsat_level_1_and_a_missing_band_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="no level 2"):
        open_scene(landsat(tmp_path, level2=False))
    landsat(tmp_path)
    next(tmp_path.glob("*_SR_B4.TIF")).unlink()
    with pytest.raises(SourceError, match=r"SR_B4\.TIF"):
        open_scene(tmp_path)


def gaofen(folder, **options):
    path = folder / "GF2_PMS1_E101.7_N26.6_20240315_L1A0001-MSS1.xml"
    path.write_text(
        "<?xml version='1.0' encoding='UTF-8'?><ProductMetaData><SatelliteID>GF2</SatelliteID>"
        "<SensorID>PMS1</SensorID><CenterTime>2024-03-15 11:52:30</CenterTime></ProductMetaData>"
    )
    values = np.random.default_rng(1).integers(200, 900, (4, SIDE, SIDE)).astype(np.uint16)
    write(path.with_suffix(".tiff"), values, 4, **options)
    return path


def test_a_rectified_gaofen_scene_is_named_by_its_xml(tmp_path):
    scene = open_scene(gaofen(tmp_path))
    assert (scene.sensor, scene.acquired_on.isoformat()) == ("GF2-PMS1", "2024-03-15")
    assert list(scene.bands) == ["blue", "green", "red", "nir"]


def test_a_gaofen_scene_with_rpc_only_is_refused_with_the_way_out(tmp_path):
    ones = [1.0] + [0.0] * 19
    rpc = RPC(height_off=0, height_scale=1, lat_off=26.6, lat_scale=1, line_den_coeff=ones,
              line_num_coeff=ones, line_off=1, line_scale=1, long_off=101, long_scale=1,
              samp_den_coeff=ones, samp_num_coeff=ones, samp_off=1, samp_scale=1)  # fmt: skip
    path = gaofen(tmp_path, crs=None, rpcs=rpc)
    for given in (path, path.with_suffix(".tiff")):
        with pytest.raises(UnsuitableCRS, match="ecoredline rectify"):
            open_scene(given)


def test_metadata_cut_short_say_which_file(tmp_path):
    root = safe(tmp_path)
    (root / "MTD_MSIL2A.xml").write_text("<a><b>")
    with pytest.raises(SourceError, match=r"MTD_MSIL2A\.xml"):
        open_scene(root)
