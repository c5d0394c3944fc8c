"""Outlines: exact against the pixels, refined against the shapes that were rasterised."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rasterio import features
from scipy import ndimage
from shapely import affinity

from ecoredline.patches.outline import raw_outlines, refined_outlines

SIZE = 120


def runs_of(mask):
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    row, start = np.nonzero(np.diff(padded, axis=1) == 1)
    return row, start, np.nonzero(np.diff(padded, axis=1) == -1)[1]


def rasterised(shape):
    x, y = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
    return shapely.contains_xy(shape, x, y)


def rectangle(angle, width=60, height=30):
    box = shapely.box(60 - width / 2, 60 - height / 2, 60 + width / 2, 60 + height / 2)
    return affinity.rotate(box, angle)


@settings(max_examples=80, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_raw_outlines_cover_the_pixels_exactly_and_are_valid(mask):
    polygons, piece = raw_outlines(*runs_of(mask))
    assert shapely.is_valid(polygons).all()
    assert shapely.area(polygons).sum() == mask.sum()
    rows, cols = np.indices(mask.shape)
    inside = np.zeros(mask.shape, int)
    for polygon in polygons:
        inside += shapely.contains_xy(polygon, cols + 0.5, rows + 0.5)
    np.testing.assert_array_equal(inside, mask)
    assert len(polygons) == (piece.max() + 1 if len(piece) else 0)


def test_raw_outlines_are_those_of_gdal():
    mask = ndimage.gaussian_filter(np.random.default_rng(3).standard_normal((200, 200)), 2) > 0.05
    ours = shapely.normalize(shapely.union_all(raw_outlines(*runs_of(mask))[0]))
    found = features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4)
    theirs = shapely.union_all([shapely.geometry.shape(shape) for shape, _ in found])
    assert ours.symmetric_difference(theirs).area == 0


@settings(max_examples=80, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14))))
def test_refined_outlines_are_valid_one_for_each_component_with_its_holes(mask):
    polygons, _ = refined_outlines(*runs_of(mask))
    _, count = ndimage.label(mask, np.ones((3, 3)))
    _, background = ndimage.label(np.pad(~mask, 1, constant_values=True))
    assert len(polygons) == count
    assert shapely.is_valid(polygons).all()
    assert shapely.get_num_interior_rings(polygons).sum() == background - 1


@pytest.mark.parametrize("seed", range(3))
def test_refined_outlines_keep_near_the_pixels_and_keep_the_area(seed):
    noise = np.random.default_rng(seed).standard_normal((300, 300))
    mask = ndimage.gaussian_filter(noise, 4) > 0.06
    refined, piece = refined_outlines(*runs_of(mask))
    row, start, stop = runs_of(mask)
    pixels = np.bincount(piece, stop - start)
    large = pixels >= 50
    assert large.sum() > 20
    np.testing.assert_allclose(shapely.area(refined)[large], pixels[large], rtol=0.01)
    edge = shapely.union_all(raw_outlines(row, start, stop)[0]).boundary
    corners = shapely.points(shapely.get_coordinates(refined))
    assert shapely.distance(corners, edge).max() <= 0.75


@pytest.mark.parametrize("angle", [0, 3, 5, 10, 17, 30, 45, 60, 88])
def test_a_turned_rectangle_comes_back_without_stair_steps(angle):
    shape = rectangle(angle)
    (polygon,), _ = refined_outlines(*runs_of(rasterised(shape)))
    assert polygon.area == pytest.approx(shape.area, rel=0.02)
    assert polygon.hausdorff_distance(shape) < 1.0
    assert longest_run_of_steps(polygon) <= 1
    assert len(polygon.exterior.coords) <= 24


def longest_run_of_steps(polygon, step_px=0.5):
    """How often in a row the outline turns left and right again by a step of more than half a pixel."""
    xy = np.asarray(polygon.exterior.coords)[:-1]
    side = np.roll(xy, -1, axis=0) - xy
    after = np.roll(side, -1, axis=0)
    turn = np.arctan2(side[:, 0] * after[:, 1] - side[:, 1] * after[:, 0], (side * after).sum(1))
    back = np.roll(turn, -1)
    line = np.roll(side, -2, axis=0) + side
    high = abs(after[:, 0] * line[:, 1] - after[:, 1] * line[:, 0]) / np.hypot(*line.T)
    steps = (turn * back < 0) & (abs(turn + back) < 0.2) & (high > step_px)
    return max(
        (len(s) for s in "".join("x" if v else " " for v in np.tile(steps, 2)).split()), default=0
    )


def test_pixel_stairs_count_as_steps_so_the_measure_can_fail():
    (polygon,), _ = raw_outlines(*runs_of(rasterised(rectangle(30))))
    assert longest_run_of_steps(polygon) > 1


@pytest.mark.parametrize("radius", [4, 10, 20, 50])
def test_a_disc_comes_back_with_its_area_and_few_corners(radius):
    shape = shapely.Point(60.3, 59.8).buffer(radius, 64)
    mask = rasterised(shape)
    (polygon,), _ = refined_outlines(*runs_of(mask))
    assert polygon.area == pytest.approx(mask.sum(), rel=0.01)
    assert polygon.hausdorff_distance(shape) < 1.0
    assert len(polygon.exterior.coords) < 2 * np.pi * radius / 2 + 4


@pytest.mark.parametrize("width", [1.5, 2.0, 3.0, 6.0])
def test_a_diagonal_strip_keeps_its_area_and_is_one_piece(width):
    shape = rectangle(33, 100, width)
    refined, _ = refined_outlines(*runs_of(rasterised(shape)))
    assert len(refined) == 1
    assert refined[0].area == pytest.approx(shape.area, rel=0.02)


def test_a_ring_keeps_its_hole():
    shape = shapely.Point(60, 60).buffer(40, 64) - shapely.Point(60, 60).buffer(15, 64)
    (polygon,), _ = refined_outlines(*runs_of(rasterised(shape)))
    (hole,) = polygon.interiors
    assert shapely.Polygon(hole).area == pytest.approx(np.pi * 15**2, rel=0.02)


def test_pixels_that_touch_at_a_corner_are_two_raw_polygons_and_one_refined():
    runs = [0, 1], [0, 1], [1, 2]
    raw, refined = raw_outlines(*runs)[0], refined_outlines(*runs)[0]
    assert shapely.area(raw).tolist() == [1.0, 1.0]
    assert len(refined) == 1


def test_rows_far_apart_and_no_runs_at_all_are_outlined():
    polygons, _ = raw_outlines([2, 7], [5, 0], [6, 2])
    assert [p.bounds for p in polygons] == [(5, 2, 6, 3), (0, 7, 2, 8)]
    assert len(refined_outlines([], [], [])[0]) == 0
