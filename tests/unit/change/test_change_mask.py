"""Cloud, shadow and snow by rules: found where they are, and bright building let through."""

import numpy as np
import pytest
from affine import Affine
from change_ground import ground
from pyproj import CRS, Geod
from scipy import ndimage

from ecoredline.change.maps import UNSEEN_CODES, UnseenMap
from ecoredline.change.mask import displacement, unseen_map
from ecoredline.change.overview import Overview
from ecoredline.grid import Grid

NAMES = ("blue", "green", "red", "nir")
CELL_M = 8.0
SIDE = 300


def grid():
    return Grid(CRS.from_epsg(4543), Affine(CELL_M, 0, 5e5, 0, -CELL_M, 2.9e6), SIDE, SIDE)


def dates():
    """Forest and fields on both dates."""
    before = np.stack([0.5, 0.6, 0.55, 2.2])[:, None, None] * ground(SIDE, SIDE, 2)[:1]
    before = before.astype(np.float32)
    return before, before * 1.05


def disc(row, col, radius, soft=3.0):
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.clip((radius - np.hypot(y - row, x - col)) / soft + 0.5, 0, 1).astype(np.float32)


def covered(image, opacity, tone):
    tone = np.asarray(tone, np.float32)[:, None, None]
    return image * (1 - opacity) + tone * opacity


def codes(before, after):
    return unseen_map(Overview(grid(), 4, NAMES, before, after), CELL_M)


def test_a_cloud_and_its_shadow_are_found_on_their_date_only():
    before, after = dates()
    cloud, shadow = disc(150, 150, 15), disc(120, 110, 15)
    after = covered(after * (1 - 0.6 * shadow), cloud, [0.62, 0.6, 0.6, 0.62])
    found = codes(before, after)
    assert (found.after[cloud > 0.5] == UNSEEN_CODES["cloud"]).all()
    assert (found.after[shadow > 0.9] == UNSEEN_CODES["cloud_shadow"]).mean() > 0.8
    assert not found.before.any()
    assert (found.after > 0).mean() < 3 * (np.pi * 15**2 * 2 / SIDE**2)


def test_a_bright_quarry_and_a_white_roof_are_seen():
    before, after = dates()
    built = np.zeros((SIDE, SIDE), np.float32)
    built[100:120, 100:130] = 1  # 3.8 ha
    quarry = covered(after, built, [0.28, 0.32, 0.36, 0.42])
    roof = covered(after, built, [0.33, 0.33, 0.33, 0.34])
    assert not codes(before, quarry).after.any()
    assert not codes(before, roof).after.any()


def test_a_new_reservoir_without_cloud_is_no_shadow():
    before, after = dates()
    after = covered(after, disc(200, 80, 12, 1), [0.03, 0.04, 0.03, 0.02])
    assert not codes(before, after).after.any()


def test_lasting_snow_is_snow_on_both_dates_and_its_moving_line_too():
    before, after = dates()
    small, large = disc(80, 80, 14, 1), disc(80, 80, 20, 1)
    white = [0.7, 0.7, 0.69, 0.62]
    found = codes(covered(before, small, white), covered(after, large, white))
    assert (found.before[small > 0.9] == UNSEEN_CODES["snow"]).all()
    assert (found.after[large > 0.9] == UNSEEN_CODES["snow"]).mean() > 0.95


def test_displacement_is_the_one_that_was_made():
    rng = np.random.default_rng(5)
    cloud = ndimage.gaussian_filter(rng.standard_normal((200, 200)), 8) > 0.03
    dark = np.roll(cloud, (-20, 35), axis=(0, 1))
    dark[-20:] = False
    dark[:, :35] = False
    assert displacement(cloud, dark, 40.0) == (-20, 35)


def test_unseen_polygons_have_geodesic_areas():
    values = np.zeros((SIDE, SIDE), np.uint8)
    values[10:20, 30:50] = UNSEEN_CODES["cloud"]
    frame = UnseenMap(grid(), 4, values, np.zeros_like(values)).polygons()
    assert frame.crs.to_epsg() == 4490
    assert frame[["reason", "date"]].to_numpy().tolist() == [["cloud", "before"]]
    area = abs(Geod(ellps="GRS80").geometry_area_perimeter(frame.geometry.iloc[0])[0]) / 1e4
    assert frame["area_ha"].iloc[0] == pytest.approx(area, abs=1e-3)
    assert area == pytest.approx(200 * CELL_M**2 / 1e4, rel=0.002)


def test_nothing_unseen_gives_an_empty_table():
    empty = np.zeros((SIDE, SIDE), np.uint8)
    frame = UnseenMap(grid(), 4, empty, empty).polygons()
    assert len(frame) == 0 and list(frame.columns) == ["reason", "date", "geometry", "area_ha"]
