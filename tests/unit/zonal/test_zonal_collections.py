"""What an overlay leaves behind (a polygon with a line) is measured by its polygon."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from pyproj import CRS

from ecoredline.formula_rasters import sources
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map
from ecoredline.zonal import class_areas, run, zonal_numbers
from ecoredline.zonal.coverage import covered_cells


def test_a_collection_counts_by_its_polygons():
    grid = Grid(CRS.from_epsg(4543), Affine(10, 0, 0, 0, -10, 40), 4, 4)
    mixed = shapely.GeometryCollection(
        [shapely.box(0, 0, 10, 25), shapely.LineString([(20, 20), (30, 30)])]
    )
    (plain,) = covered_cells([shapely.box(0, 0, 10, 25)], grid)
    (found,) = covered_cells([mixed], grid)
    assert np.array_equal(found.cells, plain.cells)
    assert np.allclose(found.share, plain.share)
    (nothing,) = covered_cells([shapely.GeometryCollection([shapely.Point(5, 5)])], grid)
    assert nothing.share.sum() == 0


def test_a_zone_with_many_corners_is_cut_to_blocks_and_counts_the_same(tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    grid = Grid(CRS.from_epsg(4543), Affine(100, 0, 470_000, 0, -100, 2.95e6), 90, 100)
    path = write_map(tmp_path / "map.tif", rng.integers(1, 5, (90, 100)).astype(float), grid)
    turn = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    reach = 3000 + 900 * np.sin(17 * turn) + rng.normal(0, 20, turn.size)
    star = shapely.make_valid(shapely.Polygon(np.c_[475_000 + reach * np.cos(turn), 2_945_500 + reach * np.sin(turn)]))  # fmt: skip
    zones = gpd.GeoDataFrame(geometry=[star, shapely.box(479_000, 2_941_000, 479_950, 2_942_000)], crs=4543).to_crs(4490)  # fmt: skip
    whole = zonal_numbers(path, zones), class_areas(path, zones)
    monkeypatch.setattr(sources, "BLOCK_SIDES", (64,))
    blocks = zonal_numbers(path, zones), class_areas(path, zones)
    for one, other in zip(whole, blocks, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    monkeypatch.setattr(run, "MANY_CORNERS", 1 << 30)
    pd.testing.assert_frame_equal(zonal_numbers(path, zones), blocks[0], rtol=1e-9)
