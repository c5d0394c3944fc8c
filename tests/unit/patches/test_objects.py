"""What an object is, whatever the pixel: pieces within three pixels, seeded, with a point inside."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from test_extract import blank, change_map

from ecoredline.patches.attribute import representative_points
from ecoredline.patches.extract import extract_patches

PIXELS_M = (0.5, 2.0, 10.0, 30.0)


@given(st.sampled_from(PIXELS_M), st.integers(1, 6), st.booleans())
@settings(max_examples=30, deadline=None)
def test_pieces_within_three_pixels_are_one_patch_at_every_pixel_size(pixel, gap, upright):
    mask = blank(60, 80)
    mask[10:30, 5:25] = mask[10:30, 25 + gap : 45 + gap] = True
    found = extract_patches(change_map(mask.T if upright else mask, pixel=pixel), minimum_area_m2=0)
    assert len(found) == (1 if gap <= 3 else 2)


@given(arrays(bool, (24, 30)), st.sampled_from(PIXELS_M))
@settings(max_examples=30, deadline=None)
def test_every_patch_has_its_point_inside_and_its_exact_pixels_beside_the_outline(mask, pixel):
    found = extract_patches(change_map(mask, pixel=pixel), minimum_area_m2=0)
    for raw, pixels in zip(found["geometry_raw"], found["pixels"], strict=True):
        assert raw.area == pytest.approx(pixels * pixel**2)
    lonlat = found.to_crs(4490)
    points = representative_points(lonlat.geometry.to_numpy())
    assert shapely.contains_xy(lonlat.geometry.to_numpy(), *points).all()


@given(st.integers(0, 40), st.integers(2, 12))
@settings(max_examples=20, deadline=None)
def test_a_weak_rim_belongs_to_a_seed_and_is_nothing_without_one(seeds, side):
    mask, score = blank(), np.full(blank().shape, 0.0)
    mask[10 : 10 + side, 10 : 10 + side] = True
    score[mask] = 5.0  # above the low threshold only
    places = np.argwhere(mask)[:seeds]
    score[tuple(places.T)] = 9.0
    found = extract_patches(change_map(mask, score, threshold=6.0), minimum_area_m2=0)
    assert found["pixels"].tolist() == ([side**2] if len(places) >= 2 else [])
