"""Change map → patches: what is grouped, filled, counted and measured."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import CRS, Geod

from ecoredline.change import ChangeMap, ChangeRuns, UnseenMap
from ecoredline.errors import InputError
from ecoredline.grid import Grid
from ecoredline.patches.extract import extract_patches, pixel_areas

METRES = CRS.from_epsg(4543)
BANDS = ("blue", "green", "red", "nir")
FOREST, SOIL = (0.03, 0.06, 0.04, 0.40), (0.12, 0.15, 0.20, 0.28)


def change_map(mask, score=None, after=SOIL, before=FOREST, pixel=2.0, grid=None, threshold=6.0):
    """A change map with the runs of a boolean array; `after` may be an array (bands, rows, cols)."""
    mask = np.asarray(mask, bool)
    grid = grid or Grid(METRES, Affine(pixel, 0, 5e5, 0, -pixel, 2.94e6), *mask.shape)
    score = np.where(mask, 10.0, 0.0) if score is None else np.asarray(score, float)
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    row, start = np.nonzero(np.diff(padded, axis=1) == 1)
    stop = np.nonzero(np.diff(padded, axis=1) == -1)[1]
    sums = np.concatenate([np.zeros((mask.shape[0], 1)), np.cumsum(score, axis=1)], axis=1)
    strong = np.concatenate(
        [np.zeros((mask.shape[0], 1), int), np.cumsum(score >= threshold, axis=1)], axis=1
    )
    length = (stop - start)[:, None]
    after = np.asarray(after, float)
    if after.ndim == 1:
        after_sums = length * after
    else:
        after_sums = np.array(
            [after[:, r, a:b].sum(1) for r, a, b in zip(row, start, stop, strict=True)]
        ).reshape(-1, after.shape[0])
    run_score = sums[row, stop] - sums[row, start]
    runs = ChangeRuns(
        row=row.astype(np.int32), start=start.astype(np.int32), stop=stop.astype(np.int32),
        strong=(strong[row, stop] - strong[row, start]).astype(np.int32),
        score=run_score, before=length * np.asarray(before, float), after=after_sums,
        tolerant=0.8 * run_score,
    )  # fmt: skip
    seen = np.zeros(mask.shape, np.uint8)
    return ChangeMap(grid, runs, UnseenMap(grid, 1, seen, seen), BANDS, "test", threshold, 4.0)


def blank(rows=60, cols=80):
    return np.zeros((rows, cols), bool)


def test_a_patch_carries_its_pixels_area_means_and_outlines():
    mask = blank()
    mask[10:30, 20:50] = True
    patch = extract_patches(change_map(mask)).iloc[0]
    assert patch["pixels"] == 600
    assert patch["area_m2_grid"] == pytest.approx(2400)
    assert patch.geometry.area == pytest.approx(2400, rel=1e-3)
    assert patch["geometry_raw"].equals(shapely.box(500040, 2939940, 500100, 2939980))
    assert patch["ndvi_before"] == pytest.approx((0.40 - 0.04) / 0.44)
    assert patch["after_red"] == pytest.approx(0.20)
    assert (patch["score"], patch["strong_share"]) == (10, 1)
    assert patch["tolerant_ratio"] == pytest.approx(0.8)
    assert patch["elongation"] == pytest.approx(1.5, rel=0.02)
    assert not patch["too_small"]


def test_near_pieces_become_one_patch_and_far_ones_do_not():
    mask = blank()
    mask[10:20, 10:30] = mask[10:20, 33:50] = True
    assert extract_patches(change_map(mask))["pieces"].tolist() == [2]
    mask[10:20, 33] = False
    assert extract_patches(change_map(mask))["pieces"].tolist() == [1, 1]
    assert extract_patches(change_map(mask), merge_gap_m=8)["pieces"].tolist() == [2]


def test_near_pieces_that_changed_in_opposite_ways_stay_apart():
    mask = blank()
    mask[10:20, 10:30] = mask[10:20, 32:50] = True
    after = np.broadcast_to(np.array(SOIL)[:, None, None], (4, *mask.shape)).copy()
    after[:, :, 31:] = np.array([0.01, 0.02, 0.0, 0.60])[:, None, None]
    assert extract_patches(change_map(mask, after=after))["pieces"].tolist() == [1, 1]


def test_the_minimum_area_counts_after_grouping_and_small_ones_are_marked_or_counted():
    mask = blank()
    mask[5, 5:65] = True  # 60 + 60 px in two strips 2 px apart = 480 m²
    mask[8, 5:65] = True
    mask[30:36, 30:40] = True  # 240 m²
    mask[50:52, 2:6] = True  # 32 m², below a quarter of 400 m²
    found = extract_patches(change_map(mask))
    assert found["too_small"].tolist() == [False, True]
    assert found["area_m2_grid"].tolist() == pytest.approx([480, 240])
    assert found.attrs["counts"]["below_floor"] == 1
    assert extract_patches(change_map(mask), minimum_area_m2=240)["too_small"].sum() == 0


def test_components_without_strong_pixels_are_left_out_and_counted():
    mask = blank()
    mask[5:25, 5:25] = mask[35:55, 35:55] = True
    score = np.where(mask, 4.5, 0.0)
    score[40, 40:43] = 9
    found = extract_patches(change_map(mask, score))
    assert len(found) == 1
    assert found["score"][0] == pytest.approx((4.5 * 397 + 27) / 400)
    assert found.attrs["counts"] == {
        "components": 2, "weak": 1, "pieces": 1, "patches": 1, "below_floor": 0,
    }  # fmt: skip


def test_pinholes_are_filled_in_the_refined_outline_and_kept_in_the_raw_one():
    mask = blank()
    mask[5:45, 5:45] = True
    mask[20:23, 20:23] = False  # 36 m² < 100 m²
    mask[30:38, 30:38] = False  # 256 m²
    patch = extract_patches(change_map(mask)).iloc[0]
    holes = shapely.get_num_interior_rings(shapely.get_parts(patch.geometry))
    assert holes.tolist() == [1]
    assert shapely.get_num_interior_rings(shapely.get_parts(patch["geometry_raw"])).tolist() == [2]
    assert patch["pixels"] == mask.sum()


@settings(max_examples=30, deadline=None)
@given(arrays(bool, st.tuples(st.integers(2, 30), st.integers(2, 30)), elements=st.booleans()))
def test_every_pixel_is_in_a_patch_or_counted_and_all_shapes_are_valid(mask):
    found = extract_patches(change_map(mask), minimum_area_m2=0)
    assert found["pixels"].sum() == mask.sum() - sum_of_weak(mask)
    assert shapely.is_valid(found.geometry.to_numpy()).all()
    raw = found["geometry_raw"].to_numpy()
    assert shapely.is_valid(raw).all()
    np.testing.assert_allclose(shapely.area(raw), found["area_m2_grid"])


def sum_of_weak(mask):
    from scipy import ndimage

    label, count = ndimage.label(mask, np.ones((3, 3)))
    size = np.bincount(label.ravel(), minlength=count + 1)[1:]
    return size[size < 2].sum()


def test_areas_on_a_degree_grid_are_those_of_the_ellipsoid():
    step = 1e-4
    grid = Grid(CRS.from_epsg(4326), Affine(step, 0, 106.27, 0, -step, 29.45), 700, 500)
    mask = np.zeros((700, 500), bool)
    mask[600:660, 100:180] = True
    patch = extract_patches(change_map(mask, grid=grid)).iloc[0]
    box = shapely.box(106.28, 29.45 - 660 * step, 106.288, 29.45 - 600 * step)
    wanted = abs(Geod(ellps="GRS80").geometry_area_perimeter(box)[0])
    assert patch["area_m2_grid"] == pytest.approx(wanted, rel=1e-4)
    assert patch["length_m"] / patch["mean_width_m"] == pytest.approx(
        80 * 97.2 / (60 * 110.9), rel=0.02
    )


def test_pixels_of_a_degree_grid_shrink_towards_the_pole():
    grid = Grid(CRS.from_epsg(4326), Affine(0.01, 0, 100, 0, -0.01, 60), 2000, 10)
    north, south = pixel_areas(grid, np.array([0, 1999]))
    assert south / north == pytest.approx(np.cos(np.radians(40)) / np.cos(np.radians(60)), rel=0.01)


def test_a_map_without_change_gives_an_empty_table_with_its_columns():
    found = extract_patches(change_map(blank()))
    assert len(found) == 0
    assert {"geometry_raw", "elongation", "ndvi_before", "too_small"} <= set(found.columns)


@pytest.mark.parametrize("size", ["minimum_area_m2", "merge_gap_m", "pinhole_m2"])
def test_negative_sizes_are_refused(size):
    with pytest.raises(InputError, match="wanted 0 or more"):
        extract_patches(change_map(blank()), **{size: -1.0})
