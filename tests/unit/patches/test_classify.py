"""Suggested types on patches made to measure, and what every suggestion must hold to."""

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from ecoredline.codes import code_list
from ecoredline.patches import classify as module
from ecoredline.patches.classify import ACTIVITIES, PROBLEMS, classify, evidence_table, wider_facts
from ecoredline.patches.facts import patch_facts

METRES = CRS.from_epsg(4543)
BANDS = ("blue", "green", "red", "nir")
FOREST, GRASS = (0.02, 0.04, 0.025, 0.22), (0.06, 0.08, 0.08, 0.24)
WET_FOREST = (0.02, 0.035, 0.02, 0.2)


def patch(before, after, *, x=0.0, **columns):
    values = {
        "area_m2_grid": 5000.0, "score": 18.0, "strong_share": 0.9, "tolerant_ratio": 0.95,
        "elongation": 1.5, "pieces": 1, "length_m": 80.0, "mean_width_m": 60.0,
        "rectangularity": 0.68, "compactness": 0.6, "before_spread": 0.01, "after_spread": 0.02,
        "geometry": shapely.box(x, 0, x + 70, 70),
    }  # fmt: skip
    for date, spectrum in (("before", before), ("after", after)):
        values |= {f"{date}_{b}": v for b, v in zip(BANDS, spectrum, strict=True)}
        values[f"ndvi_{date}"] = (spectrum[3] - spectrum[2]) / max(spectrum[3] + spectrum[2], 1e-9)
    return values | columns


def table(*rows):
    return gpd.GeoDataFrame(list(rows), geometry="geometry", crs=METRES)


