import itertools

import numpy as np
import pytest
import shapely

from ecoredline.simulate.layout import make_layout
from ecoredline.simulate.regions import (
    COUNTIES,
    make_divisions,
    make_places,
    make_protected_areas,
    make_redline,
    numeral,
    where_of,
)

SIZES = ((6000.0, 6000.0, 1), (800.0, 800.0, 2), (5000.0, 2000.0, 3))


@pytest.fixture(scope="module", params=SIZES, ids=str)
def scene(request):
    width, height, seed = request.param
    return make_layout(width, height, seed), width, height


def test_divisions_cut_the_scene_without_gap_or_overlap(scene):
    layout, width, height = scene
    divisions = make_divisions(width, height, layout.seed)
    assert divisions.is_valid.all()
    for level in ("county", "township"):
        pieces = divisions[divisions["level"] == level].geometry
        assert pieces.area.sum() == pytest.approx(width * height, rel=1e-12)
        for one, two in itertools.combinations(pieces, 2):
            assert one.intersection(two).area < 1e-6
        corners = {tuple(c) for g in pieces for c in shapely.get_coordinates(g)}
        whole = shapely.union_all(pieces.to_numpy())
        assert whole.area == pytest.approx(width * height, rel=1e-12)
        assert {tuple(c) for c in shapely.get_coordinates(whole)} <= corners


def test_divisions_have_the_real_codes_and_a_township_lies_in_its_county(scene):
    layout, width, height = scene
    table = make_divisions(width, height, layout.seed).set_index("code")
    counties = table[table["level"] == "county"]
    assert counties["name"].to_dict() == COUNTIES
    assert table.loc["510000", "name"] == "四川省"
    assert table.loc["510400", "name"] == "攀枝花市"
    assert table.loc["510400"].geometry.equals(table.loc["510000"].geometry)
    towns = table[table["level"] == "township"]
    assert all(len(code) == 9 for code in towns.index)
    for code, town in towns.iterrows():
        outside = town.geometry.difference(counties.loc[code[:6]].geometry).area
        assert outside < 1e-6


def test_the_redline_covers_about_two_fifths_without_overlap(scene):
    layout, width, height = scene
    redline = make_redline(layout, width, height)
    assert redline.is_valid.all()
    assert redline["code"].is_unique
    share = redline.area.sum() / (width * height)
    assert 0.35 < share < 0.45
    union = shapely.union_all(redline.geometry.to_numpy())
    assert union.area == pytest.approx(redline.area.sum(), rel=1e-9)
    assert shapely.box(0, 0, width, height).buffer(1e-6).contains(union)
    assert set(redline["control_zone"]) == {"core", "general"}
    assert {"金沙江格里坪水源地", "石箐沟口水源地", "白坡山省级自然保护区"} <= set(redline["name"])


def test_the_redline_has_holes_and_a_member_of_several_parts():
    layout = make_layout(6000.0, 6000.0, 20260101)
    redline = make_redline(layout, 6000.0, 6000.0)
    parts = shapely.get_parts(redline.geometry.to_numpy())
    assert shapely.get_num_interior_rings(parts).sum() >= 3
    assert (redline.geom_type == "MultiPolygon").any()


def test_protected_areas_are_the_three_reserves_with_outlines_of_their_own(scene):
    layout, width, height = scene
    redline = make_redline(layout, width, height)
    reserves = make_protected_areas(redline, layout)
    assert len(reserves) == 3
    assert set(reserves["level"]) == {"省级", "国家级"}
    for _, reserve in reserves.iterrows():
        member = shapely.union_all(redline[redline["name"] == reserve["name"]].geometry.to_numpy())
        overlap = reserve.geometry.intersection(member).area
        assert 0.5 * member.area < overlap < 0.999 * member.area
        assert not reserve.geometry.equals(member)


def test_places_are_plainly_made_up_and_lie_in_the_scene(scene):
    layout, width, height = scene
    places = make_places(layout, width, height)
    assert 20 <= len(places) <= 60
    assert places["name"].is_unique
    assert places["name"].str.startswith("示范").all()
    inside = shapely.box(-1, -1, width + 1, height + 1)
    assert inside.contains(shapely.MultiPoint(places.geometry.to_list()))


def test_a_shape_belongs_where_the_larger_part_of_its_redline_share_lies():
    redline, reserve = shapely.box(0, 0, 100, 100), shapely.box(50, 0, 150, 100)
    assert where_of(shapely.box(200, 0, 210, 10), redline, reserve) == "outside"
    assert where_of(shapely.box(110, 0, 120, 10), redline, reserve) == "outside"
    assert where_of(shapely.box(40, 0, 55, 10), redline, reserve) == "inside"
    assert where_of(shapely.box(45, 0, 70, 10), redline, reserve) == "protected"
    assert where_of(shapely.box(95, 0, 130, 10), redline, reserve) == "protected"


def test_numerals_are_chinese():
    assert [numeral(n) for n in (1, 11, 20, 99)] == ["一", "十一", "二十", "九十九"]


def test_the_same_seed_gives_the_same_regions():
    layout = make_layout(900.0, 900.0, 5)
    again = make_layout(900.0, 900.0, 5)
    for make in (make_redline, make_places):
        one, two = make(layout, 900.0, 900.0), make(again, 900.0, 900.0)
        assert all(a.equals_exact(b, 0) for a, b in zip(one.geometry, two.geometry, strict=True))
    other = make_layout(900.0, 900.0, 6)
    assert not np.array_equal(other.lakes, layout.lakes)
