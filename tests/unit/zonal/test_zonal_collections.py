"""What an overlay leaves behind (a polygon with a line) is measured by its polygon."""

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS

from ecoredline.grid import Grid
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
