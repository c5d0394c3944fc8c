"""A third date keeps what lasted, drops what is gone, and has no say where it shows nothing."""

import geopandas as gpd
import numpy as np
import shapely

from ecoredline.patches.persist import LEAST_SEEN, LEAST_SHARE, Later


def test_shares_of_a_third_date():
    patches = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10), shapely.box(90, 0, 110, 10)],
        crs=32648,
    )  # fmt: skip
    changed = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 4)], crs=32648)
    still, shown = Later(changed, shapely.box(0, 0, 95, 50)).shares(patches)
    assert still.round(6).tolist() == [0.4, 0, 0]
    assert shown.round(6).tolist() == [1, 1, 0.25]
    gone = (still < LEAST_SHARE) & (shown >= LEAST_SEEN)
    assert np.flatnonzero(gone).tolist() == [1]
