import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from rasterio import features
from scipy import ndimage

from ecoredline.errors import InputError, SourceError
from ecoredline.simulate import ALL_NUISANCES, read_truth, simulate_arrays
from ecoredline.simulate.activities import SIZES_HA, VARIANTS, wanted_activities
from ecoredline.simulate.scene import make_grid, make_plan
from ecoredline.simulate.truth import truth_tables


def burnt(frame, grid):
    """Pixels whose middles lie in the polygons, by GDAL: the oracle of what is inside."""
    shapes = frame.to_crs(grid.crs).geometry
    if len(shapes) == 0:
        return np.zeros((grid.rows, grid.cols), bool)
    return features.rasterize(
        shapes, out_shape=(grid.rows, grid.cols), transform=grid.transform, dtype=np.uint8
    ).astype(bool)


def test_the_truth_is_exactly_what_was_painted(calm_arrays):
    before, after, grid, truth = calm_arrays
    changed = (before != after).any(axis=0)
    inside = burnt(truth["activities"], grid)
    # the blur of one pixel softens the rim; shadows of buildings and towers fall outside
    core = ndimage.binary_erosion(inside, np.ones((3, 3)))
    assert core.sum() > 500
    assert changed[core].mean() > 0.995
    far = ~ndimage.binary_dilation(inside, np.ones((3, 3)), iterations=1)
    loose, _ = ndimage.label(changed & far)
    shaded = after[:, changed & far].astype(int) - before[:, changed & far]
    assert (shaded <= 1).all()  # what changes outside is darker: a shadow
    near = ndimage.binary_dilation(inside, np.ones((3, 3)), iterations=45)
    assert not changed[~near].any()
    assert loose.max() < 60


def test_activities_differ_clearly_from_what_was_there(calm_arrays):
    before, after, grid, truth = calm_arrays
    for number in range(len(truth["activities"])):
        inside = burnt(truth["activities"].iloc[[number]], grid)
        change = np.abs(after[:, inside].astype(float) - before[:, inside]).max(axis=0)
        assert np.median(change) > 300  # 0.03 of reflectance


def test_truth_areas_are_those_of_the_ellipsoid(calm_arrays):
    _, _, grid, truth = calm_arrays
    activities = truth["activities"]
    planar = activities.to_crs(grid.crs).area
    middle = activities.to_crs(grid.crs).centroid.to_crs(4490)
    # oracle: PROJ's areal scale of the projection at the place
    factors = pyproj.Proj(grid.crs).get_factors(middle.x.to_numpy(), middle.y.to_numpy())
    expected = planar / factors.areal_scale / 1e4
    assert activities["area_ha"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1.5e-4)


def test_truth_lies_where_it_says(calm_arrays):
    _, _, grid, truth = calm_arrays
    local = {name: frame.to_crs(grid.crs) for name, frame in truth.items()}
    redline = shapely.union_all(local["redline"].geometry.to_numpy())
    reserves = shapely.union_all(local["protected_areas"].geometry.to_numpy())
    for _, row in local["activities"].iterrows():
        clipped = row.geometry.intersection(redline)
        assert row["redline_share"] == pytest.approx(clipped.area / row.geometry.area, abs=2e-4)
        if row["where"] == "outside":
            assert clipped.area < 0.5
        else:
            reserved = clipped.intersection(reserves).area > 0.5 * clipped.area
            assert reserved == (row["where"] == "protected")


def test_every_frame_is_marked_as_demo_data_in_the_storage_crs(calm_arrays):
    truth = calm_arrays[3]
    expected = {"activities", "natural", "redline", "protected_areas", "divisions", "places"}
    assert set(truth) == expected
    for frame in truth.values():
        assert frame.crs.to_epsg() == 4490
        assert (frame["is_demo"] == 1).all()
        assert (frame["source"] == "演示合成").all()
        assert frame.geometry.is_valid.all()
        west, south, east, north = frame.total_bounds if len(frame) else (101.7, 26.58) * 2
        assert 101 < west <= east < 102.5
        assert 26 < south <= north < 27


def test_a_small_scene_has_each_of_the_six_types_and_each_place(calm_arrays):
    activities = calm_arrays[3]["activities"]
    assert sorted(activities["activity_type"]) == list("123456")
    assert set(activities["where"]) == {"inside", "outside", "protected"}
    assert activities["activity_id"].is_unique
    boxes = activities.geometry.to_crs(4543)
    assert shapely.union_all(boxes.to_numpy()).area == pytest.approx(boxes.area.sum())


