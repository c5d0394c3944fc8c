import math

import numpy as np
import pytest

from ecoredline.errors import InputError
from ecoredline.simulate import ALL_NUISANCES
from ecoredline.simulate.dates import AFTER, BEFORE, SUN_ELEVATION, check_nuisances, look
from ecoredline.simulate.ground import (
    CROP_GREEN,
    GRASS,
    KINDS,
    LAKE_WATER,
    RIVER_WATER,
    SNOW,
    WOOD,
)
from ecoredline.simulate.lattice import cloud_at, cloud_shadow_at, illumination
from ecoredline.simulate.render import surface_of
from ecoredline.simulate.scene import make_plan
from ecoredline.simulate.terrain import elevations, river_distances


def ndvi(light, kind):
    chosen = light.surface[:, light.kinds == kind]
    return ((chosen[3] - chosen[2]) / (chosen[3] + chosen[2])).mean()


@pytest.fixture(scope="module")
def lights():
    """The land of both dates before light and air, without anything built."""
    plan = make_plan(700, 700, 4.0, 7, ("season",))
    return [surface_of(p, 0, 0, 700, 700) for p in plan.paintings]


def test_vegetation_and_water_have_the_reflectance_they_have_in_nature(lights):
    for light in lights:
        assert 0.6 < ndvi(light, WOOD) < 0.85
        assert 0.55 < ndvi(light, CROP_GREEN) < 0.9
        for kind in (RIVER_WATER, LAKE_WATER):
            water = light.surface[:, light.kinds == kind].mean(axis=1)
            assert water[3] < 0.08
            assert water[3] < water[1]
    assert 0.28 < ndvi(lights[AFTER], GRASS) < 0.5


def test_the_dry_season_turns_grass_and_forest_less_green(lights):
    for kind in (WOOD, GRASS):
        assert ndvi(lights[AFTER], kind) < ndvi(lights[BEFORE], kind) - 0.02


def test_every_kind_of_land_but_snow_is_common_enough_to_be_seen(lights):
    shares = np.bincount(lights[BEFORE].kinds.ravel(), minlength=len(KINDS)) / 700**2
    rare = [KINDS[k] for k, share in enumerate(shares) if share < 0.001]
    assert set(rare) <= {"drawdown", "snow"}
    assert shares[SNOW] < 0.03
    assert shares[WOOD] > 0.2


def test_the_river_runs_through_the_lowest_land(full_plan):
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 800, (2, 2000))
    heights = elevations(x, y, full_plan.layout)
    in_river = river_distances(x, y, full_plan.layout) < 0
    assert in_river.sum() > 50
    assert heights[in_river].max() <= heights[~in_river].min() + 1e-9


def test_level_ground_is_in_full_light_and_a_slope_to_the_sun_is_brighter():
    sun = look(AFTER, ALL_NUISANCES, snow_lines=(0, 0), scale=1.0, clouds=np.empty((0, 5)))
    assert illumination(0.0, 0.0, sun) == pytest.approx(1.0)
    # ground that falls towards the sun: the slope is against the sun's direction
    assert illumination(-0.3 * sun.sun_x, -0.3 * sun.sun_y, sun) > 1.05
    assert illumination(0.5 * sun.sun_x, 0.5 * sun.sun_y, sun) < 0.9


def test_the_sun_vector_has_unit_length_and_the_elevation_stated():
    for index in (BEFORE, AFTER):
        sun = look(index, ("sun",), snow_lines=(0, 0), scale=1.0, clouds=np.empty((0, 5)))
        assert math.hypot(sun.sun_x, sun.sun_y, sun.sun_z) == pytest.approx(1.0)
        assert math.degrees(math.asin(sun.sun_z)) == pytest.approx(SUN_ELEVATION[index])
        assert sun.sun_x > 0  # before noon the sun is in the east
        assert sun.sun_y > 0  # and, north of the tropic, in the south


def test_a_cloud_throws_its_shadow_away_from_the_sun():
    clouds = np.array([[1000.0, 1000.0, 200.0, 500.0, 0.0]])
    sun = look(AFTER, ("clouds",), snow_lines=(0, 0), scale=1.0, clouds=clouds)
    sun = sun._replace(sun_x=0.0, sun_y=math.sqrt(0.5), sun_z=math.sqrt(0.5))
    # 45 degrees in the south, cloud 500 m up: its shadow lies 500 m to the north
    for dx, dy in ((0, 0), (60, -40), (-90, 30)):
        shadow = cloud_shadow_at(1000.0 + dx, 500.0 + dy, sun, 3)
        assert shadow == pytest.approx(cloud_at(1000.0 + dx, 1000.0 + dy, sun, 3), abs=1e-9)
    assert cloud_at(1000.0, 1000.0, sun, 3) > 0.9
    assert cloud_at(1300.0, 1000.0, sun, 3) == 0.0


def test_without_nuisances_both_dates_look_alike():
    before, after = (
        look(k, (), snow_lines=(5, 4), scale=1.0, clouds=np.empty((0, 5))) for k in (BEFORE, AFTER)
    )
    same = before._replace(index=AFTER)
    for one, two in zip(same, after, strict=True):
        assert np.array_equal(one, two)


def test_nuisances_come_in_their_own_order_and_unknown_ones_are_refused():
    assert check_nuisances(reversed(ALL_NUISANCES)) == ALL_NUISANCES
    with pytest.raises(InputError, match=r"'fog'.*wanted any of season"):
        check_nuisances(["sun", "fog"])
    with pytest.raises(InputError, match="wanted a list of names"):
        check_nuisances("sun")
