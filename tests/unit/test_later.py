"""The third date: recovered places look as before, damaged ones bare, the rest as it was."""

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

from ecoredline.errors import InputError
from ecoredline.simulate import LATER_ON, later_image, simulate


def ndvi(path, box):
    with rasterio.open(path) as image:
        window = image.window(*box)
        red, nir = image.read([3, 4], window=window).astype(float)
    return float(np.nanmean((nir - red) / np.where(nir + red > 0, nir + red, np.nan)))


def test_what_became_of_two_places(tmp_path):
    simulate(tmp_path, rows=256, cols=256, nuisances=())
    with rasterio.open(tmp_path / "after.tif") as image:
        west, south, _, _ = image.bounds
        to = Transformer.from_crs(image.crs, 4490, always_xy=True)
    boxes = [(west + x, south + 100, west + x + 80, south + 180) for x in (40, 200, 360)]
    lonlat = [
        shapely.transform(shapely.box(*b), lambda xy: np.column_stack(to.transform(*xy.T)))
        for b in boxes
    ]
    path = later_image(tmp_path, recovered=[lonlat[0]], damaged=[lonlat[1]], seed=7)
    inner = [(w + 10, s + 10, e - 10, n - 10) for w, s, e, n in boxes]
    before, after = tmp_path / "before.tif", tmp_path / "after.tif"
    wanted = 0.75 * ndvi(before, inner[0]) + 0.25 * ndvi(after, inner[0])
    assert ndvi(path, inner[0]) == pytest.approx(wanted, abs=0.05)
    assert ndvi(path, inner[1]) == pytest.approx((2150 - 1650) / (2150 + 1650), abs=0.02)
    assert ndvi(path, inner[2]) == pytest.approx(ndvi(after, inner[2]), abs=0.02)
    with rasterio.open(path) as image:
        assert image.tags()["ACQUISITION_DATE"] == LATER_ON.isoformat()
        assert image.tags()["ECOREDLINE_DEMO"] == "1"
    again = later_image(tmp_path, recovered=[lonlat[0]], damaged=[lonlat[1]], seed=7, name="b.tif")
    with rasterio.open(path) as one, rasterio.open(again) as two:
        assert np.array_equal(one.read(), two.read())


def test_without_a_scene_it_says_what_it_wanted(tmp_path):
    with pytest.raises(InputError, match=r"before\.tif"):
        later_image(tmp_path, recovered=[], damaged=[], seed=1)