def test_a_default_scene_asks_for_every_type_in_every_size():
    wanted = wanted_activities(6000.0, 6000.0)
    assert 40 <= len(wanted) <= 60
    asked = {(w.variant.activity_type, w.size_ha) for w in wanted}
    assert asked >= {(t, s) for t in "123456" for s in SIZES_HA}
    assert {w.variant.kind for w in wanted} == {v.kind for v in VARIANTS}
    assert len(wanted_activities(12000.0, 12000.0)) == pytest.approx(4 * len(wanted), abs=4)


def test_natural_changes_are_recorded_and_are_not_activities(full_plan):
    tables = truth_tables(full_plan)
    kinds = set(tables["natural"]["kind"])
    assert kinds <= {"cloud", "cloud_shadow", "crop", "water_level", "snow", "landslide"}
    assert {"cloud", "landslide"} <= kinds
    slides = tables["natural"].query("kind == 'landslide'")
    assert slides.union_all().intersection(tables["activities"].union_all()).area == 0
    clouds = tables["natural"].query("kind == 'cloud'")
    assert set(clouds["date"]) <= {"2025-04-12", "2026-03-28"}


def test_recorded_clouds_are_bright_in_the_image():
    before, after, grid, truth = simulate_arrays(256, 256, 3, ("clouds",))
    for day, image in (("2025-04-12", before), ("2026-03-28", after)):
        natural = truth["natural"]
        cloud = burnt(natural[(natural["kind"] == "cloud") & (natural["date"] == day)], grid)
        core = ndimage.binary_erosion(cloud, np.ones((3, 3)), iterations=6)
        if core.any():
            assert np.median(image[0][core]) > 4000
        assert np.median(image[0][~cloud]) < 1500


def test_recorded_crop_changes_turn_ndvi_over():
    before, after, grid, truth = simulate_arrays(512, 512, 5, ("crops",), pixel_m=4.0)
    turned = burnt(truth["natural"].query("kind == 'crop'"), grid)
    assert turned.sum() > 500
    change = []
    for image in (before, after):
        red, nir = image[2][turned].astype(float), image[3][turned]
        change.append((nir - red) / (nir + red))
    difference = np.abs(change[1] - change[0])
    assert np.median(difference) > 0.25
    assert (change[1] - change[0]).min() < -0.2 < 0.2 < (change[1] - change[0]).max()


def test_the_grid_lies_near_panzhihua():
    grid = make_grid(300, 500, 2.0)
    assert grid.crs.to_epsg() == 4543
    # oracle: PROJ, straight from the corner coordinates
    to_lonlat = pyproj.Transformer.from_crs(4543, 4490, always_xy=True)
    lon, lat = to_lonlat.transform(*(grid.transform * (250, 150)))
    assert (lon, lat) == pytest.approx((101.7, 26.58), abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((10, 400, 2.0, 1, ()), "got 10 rows; wanted 64 to"),
        ((400, 10**6, 2.0, 1, ()), "got 1000000 cols"),
        ((400.5, 400, 2.0, 1, ()), "wanted a whole number"),
        ((400, 400, 0.1, 1, ()), "pixels of 0.1 m"),
        ((400, 400, float("nan"), 1, ()), "pixels of nan m"),
        ((400, 400, 2.0, -1, ()), "got seed -1"),
        ((400, 400, 2.0, "x", ()), "got seed 'x'"),
        ((400, 400, 2.0, 1, ("storm",)), "got nuisance 'storm'"),
    ],
)
def test_arguments_that_cannot_be_are_refused_in_words(arguments, said):
    with pytest.raises(InputError, match=said):
        make_plan(*arguments)


def test_the_smallest_scene_works():
    before, after, grid, truth = simulate_arrays(64, 64, 1, ALL_NUISANCES)
    assert before.shape == after.shape == (4, 64, 64)
    assert grid.rows == 64
    assert isinstance(truth["activities"], gpd.GeoDataFrame)


def test_reading_a_truth_that_is_not_there_says_so(tmp_path):
    with pytest.raises(SourceError, match=r"truth\.gpkg"):
        read_truth(tmp_path)
