"""Every screening rule on patches made to measure; nothing is lost on the way."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from ecoredline.change import ChangeMap, UnseenMap
from ecoredline.codes import code_list
from ecoredline.grid import Grid
from ecoredline.learn.priors import CLOSED, LAWFUL
from ecoredline.patches.fuse import SEEN_BY_OTHER
from ecoredline.patches.screen import RULES, screen

METRES = CRS.from_epsg(4543)
WEST, NORTH = 5e5, 2.94e6
GRID = Grid(METRES, Affine(2, 0, WEST, 0, -2, NORTH), 1000, 1000)
BANDS = ("blue", "green", "red", "nir")
FOREST, CROP = (0.02, 0.04, 0.025, 0.22), (0.05, 0.08, 0.06, 0.31)
SOIL, QUARRY = (0.08, 0.11, 0.13, 0.22), (0.20, 0.24, 0.26, 0.31)
WATER, SAND, SNOWY = (0.06, 0.08, 0.06, 0.03), (0.10, 0.13, 0.14, 0.20), (0.3, 0.3, 0.3, 0.35)
LAWN = (0.04, 0.09, 0.05, 0.42)


def patch(before=FOREST, after=QUARRY, *, at=(200, 200), size=(20, 20), **columns):
    """One row: a box of `size` pixels whose upper left pixel is `at` (row, col)."""
    (row, col), (rows, cols) = at, size
    box = shapely.box(
        WEST + 2 * col, NORTH - 2 * (row + rows), WEST + 2 * (col + cols), NORTH - 2 * row
    )
    long, short = 2 * max(size), 2 * min(size)
    values = {
        "pixels": rows * cols, "area_m2_grid": 4.0 * rows * cols, "too_small": False, "score": 15.0,
        "strong_share": 0.9, "tolerant_ratio": 0.9, "elongation": long / short, "pieces": 1,
        "length_m": float(long), "mean_width_m": float(short), "rectangularity": 1.0,
        "compactness": 0.78, "before_spread": 0.005, "after_spread": 0.005, "patch_id": "",
    }  # fmt: skip
    for date, spectrum in (("before", before), ("after", after)):
        values |= {f"{date}_{b}": v for b, v in zip(BANDS, spectrum, strict=True)}
        values[f"ndvi_{date}"] = (spectrum[3] - spectrum[2]) / max(spectrum[3] + spectrum[2], 1e-9)
    return values | {"geometry": box} | columns


def table(*rows):
    return gpd.GeoDataFrame(list(rows), geometry="geometry", crs=METRES)


def change_map(before=None, after=None, factor=10):
    coarse = Grid(METRES, GRID.transform * Affine.scale(factor), 1000 // factor, 1000 // factor)
    blank = np.zeros((coarse.rows, coarse.cols), np.uint8)
    unseen = UnseenMap(
        coarse, factor, blank if before is None else before, blank if after is None else after
    )
    return ChangeMap(GRID, None, unseen, BANDS, "test", 6.0, 4.0)


def masked(reason, rows, cols, factor=10):
    codes = np.zeros((1000 // factor, 1000 // factor), np.uint8)
    codes[rows, cols] = list(code_list("unseen_reasons")).index(reason) + 1
    return codes


def reasons_of(patches, change=None, **options):
    """The reason of each patch in the order given, '' for the kept."""
    patches = patches.assign(number=range(len(patches)))
    kept, dropped = screen(patches, change or change_map(), **options)
    out = dict.fromkeys(kept["number"], "") | dict(
        zip(dropped["number"], dropped["reason"], strict=True)
    )
    return [out[k] for k in range(len(patches))]


def test_a_quarry_in_the_forest_is_kept():
    assert reasons_of(table(patch())) == [""]


def test_rules_have_their_codes_in_the_list_and_each_code_but_once():
    codes = [code for code, _ in RULES]
    assert {*codes, LAWFUL, CLOSED, SEEN_BY_OTHER} == set(
        code_list("drop_reasons")
    )  # the last three are given by reviews and by other runs
    assert len(codes) == len(set(codes))


def test_too_small_patches_say_their_size():
    _, dropped = screen(table(patch(too_small=True, area_m2_grid=240.0)), change_map())
    assert dropped["reason"].tolist() == ["too_small"]
    assert "0.0240 公顷" in dropped["reason_detail"][0]


def test_greener_than_before_is_recovery_and_says_both_indices():
    _, dropped = screen(table(patch(SOIL, CROP)), change_map())
    assert dropped["reason"].tolist() == ["greening"]
    assert "0.26 升至 0.68" in dropped["reason_detail"][0]


def fields(after=SOIL, **columns):
    turned = [patch(SOIL, CROP, at=(200, 100 + 30 * k), score=10.0) for k in range(3)]
    return table(patch(CROP, after, at=(240, 130), **{"score": 10.0} | columns), *turned)


def test_ploughed_fields_among_fields_are_crop_and_a_lone_one_is_kept():
    assert reasons_of(fields()) == ["crop", "greening", "greening", "greening"]
    assert reasons_of(fields().iloc[:1]) == [""]


@pytest.mark.parametrize(
    "columns", [{"score": 20.0}, {"after_spread": 0.04}, {"area_m2_grid": 50000.0}]
)
def test_a_strong_uneven_or_wide_change_among_fields_is_kept(columns):
    assert reasons_of(fields(**columns))[0] == ""


def test_felled_forest_and_a_quarry_among_fields_are_kept():
    felled = fields()
    felled.loc[0, [f"before_{b}" for b in BANDS]] = FOREST
    assert reasons_of(felled)[0] == ""
    assert reasons_of(fields(after=QUARRY))[0] == ""


def test_a_shore_laid_bare_is_water_level_and_fill_is_not():
    assert reasons_of(table(patch(WATER, SAND))) == ["water_level"]
    assert reasons_of(table(patch(WATER, QUARRY))) == [""]


def test_new_water_in_the_forest_is_kept():
    assert reasons_of(table(patch(FOREST, WATER))) == [""]


def test_the_same_colour_in_another_light_is_illumination():
    dimmed = tuple(0.75 * v for v in QUARRY)
    assert reasons_of(table(patch(QUARRY, dimmed, score=8.0))) == ["illumination"]
    assert reasons_of(table(patch(QUARRY, dimmed, score=20.0))) == [""]
    assert reasons_of(table(patch(SOIL, tuple(2 * v for v in SOIL)))) == [""]


def test_at_ten_metres_only_weak_change_is_light_alone():
    dimmed = tuple(0.8 * v for v in QUARRY)
    wide = replace(change_map(), grid=replace(GRID, transform=GRID.transform * Affine.scale(5)))
    assert reasons_of(table(patch(QUARRY, dimmed, score=8.0)), wide) == [""]
    assert reasons_of(table(patch(QUARRY, dimmed, score=5.5)), wide) == ["illumination"]


def test_slightly_drier_grass_is_season_and_a_golf_course_in_the_forest_is_not():
    drier = (0.045, 0.07, 0.05, 0.22)
    assert reasons_of(table(patch((0.04, 0.07, 0.04, 0.26), drier, score=6.5))) == [
        "vegetation_season"
    ]
    assert reasons_of(table(patch(FOREST, LAWN, score=12.0))) == [""]


def test_a_thin_change_that_a_wider_neighbourhood_explains_is_an_edge():
    thin = {"size": (4, 60), "tolerant_ratio": 0.2}
    assert reasons_of(table(patch(**thin))) == ["misregistration_edge"]
    assert reasons_of(table(patch(**thin | {"tolerant_ratio": 0.9}))) == [""]
    assert reasons_of(table(patch(tolerant_ratio=0.2))) == [""]


@pytest.mark.parametrize("date", ["before", "after"])
@pytest.mark.parametrize(
    ("reason", "after"),
    [
        ("cloud", tuple(0.5 * v + 0.2 for v in FOREST)),
        ("cloud_shadow", tuple(0.5 * v for v in FOREST)),
    ],
)
def test_veiled_patches_along_a_masked_cloud_are_its_edge(reason, after, date):
    codes = masked(reason, slice(10, 30), slice(20, 25))  # rows 100–300, columns 200–250
    near = patch(FOREST, after, at=(120, 251), size=(80, 6))
    far = patch(FOREST, after, at=(120, 320), size=(80, 6))
    found = reasons_of(table(near, far), change_map(**{date: codes}))
    assert found[0] == "cloud_edge"
    assert found[1] != "cloud_edge"


def test_a_quarry_beside_a_cloud_is_kept():
    codes = masked("cloud", slice(10, 30), slice(20, 25))
    assert reasons_of(table(patch(at=(120, 251), size=(80, 6))), change_map(after=codes)) == [""]


def test_whitened_ground_that_touches_masked_snow_is_snow():
    codes = masked("snow", slice(10, 30), slice(20, 25))
    touching = patch(FOREST, SNOWY, at=(120, 251), size=(40, 60))
    assert reasons_of(table(touching), change_map(after=codes)) == ["snow"]
    felled = patch(FOREST, SOIL, at=(120, 251), size=(40, 60))
    assert reasons_of(table(felled), change_map(after=codes)) == [""]


def test_a_ragged_pure_white_veil_is_haze_and_a_white_hall_is_kept():
    veiled = tuple(0.8 * v + 0.1 for v in (0.025, 0.03, 0.025, 0.22))
    ragged = patch((0.025, 0.03, 0.025, 0.22), veiled, rectangularity=0.6)
    assert reasons_of(table(ragged)) == ["thin_veil"]
    assert reasons_of(table(patch(FOREST, SNOWY, rectangularity=0.97))) == [""]


def test_a_patch_of_an_earlier_run_is_a_duplicate_named_by_its_number():
    now = table(patch(), patch(at=(600, 600)))
    before = table(patch(patch_id="510422-202404-wk8r4nxxt")).to_crs(4490)
    _, dropped = screen(now.to_crs(4490), change_map(), previous=before)
    assert dropped["reason"].tolist() == ["duplicate"]
    assert "510422-202404-wk8r4nxxt" in dropped["reason_detail"][0]


def test_the_first_rule_that_fits_gives_the_reason():
    assert reasons_of(table(patch(SOIL, CROP, too_small=True))) == ["too_small"]


def test_without_a_near_infrared_band_no_colour_rule_guesses():
    rows = fields().drop(columns=["before_nir", "after_nir"])
    rows["ndvi_before"] = rows["ndvi_after"] = np.nan
    assert reasons_of(rows) == ["", "", "", ""]


SPECTRUM = st.tuples(*[st.floats(0, 0.7)] * 4)
ROW = st.builds(
    lambda before, after, row, col, small, ratio: patch(
        before, after, at=(row, col), too_small=small, tolerant_ratio=ratio
    ),
    SPECTRUM, SPECTRUM, st.integers(0, 900), st.integers(0, 900), st.booleans(), st.floats(0, 1.2),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, max_size=8))
def test_no_patch_is_lost_and_every_dropped_one_says_why(rows):
    patches = table(*rows) if rows else table(patch()).iloc[:0]
    patches = patches.assign(number=range(len(patches)))
    kept, dropped = screen(patches, change_map(after=masked("cloud", slice(0, 50), slice(0, 50))))
    assert len(kept) + len(dropped) == len(patches)
    assert sorted([*kept["number"], *dropped["number"]]) == list(range(len(patches)))
    assert dropped["reason"].isin(list(code_list("drop_reasons"))).all()
    assert (dropped["reason_detail"].str.len() > 4).all()
    assert not dropped["reason_detail"].str.contains("nan").any()


def test_storage_coordinates_give_the_reasons_of_grid_coordinates():
    codes = masked("cloud", slice(10, 30), slice(20, 25))
    rows = pd.concat([fields(), table(patch(at=(120, 251), size=(80, 6)))], ignore_index=True)
    rows = gpd.GeoDataFrame(rows, geometry="geometry", crs=METRES)
    change = change_map(after=codes)
    assert reasons_of(rows, change) == reasons_of(rows.to_crs(4490), change)
