import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import Polygon, box

from ecoredline.geodesy import areas_ha, geohash
from ecoredline.patches.identity import match_previous, patch_ids

HERE = {"division_code": "510422", "after_on": "2024-05-01", "lon": 101.7, "lat": 26.58}


def ids(*changes):
    return patch_ids(pd.DataFrame([HERE | change for change in changes]))


def test_an_id_is_made_of_county_month_and_place():
    assert ids({}) == [f"510422-202405-{geohash(101.7, 26.58, 9)}"]


@pytest.mark.parametrize(
    ("change", "start"),
    [
        ({"division_code": ""}, "000000-202405-"),
        ({"division_code": None}, "000000-202405-"),
        ({"after_on": ""}, "510422-000000-"),
        ({"after_on": float("nan")}, "510422-000000-"),
        ({"after_on": "unknown"}, "510422-000000-"),
        ({"division_code": "510422203"}, "510422-202405-"),
    ],
)
def test_what_is_unknown_is_zeros(change, start):
    assert ids(change)[0].startswith(start)


def test_missing_columns_are_unknown_too():
    assert patch_ids(pd.DataFrame([{"lon": 101.7, "lat": 26.58}]))[0].startswith("000000-000000-")


def test_later_rows_of_the_same_place_are_numbered():
    first, other, second, third = ids({}, {"lon": 101.8}, {}, {})
    assert second == f"{first}-2" and third == f"{first}-3"
    assert len({first, other, second, third}) == 4


def test_ids_do_not_depend_on_the_other_rows():
    rng = np.random.default_rng(5)
    rows = [{"lon": x, "lat": y} for x, y in rng.uniform((101, 26), (102, 27), (50, 2))]
    together = dict(zip([r["lon"] for r in rows], ids(*rows), strict=True))
    backwards = dict(zip([r["lon"] for r in reversed(rows)], ids(*reversed(rows)), strict=True))
    assert together == backwards
    assert len(set(together.values())) == 50


def test_neighbours_ten_metres_apart_have_different_ids():
    assert ids({})[0] != ids({"lon": 101.7001})[0]


def frame(shapes, names=None):
    names = names or [f"old-{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"patch_id": names}, geometry=list(shapes), crs=4490)


def cell(col, cols=1.0):
    return box(101.7 + 0.001 * col, 26.58, 101.7 + 0.001 * (col + cols), 26.581)


def test_patches_are_known_again_by_their_overlap():
    previous = frame([cell(0), cell(10)])
    found = match_previous(frame([cell(0.2), cell(10.9), cell(50)]), previous)
    assert found["previous_id"].tolist() == ["old-0", "", ""]
    assert found["iou"].tolist() == pytest.approx([0.8 / 1.2, 0, 0], abs=1e-6)


def test_the_best_of_several_wins_and_the_lowest_id_of_equals():
    assert match_previous(frame([cell(0)]), frame([cell(0.3), cell(0.1)]))[
        "previous_id"
    ].tolist() == ["old-1"]
    twins = frame([cell(0), cell(0)], ["b", "a"])
    assert match_previous(frame([cell(0)]), twins)["previous_id"].tolist() == ["a"]


def test_the_limit_and_the_index_are_kept():
    new = frame([cell(0.6)]).set_index(pd.Index([42]))
    assert match_previous(new, frame([cell(0)]))["previous_id"].to_dict() == {42: ""}
    assert match_previous(new, frame([cell(0)]), iou=0.2)["previous_id"].to_dict() == {42: "old-0"}


def test_nothing_matches_nothing_and_crossed_outlines_do_not_stop_it():
    assert match_previous(frame([]), frame([cell(0)])).empty
    assert match_previous(frame([cell(0)]), frame([]))["previous_id"].tolist() == [""]
    bowtie = Polygon([(101.7, 26.58), (101.701, 26.581), (101.701, 26.58), (101.7, 26.581)])
    found = match_previous(frame([bowtie]), frame([shapely.make_valid(bowtie)]))
    assert found["iou"].iloc[0] == pytest.approx(1)


def grown(old, new):
    from ecoredline.patches.identity import growth

    before = gpd.GeoDataFrame({"patch_id": ["a"]}, geometry=[old], crs=4490)
    after = gpd.GeoDataFrame(geometry=[new], crs=4490)
    return growth(after, before, jitter_m=3.0, least_ha=0.04).iloc[0]


def test_the_same_place_with_a_wobbling_outline_has_not_grown():
    old = shapely.box(101.7, 26.5, 101.701, 26.501)
    found = grown(old, old.buffer(0.00002))
    assert found["previous_id"] == "a"
    assert found["grown_ha"] == 0


def test_a_mine_that_doubled_has_grown_by_what_is_new():
    old, new = shapely.box(101.7, 26.5, 101.701, 26.501), shapely.box(101.7, 26.5, 101.702, 26.501)
    found = grown(old, new)
    assert found["previous_id"] == "a"
    assert found["grown_ha"] == pytest.approx(areas_ha([new])[0] - areas_ha([old])[0], rel=0.02)
