import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner

from ecoredline.ecosystem import soil_factors, water
from ecoredline.errors import (
    GridMismatch,
    InputError,
    SourceError,
    UnknownCode,
    UnsuitableCRS,
)
from ecoredline.files import sha256
from ecoredline.formula import NOT_CHECKED_ZH, UnitMismatch
from ecoredline.formula_command import command
from ecoredline.formula_rasters import run_formula, sources
from ecoredline.geodesy import area_ha

PLACE = Affine(30, 0, 400_000, 0, -30, 2_900_000)
NODATA = -9999.0


def write(path, values, *, crs="EPSG:4543", transform=PLACE, **more):
    values = np.asarray(values, dtype="float32")
    bands = values if values.ndim == 3 else values[None]
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=len(bands), height=bands.shape[1],
        width=bands.shape[2], crs=crs, transform=transform, nodata=NODATA,
    ) as made:  # fmt: skip
        made.write(bands)
        made.update_tags(**more)
    return path


@pytest.fixture
def maps(tmp_path):
    """Rain with a hole, runoff, evaporation on one grid of 150 x 170."""
    rng = np.random.default_rng(5)
    rain, runoff, evaporation = (
        rng.uniform(a, b, (150, 170)) for a, b in ((600, 900), (10, 90), (200, 400))
    )
    rain[3, 4] = NODATA
    return {
        "precipitation": write(tmp_path / "rain.tif", rain),
        "runoff": write(tmp_path / "runoff.tif", runoff),
        "evapotranspiration": write(tmp_path / "et.tif", evaporation),
    }


def values(path):
    with rasterio.open(path) as made:
        return made.read(1, masked=True).filled(np.nan).astype(float)


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)


