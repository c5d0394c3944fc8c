"""Accuracy measures against cases counted by hand."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS
from scipy import ndimage

from ecoredline.errors import GridMismatch, InputError
from ecoredline.grid import Grid
from ecoredline.patches.accuracy import (
    Accuracy,
    against_mask,
    against_polygons,
    component_raster,
    markdown_table,
)

METRES = CRS.from_epsg(4543)
GRID = Grid(METRES, Affine(10, 0, 5e5, 0, -10, 3e6), 20, 30)


def boxes(*corners):
    """Boxes given as (row, col, row, col) of pixels of GRID."""
    shapes = [
        shapely.box(5e5 + 10 * c0, 3e6 - 10 * r1, 5e5 + 10 * c1, 3e6 - 10 * r0)
        for r0, c0, r1, c1 in corners
    ]
    return gpd.GeoDataFrame(geometry=shapes, crs=METRES)


def mask_of(*corners):
    out = np.zeros((GRID.rows, GRID.cols), bool)
    for r0, c0, r1, c1 in corners:
        out[r0:r1, c0:c1] = True
    return out


TRUE = (2, 2, 8, 8), (2, 15, 6, 20), (15, 1, 16, 4)  # 36, 20 and 3 pixels
SEEN = (2, 2, 5, 8), (5, 18, 12, 25), (14, 10, 18, 14)  # half of one; 2 of 49; none


def test_counts_and_pixels_are_those_of_the_drawing_for_a_mask():
    found = against_mask(boxes(*SEEN), mask_of(*TRUE), GRID)
    assert (found.true, found.found, found.patches, found.right) == (2, 1, 3, 1)
    assert (found.true_area, found.area, found.both_area) == (59, 18 + 49 + 16, 18 + 2)
    assert found.false_per_km2 == pytest.approx(2 / 0.06, rel=1e-3)


def test_polygons_give_the_counts_of_the_mask():
    one = against_polygons(boxes(*SEEN), boxes(*TRUE), 0.06, counted=[True, True, False])
    other = against_mask(boxes(*SEEN), mask_of(*TRUE), GRID)
    assert (one.true, one.found, one.patches, one.right) == (2, 1, 3, 1)
    assert one.pixel_f1 == pytest.approx(other.pixel_f1)


def test_a_true_patch_a_quarter_covered_by_several_patches_together_is_found():
    truth = boxes((0, 0, 4, 10))
    halves = boxes((0, 0, 2, 3), (2, 5, 4, 7))
    assert against_polygons(halves, truth, 1.0).found == 1
    assert against_polygons(halves.iloc[:1], truth, 1.0).found == 0
    assert against_mask(halves, mask_of((0, 0, 4, 10)), GRID).found == 1


def test_what_could_not_be_seen_counts_neither_way():
    seen = ~mask_of((0, 14, 20, 30))
    found = against_mask(boxes(*SEEN), mask_of(*TRUE), GRID, seen=seen)
    assert (found.true, found.found, found.patches, found.right) == (1, 1, 2, 1)
    assert found.km2 == pytest.approx(20 * 14 * 1e-4, rel=1e-3)


def test_nothing_at_all_gives_no_number_instead_of_a_wrong_one():
    found = against_mask(boxes(), mask_of(), GRID)
    assert np.isnan(found.patch_recall)
    assert np.isnan(found.pixel_f1)
    assert found.false_per_km2 == 0
    assert found.as_dict()["patch_precision"] is None


def test_components_are_those_of_scipy():
    mask = np.random.default_rng(2).random((50, 40)) < 0.4
    wanted, count = ndimage.label(mask, np.ones((3, 3)))
    ours, our_count = component_raster(mask)
    assert our_count == count
    np.testing.assert_array_equal(ours, wanted)


def test_the_table_sums_all_cities():
    one = Accuracy(true=4, found=3, patches=5, right=4, true_area=8, area=10, both_area=6, km2=2)
    last = markdown_table({"a": one, "b": one}).splitlines()[-1]
    assert last.startswith("| **all** | 4.0 | 8 | 10 | 0.750 | 0.800 |")


def test_other_grids_and_coordinate_systems_are_refused():
    with pytest.raises(GridMismatch, match="wanted"):
        against_mask(boxes(), np.zeros((3, 3), bool), GRID)
    with pytest.raises(InputError, match="one CRS"):
        against_polygons(boxes(), boxes().to_crs(4490), 1.0)
