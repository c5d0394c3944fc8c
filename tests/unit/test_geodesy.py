import math
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from ecoredline import geodesy
from ecoredline.errors import InputError, UnsuitableCRS
from ecoredline.grid import ELLIPSOID

CELL = box(101.70, 26.58, 101.71, 26.59)
CELL_M2 = 1_103_722.78  # standards 10.7


def geod_ha(geometry, longest_side_deg=1e-3):
    """Oracle: PROJ's geodesic area of the polygon with its straight lon, lat sides made short."""
    fine = shapely.orient_polygons(shapely.segmentize(geometry, longest_side_deg))
    return abs(ELLIPSOID.geometry_area_perimeter(fine)[0]) / 1e4


lons = st.floats(74, 134)
lats = st.floats(4, 53)


@st.composite
def blobs(draw, most_deg=0.05):
    """A star-shaped polygon in China, with a hole at times."""
    lon, lat = draw(lons), draw(lats)
    count = draw(st.integers(3, 12))
    size = draw(st.floats(1e-4, most_deg))
    radii = draw(st.lists(st.floats(0.5, 1), min_size=count, max_size=count))
    angles = np.linspace(0, 2 * math.pi, count, endpoint=False)
    ring = [
        (lon + size * r * math.cos(a), lat + size * r * math.sin(a))
        for r, a in zip(radii, angles, strict=True)
    ]
    holes = []
    if draw(st.booleans()):
        holes = [[(lon + 0.1 * (x - lon), lat + 0.1 * (y - lat)) for x, y in ring]]
    return Polygon(ring, holes)


def test_the_cell_of_the_standard_has_its_area():
    assert geodesy.area_ha(CELL) * 1e4 == pytest.approx(CELL_M2, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(blobs())
def test_areas_equal_those_of_proj(polygon):
    assert geodesy.area_ha(polygon) == pytest.approx(geod_ha(polygon), rel=2e-7, abs=1e-6)


def test_a_patch_sized_polygon_equals_the_geodesic_polygon_to_the_fourth_decimal():
    patch = Point(101.7, 26.6).buffer(0.001, 16)
    exact = abs(ELLIPSOID.geometry_area_perimeter(patch)[0]) / 1e4
    assert geodesy.round_ha(geodesy.area_ha(patch)) == round(exact, 4)


def test_a_side_of_five_degrees_is_integrated_without_loss():
    wide = Polygon([(100, 20), (105, 25), (103, 31)])
    assert geodesy.area_ha(wide) == pytest.approx(geod_ha(wide, 1e-3), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(blobs(), st.floats(0.2, 0.8), st.booleans())
def test_cutting_a_polygon_keeps_its_area(polygon, share, upright):
    west, south, east, north = polygon.bounds
    middle = west + share * (east - west) if upright else south + share * (north - south)
    first = (
        box(west - 1, south - 1, middle, north + 1)
        if upright
        else box(west - 1, south - 1, east + 1, middle)
    )
    halves = [polygon & first, polygon - first]
    assert geodesy.areas_ha(halves).sum() == pytest.approx(
        geodesy.area_ha(polygon), rel=1e-9, abs=1e-9
    )


def test_holes_count_off_and_parts_add_up_and_direction_does_not_matter():
    hole = box(101.703, 26.583, 101.704, 26.584)
    ring = Polygon(CELL.exterior.coords, [hole.exterior.coords])
    far = box(101.8, 26.5, 101.81, 26.51)
    cell, inner, other = geodesy.areas_ha([CELL, hole, far])
    assert geodesy.area_ha(ring) == pytest.approx(cell - inner, rel=1e-12)
    assert geodesy.area_ha(MultiPolygon([ring, far])) == pytest.approx(
        cell - inner + other, rel=1e-12
    )
    assert geodesy.area_ha(ring.reverse()) == geodesy.area_ha(ring)


def test_what_is_no_polygon_has_no_area():
    shapes = [
        Point(101, 26),
        None,
        Polygon(),
        CELL.exterior,
        shapely.GeometryCollection([Point(1, 1), CELL]),
    ]
    assert geodesy.areas_ha(shapes)[:4].tolist() == [0, 0, 0, 0]
    assert geodesy.areas_ha(shapes)[4] == geodesy.area_ha(CELL)
    nested = shapely.GeometryCollection([MultiPolygon([CELL]), shapely.GeometryCollection([CELL])])
    assert geodesy.area_ha(nested) == pytest.approx(2 * geodesy.area_ha(CELL))
    assert geodesy.areas_ha([]).shape == (0,)


def test_many_polygons_in_several_chunks_equal_one_by_one(monkeypatch):
    points = np.random.default_rng(1).uniform((100, 26), (102, 28), (500, 2))
    shapes = shapely.buffer(shapely.points(points), 0.001)
    together = geodesy.areas_ha(shapes)
    monkeypatch.setattr(geodesy, "CHUNK_COORDINATES", 70)
    assert np.array_equal(geodesy.areas_ha(shapes), together)
    assert together[:50].tolist() == [geodesy.area_ha(s) for s in shapes[:50]]


def test_projected_coordinates_are_refused():
    with pytest.raises(UnsuitableCRS, match="reproject"):
        geodesy.area_ha(box(5e5, 2.9e6, 5.01e5, 2.91e6))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0.00005, 0.0001),
        (1.00005, 1.0001),
        (2.67495, 2.675),
        (0.00004999, 0.0),
        (-0.00005, -0.0001),
        (3, 3.0),
    ],
)
def test_hectares_round_half_away_from_zero_on_their_decimal_text(value, wanted):
    assert geodesy.round_ha(value) == wanted