def test_a_map_is_computed_block_by_block_as_in_one_piece(maps, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_SIDES", (64,))
    given = {k: str(v) for k, v in maps.items()} | {"cell_area": "900"}
    result = run_formula("water_retention", given, tmp_path / "out.tif")
    wanted = water.water_retention(*(values(p) for p in maps.values()), 900.0)
    np.testing.assert_allclose(values(tmp_path / "out.tif"), wanted, rtol=1e-6)
    assert result.cells == 150 * 170 and result.valid == result.cells - 1
    monkeypatch.undo()
    run_formula("water_retention", given, tmp_path / "again.tif")
    np.testing.assert_array_equal(values(tmp_path / "again.tif"), values(tmp_path / "out.tif"))


def test_the_same_inputs_give_the_same_bytes(maps, tmp_path):
    given = {k: str(v) for k, v in maps.items()} | {"cell_area": "900"}
    for name in ("a.tif", "b.tif"):
        run_formula("water_retention", given, tmp_path / name)
    assert sha256(tmp_path / "a.tif") == sha256(tmp_path / "b.tif")


def test_the_result_says_what_it_is_and_what_it_is_made_of(maps, tmp_path):
    inputs = [part for k, v in maps.items() for part in ("--input", f"{k}={v}")]
    done = run("water_retention", *inputs, "--input", "cell_area=900", "--out", tmp_path / "o.tif")
    assert done.exit_code == 0 and "HJ 1173-2021" in done.output
    with rasterio.open(tmp_path / "o.tif") as made:
        tags = made.tags()
        assert made.units == ("m³/a",) and made.descriptions == ("水源涵养量",)
    assert tags["ECOREDLINE_FORMULA"] == "water_retention"
    assert tags["ECOREDLINE_SOURCE_TAG"] == "X"
    record = json.loads(tags["ECOREDLINE_INPUTS"])
    assert record["runoff"]["sha256"] == sha256(maps["runoff"])
    assert record["cell_area"] == {"value": "900"}
    assert "ECOREDLINE_DEMO" not in tags


def test_an_unchecked_source_is_never_cited_and_made_data_stay_marked(tmp_path):
    rain = write(tmp_path / "rain.tif", np.full((4, 4), 1000), ECOREDLINE_DEMO="1")
    kinds = write(tmp_path / "kinds.tif", np.full((4, 4), 1))
    done = run("surface_runoff", "--input", f"precipitation={rain}", "--input",
               f"vegetation_type={kinds}", "--out", tmp_path / "o.tif")  # fmt: skip
    assert NOT_CHECKED_ZH in done.output and "划定指南" not in done.output
    assert "演示合成数据" in done.output
    with rasterio.open(tmp_path / "o.tif") as made:
        assert made.tags()["ECOREDLINE_SOURCE"] == NOT_CHECKED_ZH
        assert made.tags()["ECOREDLINE_DEMO"] == "1"
        assert "划定指南" not in str(made.tags())


def test_rasters_off_the_grid_are_all_named_with_what_is_off(maps, tmp_path):
    small = write(
        tmp_path / "et2.tif", np.ones((10, 10)), transform=PLACE @ Affine.translation(0.5, 0)
    )
    other = write(
        tmp_path / "ro2.tif",
        np.ones((150, 170)),
        crs="EPSG:4490",
        transform=Affine(1e-3, 0, 101, 0, -1e-3, 26),
    )
    given = {
        "precipitation": maps["precipitation"],
        "runoff": other,
        "evapotranspiration": small,
        "cell_area": "900",
    }
    with pytest.raises(GridMismatch) as caught:
        run_formula("water_retention", given, tmp_path / "o.tif")
    said = str(caught.value)
    assert "runoff (ro2.tif): coordinate system" in said
    assert "evapotranspiration (et2.tif): 10 x 10 pixels instead of 150 x 170" in said
    assert "origin 0.5, 0 pixels off" in said
    assert not (tmp_path / "o.tif").exists()


def test_a_map_in_the_wrong_unit_leaves_no_file_behind(maps, tmp_path):
    metres = write(tmp_path / "m.tif", np.full((150, 170), 0.8))
    given = maps | {"precipitation": metres, "cell_area": "900"}
    with pytest.raises(UnitMismatch, match="metres"):
        run_formula("water_retention", given, tmp_path / "o.tif")
    assert list(tmp_path.glob("o*")) == []


def test_cover_above_one_is_refused_or_clamped_with_a_line_in_the_record(tmp_path):
    cover = write(tmp_path / "fvc.tif", [[0.5, 1.02], [-0.1, NODATA]])
    kinds = write(tmp_path / "kind.tif", np.full((2, 2), 3))
    given = {"cover_type": kinds, "cover": cover}
    with pytest.raises(UnitMismatch, match="cover"):
        run_formula("cover_factor", given, tmp_path / "o.tif")
    result = run_formula("cover_factor", given, tmp_path / "o.tif", clamped=["cover"])
    assert values(tmp_path / "o.tif") == pytest.approx(
        np.array([[0.09, 0.011], [0.45, np.nan]]), nan_ok=True
    )
    assert json.loads(result.tags["ECOREDLINE_INPUTS"])["cover"]["clamped"] == 2
    assert "2 个像元" in result.remarks[0]
    with pytest.raises(InputError, match="--clamp cover_type"):
        run_formula("cover_factor", given, tmp_path / "o.tif", clamped=["cover_type"])


def test_codes_without_a_row_are_all_listed_over_the_whole_map(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_SIDES", (64,))
    kinds = np.ones((130, 130))
    kinds[0, 0], kinds[129, 129] = 41, 77
    given = {"cover_type": write(tmp_path / "k.tif", kinds), "cover": "0.5"}
    with pytest.raises(UnknownCode, match="41, 77"):
        run_formula("cover_factor", given, tmp_path / "o.tif")


def test_series_are_read_from_bands_with_their_list_from_a_file(tmp_path):
    days = np.stack([np.full((3, 3), v) for v in (20.0, 35.0, 50.0)])
    halves = tmp_path / "halves.csv"
    halves.write_text("9\n9\n9\n")
    given = {"daily_rain": write(tmp_path / "d.tif", days), "half_month": halves, "years": "1"}
    run_formula("rainfall_erosivity", given, tmp_path / "r.tif")
    assert values(tmp_path / "r.tif") == pytest.approx(589.4215, rel=1e-6)
    run_formula("half_month_erosivity", given, tmp_path / "h.tif")
    with rasterio.open(tmp_path / "h.tif") as made:
        assert made.count == soil_factors.HALF_MONTHS
        assert made.read(9) == pytest.approx(589.4215, rel=1e-6)
    with pytest.raises(InputError, match="daily_rain of 3, half_month of 2"):
        run_formula("rainfall_erosivity", given | {"half_month": "9,9"}, tmp_path / "r.tif")


def test_the_area_of_a_cell_is_that_on_the_ellipsoid(tmp_path):
    from shapely import box

    step = 0.001
    rain = write(
        tmp_path / "r.tif",
        np.full((3, 2), 1000.0),
        crs="EPSG:4490",
        transform=Affine(step, 0, 101.7, 0, -step, 26.6),
    )
    given = {
        "precipitation": rain,
        "runoff": "0",
        "evapotranspiration": "900",
        "cell_area": "@area",
    }
    run_formula("water_retention", given, tmp_path / "o.tif")
    south = 26.6 - 3 * step
    oracle = area_ha(box(101.7, south, 101.7 + step, south + step)) * 10_000 * 100 / 1000
    assert values(tmp_path / "o.tif")[2, 1] == pytest.approx(oracle, rel=1e-6)
    with pytest.raises(InputError, match="m²"):
        run_formula("water_retention", given | {"runoff": "@area"}, tmp_path / "o.tif")


def test_bands_scales_and_files_without_a_place(tmp_path, maps):
    both = write(tmp_path / "two.tif", np.stack([np.full((4, 4), 0.1), np.full((4, 4), 0.5)]))
    run_formula("ndvi", {"near_infrared": f"{both}@2", "red": f"{both}@1"}, tmp_path / "n.tif")
    assert values(tmp_path / "n.tif") == pytest.approx(2 / 3, rel=1e-6)
    with pytest.raises(InputError, match="2 bands"):
        run_formula("ndvi", {"near_infrared": both, "red": "0.1"}, tmp_path / "n.tif")
    with pytest.raises(InputError, match="band 3"):
        run_formula("ndvi", {"near_infrared": f"{both}@3", "red": "0.1"}, tmp_path / "n.tif")
    with pytest.raises(SourceError, match="does not exist"):
        run_formula("ndvi", {"near_infrared": "nowhere.tif", "red": "0.1"}, tmp_path / "n.tif")
    bare = write(tmp_path / "bare.tif", np.ones((4, 4)), crs=None)
    with pytest.raises(UnsuitableCRS, match=r"bare\.tif"):
        run_formula("ndvi", {"near_infrared": bare, "red": "0.1"}, tmp_path / "n.tif")


def test_numbers_alone_need_no_file():
    done = run("slope_length_factor", "--input", "length=50", "--input", "slope=8")
    assert "1.591452" in done.output and "HJ 1173-2021" in done.output


def test_alone_it_lists_and_with_a_name_it_explains():
    listed = run().output
    assert "水源涵养量（水量平衡法）" in listed and NOT_CHECKED_ZH in listed
    told = run("soil_retention").output
    assert "R K L S (1 - C)" in told and "t·hm²·h/(hm²·MJ·mm)" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["steepness_factor", "--input", "slope"], "NAME=VALUE"),
        (["steepness_factor", "--input", "slope=1", "--input", "slope=2"], "twice"),
        (["steepness_factor", "--input", "tilt=1"], "missing: slope"),
        (["change_rate", "--input", "start=1", "--input", "end=2"], "tables"),
        (["steepness_factor", "--input", "slope=120"], "per cent"),
        (["steepness_factor", "--input", "slope=8", "--out", "x.tif"], "no raster"),
    ],
)
def test_what_cannot_be_computed_is_said(arguments, said):
    with pytest.raises(InputError, match=said):
        run(*arguments)