CASES = {
    "quarry": (patch(FOREST, (0.18, 0.21, 0.24, 0.31)), "1", "vegetation"),
    "works": (patch(GRASS, (0.22, 0.22, 0.21, 0.27), rectangularity=0.97, compactness=0.75), "2", "space"),
    "solar": (patch(GRASS, (0.075, 0.075, 0.08, 0.12), rectangularity=0.9, compactness=0.75, after_spread=0.03), "3", "space"),
    "golf": (patch(FOREST, (0.07, 0.11, 0.08, 0.36)), "4", None),
    "resort": (patch(FOREST, (0.09, 0.13, 0.12, 0.30)), "4", None),
    "road": (patch(FOREST, (0.13, 0.15, 0.165, 0.25), elongation=15.0, mean_width_m=14.0, length_m=220.0, rectangularity=0.3, compactness=0.15), "5", "space"),
    "felling": (patch(FOREST, (0.07, 0.09, 0.10, 0.20)), "6", "vegetation"),
    "lake": (patch(GRASS, (0.06, 0.08, 0.08, 0.11), compactness=0.75, rectangularity=0.72), "6", "function"),
    "reservoir": (patch(WET_FOREST, (0.065, 0.09, 0.075, 0.08), compactness=0.3, rectangularity=0.53), "3", "function"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_typical_patch_gets_its_type_and_problem(name):
    row, activity, problem = CASES[name]
    found = classify(table(row)).iloc[0]
    assert found["activity_type"] == activity
    assert found["activity_confidence"] >= 0.4
    if problem:
        assert found["problem_type"] == problem


def test_reasons_are_three_sentences_with_this_patch_own_figures():
    road = CASES["road"][0]
    reasons = classify(table(road))["reasons"][0]
    assert reasons[0] == "形状狭长（长宽比 15.0，平均宽 14 m）"
    assert "植被指数由 0.80 降至 0.20" in reasons
    assert len(reasons) == 3


def test_shares_of_the_types_add_to_one_and_the_largest_is_the_suggestion():
    rows = table(*(row for row, *_ in CASES.values()))
    shares, found = module.type_table(rows), classify(rows)
    types = shares[[f"p_{code}" for code in ACTIVITIES.values()]]
    assert np.allclose(types.sum(axis=1), 1, atol=1e-3)
    named = found["activity_type"] != ""
    assert (types.idxmax(axis=1).str[2:] == found["activity_type"])[named].all()
    assert np.allclose(types.max(axis=1)[named], found["activity_confidence"][named], atol=1e-3)
    assert shares["cover_before"][0] == "vegetation"
    assert len(module.type_table(rows[:0])) == 0


def test_a_patch_that_nothing_speaks_for_is_left_open_but_explained():
    dull = patch((0.10, 0.11, 0.12, 0.18), (0.11, 0.12, 0.13, 0.18), score=5.0)
    found = classify(table(dull)).iloc[0]
    assert (found["activity_type"], found["activity_confidence"]) == ("", 0.0)
    assert found["reasons"]


def test_without_colours_the_type_is_left_open():
    bare = table(patch(FOREST, GRASS)).drop(
        columns=[f"{d}_{b}" for d in ("before", "after") for b in BANDS]
    )
    bare["ndvi_before"] = bare["ndvi_after"] = np.nan
    found = classify(bare).iloc[0]
    assert found["activity_type"] == ""
    assert not any("nan" in reason for reason in found["reasons"])


def test_a_stronger_larger_change_is_surer():
    weak = patch(FOREST, GRASS, score=5.5, strong_share=0.3, tolerant_ratio=0.4, area_m2_grid=450.0)
    strong = patch(
        FOREST, GRASS, score=30.0, strong_share=1.0, tolerant_ratio=1.0, area_m2_grid=2e4
    )
    low, high = classify(table(weak, strong))["confidence"]
    assert low < 0.25
    assert high > 0.85


def test_pads_with_pads_nearby_speak_for_wind_power():
    pad = {"mean_width_m": 14.0, "area_m2_grid": 1000.0, "score": 24.0, "elongation": 2.5}
    after = (0.125, 0.14, 0.155, 0.25)
    rows = [patch(FOREST, after, x=200.0 * k, **pad) for k in range(4)]
    assert wider_facts(table(*rows))["pad_neighbours"].tolist() == [2, 3, 3, 2]
    found = classify(table(*rows))
    assert found["activity_type"].tolist() == ["3"] * 4


SPECTRUM = st.tuples(*[st.floats(0, 0.9)] * 4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SPECTRUM, SPECTRUM, st.floats(1, 60), st.floats(3, 200)), max_size=5))
def test_every_suggestion_is_in_the_lists_and_every_confidence_between_0_and_1(rows):
    patches = [patch(b, a, elongation=e, mean_width_m=w) for b, a, e, w in rows]
    found = classify(table(*patches) if patches else table(patch(FOREST, GRASS)).iloc[:0])
    assert len(found) == len(rows)
    assert set(found["activity_type"]) <= {"", *code_list("activity_types")}
    assert set(found["problem_type"]) <= set(code_list("problem_types"))
    for name in ("activity_confidence", "problem_confidence", "confidence"):
        assert found[name].between(0, 1).all()
    assert (found["activity_type"].eq("") == found["activity_confidence"].eq(0)).all()
    assert found["reasons"].map(lambda r: 1 <= len(r) <= 3).all()


def test_the_input_is_left_as_it_was():
    patches = table(patch(FOREST, GRASS))
    columns = list(patches.columns)
    classify(patches)
    assert list(patches.columns) == columns


def test_types_of_the_table_are_those_of_the_code_lists():
    assert list(ACTIVITIES.values()) == list(code_list("activity_types"))
    assert list(PROBLEMS) == list(code_list("problem_types"))


def test_every_line_of_evidence_asks_for_facts_that_exist_and_can_be_said():
    facts = wider_facts(table(patch(FOREST, GRASS)))
    row = facts.to_dict("records")[0]
    for line in evidence_table():
        assert {name for name, *_ in line.conditions} <= set(facts)
        assert line.words.format(**row)
    with Path(module.EVIDENCE_PATH).open(encoding="utf-8") as stream:
        names = [r["name"] for r in csv.DictReader(stream)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("spectrum", "cover"),
    [
        (FOREST, "vegetation"), ((0.05, 0.08, 0.05, 0.02), "water"), ((0.06, 0.05, 0.05, 0.08), "panel"),
        ((0.3, 0.24, 0.15, 0.22), "blue"), ((0.2, 0.25, 0.28, 0.34), "bright"),
        ((0.09, 0.12, 0.14, 0.23), "bare"), ((0.08, 0.10, 0.10, 0.21), "sparse"),
    ],
)  # fmt: skip
def test_covers_are_named_by_their_mean_colour(spectrum, cover):
    assert patch_facts(table(patch(spectrum, FOREST)))["cover_before"].tolist() == [cover]
