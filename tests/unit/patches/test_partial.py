"""Wide pixels: the outline runs through the pixels, and has the area of what changed."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from rasterio import features
from test_extract import FOREST, SOIL, change_map

from ecoredline.patches.extract import extract_patches
from ecoredline.patches.partial import refine_wide

PARTS, SIDE = 20, 48
NOISE = np.full(4, 0.006)
X0, Y0 = 5e5, 2.94e6
SHAPES = {
    "disc": shapely.Point(X0 + 243, Y0 - 237).buffer(40),
    "road": shapely.LineString([(X0 + 95, Y0 - 100), (X0 + 380, Y0 - 330)]).buffer(6, cap_style="flat"),
    "block": shapely.affinity.rotate(shapely.box(X0 + 200, Y0 - 300, X0 + 275, Y0 - 215), 25),
}  # fmt: skip


def seen_at_10_m(shape, pixel=10.0, seed=3):
    """The share of each pixel that a shape covers, and both dates as a sensor would see them."""
    side = (SIDE * PARTS, SIDE * PARTS)
    fine = features.rasterize(
        [shape], out_shape=side, transform=(pixel / PARTS, 0, X0, 0, -pixel / PARTS, Y0)
    )
    share = fine.reshape(SIDE, PARTS, SIDE, PARTS).mean(axis=(1, 3))
    chance = np.random.default_rng(seed)
    before = np.array(FOREST)[:, None, None] + chance.normal(0, 0.004, (4, SIDE, SIDE))
    step = (np.array(SOIL) - FOREST)[:, None, None] * share
    return share, before, before + step + chance.normal(0, 0.003, before.shape) + 0.01


def refined(shape, least_share=0.15, pixel=10.0):
    """The one patch of all pixels with some change in them, its pixels and its outline."""
    share, before, after = seen_at_10_m(shape, pixel)
    change = change_map(share >= least_share, after=after, pixel=pixel)
    change.radiometry = SimpleNamespace(noise=NOISE)
    plain = extract_patches(change)
    assert len(plain) == 1

    def read(window):
        row, col, rows, cols = window
        cut = np.s_[:, row : row + rows, col : col + cols]
        return before[cut], after[cut]

    return plain, refine_wide(plain, change, read)


@pytest.mark.parametrize(
    ("name", "off"), [("disc", 0.08), ("block", 0.08), ("road", 0.2)]
)  # a road of 12 m has no whole pixel
def test_the_area_is_that_of_the_shape_not_of_the_pixels_it_touches(name, off):
    true = SHAPES[name].area
    plain, found = refined(SHAPES[name])
    assert plain.area[0] > 1.1 * true
    assert found.area[0] == pytest.approx(true, rel=off)
    outline = found.geometry[0]
    assert outline.is_valid
    assert found["geometry_raw"][0].equals(plain["geometry_raw"][0])
    true, was = SHAPES[name], plain.geometry[0]
    overlap = [
        shapely.intersection(g, true).area / shapely.union(g, true).area for g in (was, outline)
    ]
    assert overlap[1] > overlap[0] + 0.05
    assert plain["geometry_raw"][0].buffer(10.5).contains(outline)


def test_fine_pixels_and_patches_too_small_are_left_as_they_are():
    plain, found = refined(shapely.affinity.scale(SHAPES["disc"], 0.3, 0.3), pixel=5.0)
    assert found.geometry[0].equals(plain.geometry[0])
    plain, found = refined(shapely.affinity.scale(SHAPES["disc"], 0.25, 0.25))
    assert plain["too_small"][0]
    assert found.geometry[0].equals(plain.geometry[0])


def test_without_seen_ground_beside_it_a_patch_keeps_its_outline():
    share, before, _ = seen_at_10_m(SHAPES["disc"])
    change = change_map(share > 0.15)
    change.radiometry = SimpleNamespace(noise=NOISE)
    plain = extract_patches(change)
    hidden = np.full_like(before, np.nan)

    def read(window):
        return (hidden[:, : window[2], : window[3]],) * 2

    assert refine_wide(plain, change, read).geometry[0].equals(plain.geometry[0])
