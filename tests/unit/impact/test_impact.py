import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from ecoredline.errors import GridMismatch, InvalidGeometry
from ecoredline.geodesy import area_ha
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.impact import BY_REFERENCE, describe_impact, evaluation_area, near_targets
from ecoredline.raster.layers import write_map

GRID = Grid(CRS.from_epsg(4543), Affine(20, 0, 470_000, 0, -20, 2.95e6), 150, 150)


def lonlat(*boxes):
    return gpd.GeoDataFrame(geometry=[shapely.box(*b) for b in boxes], crs=4543).to_crs(STORAGE_CRS).geometry  # fmt: skip


@pytest.fixture
def site():
    """500 m × 400 m = 20 ha, half a cell off the grid."""
    return lonlat((471_010, 2_948_010, 471_510, 2_948_410)).iloc[0]


@pytest.fixture
def maps(tmp_path):
    x = np.mgrid[:150, :150][1]
    forest = np.where(x < 63, 11.0, 31.0)  # grass east of 471 260
    after = forest.copy()
    after[70:105, 45:90] = 63
    service = np.full((150, 150), 50.0)
    return {
        "before": write_map(tmp_path / "before.tif", forest, GRID),
        "after": write_map(tmp_path / "after.tif", after, GRID),
        "old": write_map(tmp_path / "old.tif", service, GRID, unit="t/(hm²·a)"),
        "new": write_map(tmp_path / "new.tif", np.where(after == 63, 5.0, 50.0), GRID, unit="t/(hm²·a)"),
    }  # fmt: skip


def targets():
    shapes = lonlat(
        (471_400, 2_948_300, 473_000, 2_949_000),  # overlaps 110 × 110 m
        (472_200, 2_948_000, 472_400, 2_948_200),  # 690 m away
        (475_000, 2_948_000, 475_500, 2_948_500),  # far
    )
    return gpd.GeoDataFrame({"kind": ["redline", "reserve", "water"], "name": ["甲", "乙", "丙"]}, geometry=list(shapes), crs=STORAGE_CRS)  # fmt: skip


def test_space_service_and_risk_of_a_site_by_hand(site, maps):
    found = describe_impact(
        site, before=maps["before"], after=maps["after"],
        services={"水土保持": (maps["old"], maps["new"])}, targets=targets(),
    )  # fmt: skip
    assert found.area_ha == pytest.approx(20, rel=1e-3)
    assert found.transition == pytest.approx({(11.0, 63.0): 10.0, (31.0, 63.0): 10.0}, rel=1e-3)
    assert (found.built_before_ha, found.built_after_ha) == pytest.approx((0, 20), rel=1e-3)
    assert found.changed_percent == 100
    assert found.services["水土保持"]["lost"] == pytest.approx(20 * 45, rel=1e-3)
    assert [(t.name, t.taken_whole) for t in found.targets] == [("甲", False), ("乙", True)]
    assert found.targets[0].overlap_ha == pytest.approx(1.21, rel=1e-2)
    assert found.targets[1].distance_m == pytest.approx(690, abs=1)
    assert found.notes == [BY_REFERENCE]


def test_the_area_of_evaluation_takes_the_near_target_whole(site):
    plain, full = evaluation_area(site), evaluation_area(site, targets())
    assert area_ha(plain) == pytest.approx(20 + (500 + 400) * 2 * 500 / 1e4 + np.pi * 25, rel=5e-3)
    assert area_ha(full) - area_ha(plain) == pytest.approx(4.0, rel=1e-2)
    assert [t.name for t in near_targets(site, targets())] == ["甲", "乙"]


def test_what_is_no_area_or_off_the_grid_is_refused(site, maps, tmp_path):
    with pytest.raises(InvalidGeometry, match="without an area"):
        describe_impact(shapely.Point(101.7, 26.6), before=maps["before"], after=maps["after"])
    moved = Grid(GRID.crs, Affine(20, 0, 470_005, 0, -20, 2.95e6), 150, 150)
    off = write_map(tmp_path / "off.tif", np.ones((150, 150)), moved)
    with pytest.raises(GridMismatch, match=r"off\.tif"):
        describe_impact(site, before=maps["before"], after=off)


def test_land_the_maps_do_not_cover_is_said(maps):
    outside = lonlat((469_900, 2_948_010, 470_100, 2_948_210)).iloc[0]
    found = describe_impact(outside, before=maps["before"], after=maps["after"])
    assert sum(found.transition.values()) == pytest.approx(2, rel=1e-3)
    assert any("只覆盖" in n for n in found.notes)


def test_a_later_map_with_a_hole_is_no_loss(site, maps, tmp_path):
    clouded = np.where(np.mgrid[:150, :150][1] < 63, 50.0, np.nan)  # nothing changed, half not seen
    new = write_map(tmp_path / "clouded.tif", clouded, GRID, unit="t/(hm²·a)")
    found = describe_impact(
        site, before=maps["before"], after=maps["after"], services={"水土保持": (maps["old"], new)}
    )
    one = found.services["水土保持"]
    assert np.isnan(one["lost"]) and (one["unit"], one["total_unit"]) == ("t/(hm²·a)", "t/a")
    assert any("覆盖不同，未计损失" in n for n in found.notes)
    same = describe_impact(site, before=maps["before"], after=maps["after"], services={"水土保持": (new, new)})  # fmt: skip
    assert same.services["水土保持"]["lost"] == 0
    assert any("只指有数据的部分" in n for n in same.notes)
