"""Only what lies near the redline is read: cost follows its pixels, not the image's."""

import importlib
from collections import Counter

import numpy as np
import pytest
from change_ground import ground
from shapely.geometry import box

from ecoredline.change import DetectionParameters, detect
from ecoredline.change import overview as overview_module
from ecoredline.change import sample as sample_module
from ecoredline.raster import Reader, common_grid, open_scene

BLOCK = 128
SIDE = 1280
PARAMETERS = DetectionParameters(block_px=BLOCK)


@pytest.fixture
def large(write_image, monkeypatch):
    """A pair without overviews that counts as large, in tiles of 128; and its counted reads."""
    monkeypatch.setattr(overview_module, "COARSE_SIDE", SIDE // 4)
    monkeypatch.setattr(overview_module, "PART_PX", BLOCK)
    monkeypatch.setattr(sample_module, "TILE_SIDES_PX", (BLOCK - 32, 16))
    tiles_module = importlib.import_module("ecoredline.change.tiles")
    monkeypatch.setattr(tiles_module, "TILE_PX", BLOCK)
    image = ground(SIDE, SIDE, 5)
    other = np.roll(image, 0) + np.float32(0.002)
    scenes = [open_scene(write_image(n, i)) for n, i in (("b.tif", image), ("a.tif", other))]
    seen, raw = Counter(), Reader.raw

    def counted(reader, row, col, rows, cols, shape=None):
        kind = "blocks" if shape is None else "overview"
        seen[kind] += rows * cols
        return raw(reader, row, col, rows, cols, shape)

    monkeypatch.setattr(Reader, "raw", counted)
    return scenes, common_grid(*scenes)[0], seen


def spot(grid, side_px):
    """A square of some pixels around the grid's middle."""
    x, y = grid.transform * (grid.cols / 2 + 30, grid.rows / 2 + 30)
    half = side_px / 2 * grid.transform.a
    return box(x - half, y - half, x + half, y + half)


def test_pixels_read_follow_the_pixels_of_the_focus(large):
    scenes, grid, seen = large
    found = {}
    for side in (8, 300, 600):
        seen.clear()
        detect(*scenes, grid, PARAMETERS, focus=spot(grid, side))
        found[side] = dict(seen)
    seen.clear()
    detect(*scenes, grid, PARAMETERS)
    whole = dict(seen)
    for side, counts in found.items():
        assert counts["overview"] <= 2 * (side + 2 * BLOCK) ** 2
        more = counts["blocks"] - found[8]["blocks"]  # beyond the sample, which costs the same
        assert more <= 2 * (side + 4 * BLOCK) ** 2
    assert found[8]["blocks"] < found[300]["blocks"] < found[600]["blocks"] < whole["blocks"]
    assert whole["overview"] == 2 * SIDE * SIDE
    assert found[8]["overview"] == 2 * BLOCK * BLOCK


def test_what_was_not_looked_at_is_not_called_unseen(large):
    scenes, grid, _ = large
    change = detect(*scenes, grid, PARAMETERS, focus=spot(grid, 300))
    assert not change.unseen.before.any() and not change.unseen.after.any()
