"""Differences in place: the balance holds, and what is moved out is seen whatever is gained."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.boundary import compare, reasons_for_approval
from ecoredline.boundary.difference import areas_by_county
from ecoredline.geodesy import area_ha
from ecoredline.grid import STORAGE_CRS

ORIGIN = (101.70, 26.58)
HALF = 0.0001  # hectares


def frame(shapes, codes=None, **columns):
    codes = codes or [f"R{n}" for n in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"code": codes, **columns}, geometry=shapes, crs=STORAGE_CRS)


def counties():
    west, south = ORIGIN
    return frame(
        [shapely.box(west - 0.02, south - 0.05, west + 0.05, south + 0.15),
         shapely.box(west + 0.05, south - 0.05, west + 0.08, south + 0.15)],
        ["510422", "510421"],
    )  # fmt: skip


@st.composite
def versions(draw):
    """A few star-shaped polygons; they may overlap, cross the county line and leave both counties."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        centre = np.array([draw(st.floats(0, 0.1)), draw(st.floats(0, 0.1))]) + ORIGIN
        radii = draw(st.lists(st.floats(0.001, 0.04), min_size=5, max_size=9))
        turns = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
        found.append(shapely.Polygon(centre + np.c_[np.cos(turns), np.sin(turns)] * np.c_[radii]))
    return frame(found)


@settings(max_examples=40, deadline=None)
@given(versions(), versions())
def test_the_balance_holds_in_total_and_in_every_county(old, new):
    found = compare(old, new, counties())
    for row in (*found.counties, found.total):
        assert row.kept_ha + row.lost_ha == pytest.approx(row.old_ha, abs=HALF)
        assert row.kept_ha + row.gained_ha == pytest.approx(row.new_ha, abs=HALF)
    # an oracle that knows no counties and no polygons: only the unions
    one, other = (shapely.union_all(f.geometry.to_numpy()) for f in (old, new))
    assert found.total.old_ha == pytest.approx(area_ha(one), abs=HALF)
    assert found.total.new_ha == pytest.approx(area_ha(other), abs=HALF)
    assert found.total.lost_ha == pytest.approx(area_ha(one - other), abs=HALF)
    assert found.total.gained_ha == pytest.approx(area_ha(other - one), abs=HALF)
    assert sum(areas_by_county(new, counties()).values()) == pytest.approx(area_ha(other), abs=HALF)


@settings(max_examples=15, deadline=None)
@given(versions())
def test_a_version_differs_from_itself_in_nothing(one):
    found = compare(one, one.sample(frac=1, random_state=1), counties())
    assert found.total.lost_ha == pytest.approx(0, abs=1e-6)  # overlaps may fall to other codes
    assert found.total.gained_ha == pytest.approx(0, abs=1e-6)
    assert {p.kind for p in found.polygons} == {"same"}
    assert reasons_for_approval(found) == []


@settings(max_examples=25, deadline=None)
@given(versions(), versions())
def test_backwards_lost_is_gained(old, new):
    there, back = compare(old, new, counties()).total, compare(new, old, counties()).total
    assert there.lost_ha == pytest.approx(back.gained_ha, abs=HALF)
    assert there.gained_ha == pytest.approx(back.lost_ha, abs=HALF)


def test_ground_moved_out_is_seen_though_more_was_gained():
    west, south = ORIGIN
    old = frame([shapely.box(west, south, west + 0.01, south + 0.01)])
    new = frame([shapely.box(west + 0.005, south, west + 0.03, south + 0.01)])
    found = compare(old, new, counties())
    assert found.total.net_ha > 0
    (reason,) = reasons_for_approval(found)
    assert (reason.kind, reason.county) == ("moved_out", "510422")
    assert reason.area_ha == pytest.approx(area_ha(old.geometry[0]) / 2, abs=HALF)


def test_one_county_may_not_pay_for_the_other():
    west, south = ORIGIN
    here, there = shapely.box(west, south, west + 0.01, south + 0.01), shapely.box(west + 0.06, south, west + 0.07, south + 0.01)  # fmt: skip
    found = compare(frame([here], ["A"]), frame([there], ["B"]), counties())
    kinds = {(r.kind, r.county) for r in reasons_for_approval(found)}
    assert {("county_shrinks", "510422"), ("moved_out", "510422")} <= kinds
    assert not any(county == "510421" for _, county in kinds)
    assert [p.kind for p in found.polygons] == ["withdrawn", "new"]


def test_a_new_code_or_a_split_loses_nothing():
    west, south = ORIGIN
    whole = shapely.box(west, south, west + 0.02, south + 0.01)
    halves = [shapely.box(west, south, west + 0.01, south + 0.01),
              shapely.box(west + 0.01, south, west + 0.02, south + 0.01)]  # fmt: skip
    found = compare(frame([whole], ["old"]), frame(halves, ["a", "b"]), counties())
    assert found.total.lost_ha == pytest.approx(0, abs=1e-9)
    assert {p.kind for p in found.polygons} == {"withdrawn", "new"}
    assert reasons_for_approval(found) == []


def test_slivers_of_redrawing_are_told_apart_and_pass_only_while_they_are_few():
    west, south = ORIGIN
    old = frame([shapely.box(west, south, west + 0.01, south + 0.01)])
    step = 2e-7  # 2 cm
    few = frame([shapely.box(west + step / 40, south, west + 0.01 + step, south + 0.01)])
    found = compare(old, few)
    assert 0 < found.total.lost_ha == pytest.approx(found.total.sliver_lost_ha)
    assert reasons_for_approval(found) == []
    strips = frame([shapely.box(west, south, west + 0.01, south + 1e-5 - step)])
    many = compare(frame([shapely.box(west, south, west + 0.01, south + 1e-5)]), strips)
    assert [r.kind for r in reasons_for_approval(many)] == ["slivers"]


def test_changed_attributes_are_named_with_both_words():
    shape = shapely.box(*ORIGIN, ORIGIN[0] + 0.01, ORIGIN[1] + 0.01)
    old, new = frame([shape], control_zone=["core"]), frame([shape], control_zone=["general"])
    (row,) = compare(old, new).polygons
    assert (row.kind, row.fields) == ("changed", (("control_zone", "core", "general"),))
