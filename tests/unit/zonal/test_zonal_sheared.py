"""Maps whose cells are no rectangles on the ground: areas come from the ellipsoid all the same."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.windows import Window

from ecoredline.formula_rasters.sources import cell_areas
from ecoredline.geodesy import area_ha
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster.layers import write_map
from ecoredline.zonal import total_rule, zonal_numbers
from ecoredline.zonal.tally import total_unit

SINUSOIDAL = CRS.from_proj4("+proj=sinu +lon_0=0 +R=6371007.181 +units=m +no_defs")
SIDE = 463.3127165


@pytest.fixture
def modis():
    """500 m cells of MODIS at Panzhihua: sheared by 38 degrees."""
    x, y = Transformer.from_crs(STORAGE_CRS, SINUSOIDAL, always_xy=True).transform(101.7, 26.58)
    return Grid(SINUSOIDAL, Affine(SIDE, 0, x, 0, -SIDE, y), 64, 64)


def test_a_sheared_cell_has_the_area_of_its_outline_on_the_ellipsoid(modis):
    corners = [modis.transform * p for p in ((32, 32), (33, 32), (33, 33), (32, 33))]
    there = Transformer.from_crs(SINUSOIDAL, STORAGE_CRS, always_xy=True)
    outline = shapely.Polygon([there.transform(*c) for c in corners])
    assert modis.pixel_area_m2 == pytest.approx(area_ha(outline) * 1e4, rel=1e-3)
    areas = cell_areas(modis, Window(0, 0, 64, 64))
    assert areas[32, 32] == pytest.approx(modis.pixel_area_m2, rel=1e-6)


def test_what_a_zone_sees_of_a_modis_map_is_its_own_area(modis, tmp_path):
    path = write_map(tmp_path / "npp.tif", np.full((64, 64), 500.0), modis, unit="gC/(m²·a)")
    there = Transformer.from_crs(SINUSOIDAL, STORAGE_CRS, always_xy=True)
    middle = there.transform(*(modis.transform * (32, 32)))
    zone = shapely.Point(middle).buffer(0.04)
    found = zonal_numbers(path, gpd.GeoDataFrame(geometry=[zone], crs=STORAGE_CRS)).iloc[0]
    assert found["seen_ha"] == pytest.approx(found["area_ha"], rel=2e-3)
    assert found["total"] == pytest.approx(500 * area_ha(zone) * 1e4, rel=2e-3)  # grams of carbon


def test_factors_have_no_total_and_carbon_has_one():
    factors = ("MJ·mm/(hm²·h·a)", "t·hm²·h/(hm²·MJ·mm)", "m²/m²", "1", "°")
    assert {total_rule(u) for u in factors} == {"none"}
    rules = {
        "gC/(m²·a)": "per_m2",
        "t/(km²·a)": "per_km2",
        "t/(hm²·a)": "per_ha",
        "kg/m²": "per_m2",
    }
    assert {u: total_rule(u) for u in rules} == rules
    assert [total_unit(u, r) for u, r in rules.items()] == ["gC/a", "t/a", "t/a", "kg"]
