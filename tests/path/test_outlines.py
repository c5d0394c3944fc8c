"""Painted rectangles come back at their size: an area printed to four decimals must mean something."""

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from ecoredline import change, raster
from ecoredline.patches import extract
from ecoredline.record import Job

SIDE, PIXEL_M, WEST, NORTH = 700, 2.0, 500_000.0, 2_940_000.0
RECTANGLES = [(40, 60, 8, 8), (130, 310, 10, 10), (220, 60, 15, 15), (310, 310, 40, 30), (420, 60, 100, 100), (560, 310, 100, 4)]  # fmt: skip
FOREST, QUARRY = (600, 700, 600, 2800), (2200, 2400, 2600, 3000)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Patches between a noisy forest and the same forest with sharp bright rectangles in it."""
    folder, chance = tmp_path_factory.mktemp("rectangles"), np.random.default_rng(0)
    before = np.array(FOREST)[:, None, None] + chance.normal(0, 40, (4, SIDE, SIDE))
    before += np.kron(chance.normal(0, 60, (SIDE // 10, SIDE // 10)), np.ones((10, 10)))
    after = before + chance.normal(0, 30, before.shape)
    for col, row, cols, rows in RECTANGLES:
        noise = chance.normal(0, 60, (4, rows, cols))
        after[:, row : row + rows, col : col + cols] = np.array(QUARRY)[:, None, None] + noise
    scenes = []
    for name, values in (("before_20250101", before), ("after_20260101", after)):
        path = folder / f"{name}.tif"
        profile = {"driver": "GTiff", "dtype": "uint16", "count": 4, "height": SIDE, "width": SIDE}
        transform = from_origin(WEST, NORTH, PIXEL_M, PIXEL_M)
        with rasterio.open(path, "w", crs="EPSG:4543", transform=transform, **profile) as image:
            image.write(np.clip(values, 1, 10_000).astype("uint16"))
            image.descriptions = ("blue", "green", "red", "nir")
        scenes.append(raster.open_scene(path))
    grid, _ = raster.common_grid(*scenes)
    changed = change.detect(*scenes, grid, change.DetectionParameters(), focus=None, job=Job())
    return extract.extract_patches(changed, job=Job())


@pytest.mark.parametrize("rectangle", RECTANGLES, ids=lambda r: f"{r[2]}x{r[3]}")
def test_a_sharp_rectangle_keeps_its_area_within_half_a_pixel_of_rim(found, rectangle):
    col, row, cols, rows = rectangle
    box = shapely.box(
        WEST + col * PIXEL_M, NORTH - (row + rows) * PIXEL_M,
        WEST + (col + cols) * PIXEL_M, NORTH - row * PIXEL_M,
    )  # fmt: skip
    hit = found[found.intersects(box)]
    assert len(hit) == 1
    assert hit.area.sum() == pytest.approx(box.area, abs=box.length * PIXEL_M / 4)
    assert shapely.hausdorff_distance(hit.geometry.iloc[0], box) <= 1.5 * PIXEL_M


def test_nothing_is_found_beside_the_rectangles(found):
    assert len(found[~found["too_small"]]) == sum(
        c * r * PIXEL_M**2 >= 400 for *_, c, r in RECTANGLES
    )
