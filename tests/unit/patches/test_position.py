import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from ecoredline.grid import ELLIPSOID
from ecoredline.patches.position import distance_words, nearest, positions

LON, LAT = 101.70, 26.58


def places(**points):
    return gpd.GeoDataFrame(
        {"name": list(points)}, geometry=[Point(p) for p in points.values()], crs=4490
    )


def at(bearing, metres):
    lon, lat, _ = ELLIPSOID.fwd(LON, LAT, bearing, metres)
    return [lon], [lat]


@pytest.mark.parametrize(
    ("bearing", "metres", "words"),
    [
        (45, 1200, "示范村一东北约1.2公里"),
        (180, 346, "示范村一南约350米"),
        (272, 54, "示范村一西约50米"),
        (300, 49.9, "位于示范村一"),
        (0, 0, "位于示范村一"),
        (0, 996, "示范村一北约1.0公里"),
        (135, 12_345, "示范村一东南约12公里"),
    ],
)
def test_positions_are_told_by_direction_and_distance(bearing, metres, words):
    assert positions(*at(bearing, metres), places(示范村一=(LON, LAT))) == [words]


def test_county_and_township_go_in_front_but_are_not_said_twice():
    village = places(盐边县城=(LON, LAT))
    assert positions(*at(90, 500), village, ["盐边县"]) == ["盐边县城东约500米"]
    assert positions(*at(90, 500), village, ["米易县"]) == ["米易县盐边县城东约500米"]
    assert positions(*at(90, 5), village, ["米易县"]) == ["位于米易县盐边县城"]


def test_without_places_the_county_and_coordinates_serve_and_nothing_stays_blank():
    assert positions([LON], [LAT], None, ["盐边县"]) == ["盐边县（E101°42′00.0″，N26°34′48.0″）"]
    assert positions([LON], [LAT], None) == [""]
    assert positions([], [], places(村=(LON, LAT))) == []
    assert positions([LON], [LAT], places(), ["盐边县"])[0].startswith("盐边县（")


def test_metres_and_kilometres_are_rounded_as_they_are_spoken():
    assert distance_words(985) == "990米"
    assert distance_words(994.9) == "990米"
    assert distance_words(995) == "1.0公里"
    assert distance_words(9949) == "9.9公里"
    assert distance_words(9951) == "10公里"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_the_nearest_place_is_the_nearest_on_the_ellipsoid(seed, count):
    """Oracle: PROJ's distance to every place."""
    rng = np.random.default_rng(seed)
    around = rng.uniform((101, 26), (102.3, 27.5), (count, 2))
    lon, lat = rng.uniform((101, 26), (102.3, 27.5), (5, 2)).T
    rows, metres = nearest(lon, lat, around)
    for i in range(5):
        every = ELLIPSOID.inv(np.full(count, lon[i]), np.full(count, lat[i]), *around.T)[2]
        assert metres[i] == pytest.approx(every.min())
        assert rows[i] == every.argmin()