def test_rounding_takes_arrays_and_lets_nan_through():
    rounded = geodesy.round_ha(np.array([0.00005, np.nan]))
    assert rounded[0] == 0.0001 and math.isnan(rounded[1])


@settings(max_examples=100)
@given(
    st.lists(
        st.one_of(st.floats(-1e7, 1e7), st.integers(0, 10**9).map(lambda k: k / 20_000)), min_size=1
    )
)
def test_rounding_an_array_equals_rounding_each_number(values):
    assert geodesy.round_ha(np.array(values)).tolist() == [geodesy.round_ha(v) for v in values]


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1e5), max_size=40))
def test_a_total_is_the_sum_of_the_printed_numbers(values):
    printed = [f"{geodesy.round_ha(v):.4f}" for v in values]
    assert f"{geodesy.total_ha(values):.4f}" == f"{sum(map(Decimal, printed), Decimal(0)):.4f}"


def test_distance_and_bearing_are_those_of_the_ellipsoid():
    assert geodesy.distance_m(101.7, 26.5, 101.7, 26.6) == pytest.approx(11_078.0, abs=2)
    assert geodesy.bearing_deg(101.7, 26.5, 101.8, 26.5) == pytest.approx(90, abs=0.05)
    assert geodesy.bearing_deg(101.8, 26.5, 101.7, 26.5) == pytest.approx(270, abs=0.05)
    many = geodesy.distance_m([101.7] * 2, [26.5] * 2, [101.7, 101.8], [26.6, 26.5])
    assert np.shape(many) == (2,)


@settings(max_examples=60, deadline=None)
@given(lons, lats, st.floats(0, 359.99), st.floats(60, 20_000))
def test_bearing_and_distance_undo_a_walk(lon, lat, bearing, metres):
    to_lon, to_lat, _ = ELLIPSOID.fwd(lon, lat, bearing, metres)
    assert geodesy.distance_m(lon, lat, to_lon, to_lat) == pytest.approx(metres, abs=1e-3)
    turned = (geodesy.bearing_deg(lon, lat, to_lon, to_lat) - bearing + 180) % 360 - 180
    assert abs(turned) < 1e-3


def test_the_eight_directions_turn_at_their_half_angles():
    assert [geodesy.bearing_zh(b) for b in range(0, 360, 45)] == list(geodesy.DIRECTIONS_ZH)
    assert geodesy.bearing_zh(22.4) == "北"
    assert geodesy.bearing_zh(22.6) == "东北"
    assert geodesy.bearing_zh(337.6) == "北"
    assert geodesy.bearing_zh(720) == "北"


def test_seconds_carry_into_minutes_and_degrees():
    assert geodesy.format_dms(101.99999999, "lon") == "E102°00′00.0″"
    assert geodesy.format_dms(26.61, "lat", 0) == "N26°36′36″"
    assert geodesy.format_dms(-0.5, "lon", 2) == "W0°30′00.00″"
    with pytest.raises(InputError, match="'lon' or 'lat'"):
        geodesy.format_dms(1, "x")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("E101°32′15″", 101.5375),
        ("101°32'15\"", 101.5375),
        ("北纬26度36分31秒", 26 + 36 / 60 + 31 / 3600),
        ("26°36.5′N", 26 + 36.5 / 60),
        ("101.5375", 101.5375),
        ("-5.6", -5.6),
        ("26°36′S", -26.6),
        ("西经101°", -101),
    ],
)
def test_coordinates_in_words_are_read(text, wanted):
    assert geodesy.parse_dms(text) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["", "east", "101°60′00″", "101°32′60″", "190°", "101°32′15″ or so"]
)
def test_coordinates_that_cannot_be_are_refused(text):
    with pytest.raises(InputError, match="wanted degrees, minutes, seconds"):
        geodesy.parse_dms(text)


@settings(max_examples=80)
@given(st.floats(-180, 180), st.sampled_from(["lon", "lat"]))
def test_formatting_and_parsing_are_inverse(degrees, axis):
    assert geodesy.parse_dms(geodesy.format_dms(degrees, axis, 4)) == pytest.approx(
        degrees, abs=2e-8
    )


def test_geohash_gives_the_published_examples():
    assert geodesy.geohash(-5.6, 42.6, 5) == "ezs42"
    assert geodesy.geohash(10.40744, 57.64911, 11) == "u4pruydqqvj"
    assert len(geodesy.geohash(101.7, 26.58)) == 9
    with pytest.raises(InputError, match="wanted degrees"):
        geodesy.geohash(5e5, 2.9e6)


def test_gcj02_moves_panzhihua_as_measured():
    lon, lat = geodesy.to_gcj02(101.7, 26.6)
    assert lon - 101.7 == pytest.approx(0.00155, abs=5e-6)
    assert lat - 26.6 == pytest.approx(-0.00360, abs=5e-6)
    assert geodesy.distance_m(101.7, 26.6, float(lon), float(lat)) == pytest.approx(428, abs=1)


def test_gcj02_leaves_points_outside_china_alone():
    assert [float(v) for v in geodesy.to_gcj02(2.35, 48.85)] == [2.35, 48.85]


@settings(max_examples=80)
@given(lons, lats)
def test_gcj02_inverse_undoes_the_shift_to_a_millimetre(lon, lat):
    back = geodesy.from_gcj02(*geodesy.to_gcj02(lon, lat))
    assert geodesy.distance_m(lon, lat, float(back[0]), float(back[1])) < 0.001
