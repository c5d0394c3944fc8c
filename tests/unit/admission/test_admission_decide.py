"""The answer: right where the layers speak, no where they do not."""

import json
from datetime import date

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from shapely.geometry import box

from ecoredline.admission import (
    CheckOptions,
    LayerOptions,
    LayerState,
    Project,
    admit,
    admit_all,
    layers_of,
    load_layers,
    match_projects,
    read_rules,
    write_admissions,
)
from ecoredline.admission.layers import ROLES
from ecoredline.geodesy import area_ha

DAY = date(2026, 6, 1)
RULES = read_rules()
SEE = CheckOptions(DAY)


def write(path, rows):
    *names, shapes = zip(*rows, strict=True)
    columns = ("code", "name", "control_zone", "version")[: len(names)]
    data = dict(zip(columns, names, strict=True))
    gpd.GeoDataFrame(data, geometry=list(shapes), crs=4490).to_file(path, engine="pyogrio")
    return path


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    redline = write(folder / "redline.gpkg", [
        ("R1", "甲", "general", "2022-10", box(101.70, 26.50, 101.72, 26.52)),
        ("R2", "乙", "core", "2022-10", box(101.72, 26.50, 101.74, 26.52)),
        ("R3", "丙", "", "2022-10", box(101.74, 26.50, 101.76, 26.52)),
        ("R4", "丁", "class_1", "2022-10", box(101.76, 26.50, 101.78, 26.52)),
    ])  # fmt: skip
    protected = write(
        folder / "protected.gpkg", [("P1", "保护地", box(101.75, 26.49, 101.77, 26.53))]
    )
    water = gpd.GeoDataFrame(
        {"name": ["水源"], "级别": ["一级保护区"]},
        geometry=[box(101.60, 26.50, 101.61, 26.51)],
        crs=4490,
    )
    water.to_file(folder / "water.gpkg", engine="pyogrio")
    return {"redline": redline, "protected": protected, "water": folder / "water.gpkg"}


def layers(paths, *, max_age_days=None, required=("redline",), **options):
    ages = dict.fromkeys(ROLES, 0) | (max_age_days or {})
    return load_layers(
        paths, LayerOptions(as_of=DAY, max_age_days=ages, required=required, **options)
    )


@pytest.fixture(scope="module")
def all_layers(paths):
    return layers(paths)


def project(shape, activity="1", **facts):
    return Project(code="p", name="项目", shape=shape, activity=activity, **facts)


INSIDE = box(101.705, 26.505, 101.706, 26.506)
OUTSIDE = box(101.65, 26.505, 101.651, 26.506)


@pytest.mark.parametrize(("shape", "facts", "outcome", "scenario", "admitted"), [
    (OUTSIDE, {}, "not_in_redline", 1, True),
    (OUTSIDE, {"activity": ""}, "not_in_redline", 1, True),
    (INSIDE, {}, "forbidden", 0, False),
    (INSIDE, {"activity": ""}, "undetermined", 0, False),
    (INSIDE, {"activity": "别墅"}, "undetermined", 0, False),
    (INSIDE, {"activity": "LHA-01"}, "permitted", 0, False),
    (INSIDE, {"activity": "LHA-01", "opinion": "川府函1号"}, "permitted", 3, True),
    (INSIDE, {"path": "no_land", "opinion": "说明"}, "no_land", 2, True),
    (INSIDE, {"path": "major"}, "major_project", 0, False),
    (INSIDE, {"path": "major", "opinion": "论证"}, "major_project", 4, True),
    (box(101.725, 26.505, 101.726, 26.506), {"activity": "LHA-01", "opinion": "x"}, "forbidden", 0, False),
    (box(101.725, 26.505, 101.726, 26.506), {"path": "major"}, "undetermined", 0, False),
    (box(101.742, 26.505, 101.743, 26.506), {"activity": "LHA-01"}, "permitted", 0, False),
    (box(101.752, 26.505, 101.753, 26.506), {"activity": "LHA-01"}, "undetermined", 0, False),
    (box(101.762, 26.505, 101.763, 26.506), {}, "undetermined", 0, False),
    (box(101.772, 26.505, 101.773, 26.506), {"province": "510402"}, "forbidden", 0, False),
    (box(101.605, 26.505, 101.606, 26.506), {}, "forbidden", 0, False),
])  # fmt: skip
def test_the_outcome_of_each_place_and_activity(
    all_layers, shape, facts, outcome, scenario, admitted
):
    answer = admit(project(shape, **facts), all_layers, RULES, SEE)
    assert (answer.outcome, answer.scenario, answer.admitted) == (outcome, scenario, admitted)
    assert bool(answer.reasons) == (outcome == "undetermined")


def test_it_fails_closed_for_every_layer_that_cannot_be_used(paths, tmp_path):
    torn = tmp_path / "torn.gpkg"
    torn.write_bytes(paths["redline"].read_bytes()[:5000])
    gone = tmp_path / "none.gpkg"
    cases = {
        "不存在": layers(paths | {"redline": gone}),
        "无法读取": layers(paths | {"redline": torn}),
        "保护地图层文件不存在": layers(paths | {"protected": gone}),
        "尚未生效": load_layers(paths, LayerOptions(as_of=date(2021, 1, 1))),
        "已过期": layers(paths, max_age_days={"redline": 365}),
        "没有日期": layers(paths, max_age_days={"water": 365}),
        "必需的疑似问题与案件图层没有给出": layers(paths, required=("redline", "clues")),
    }
    for said, state in cases.items():
        answer = admit(project(OUTSIDE), state, RULES, SEE)
        assert answer.outcome == "undetermined" and not answer.admitted
        assert any(said in r for r in answer.reasons), (said, answer.reasons)


def test_a_redline_of_another_county_says_nothing(all_layers):
    far = admit(project(box(103.0, 26.5, 103.001, 26.501)), all_layers, RULES, SEE)
    assert far.outcome == "undetermined" and "超出" in far.reasons[0]


def test_a_feature_out_of_force_is_not_there(paths, tmp_path):
    frame = gpd.read_file(paths["redline"]).assign(valid_to=["2024-12-31", "", "", ""])
    frame.to_file(tmp_path / "dated.gpkg", engine="pyogrio")
    for day, outcome in ((date(2024, 12, 31), "forbidden"), (date(2025, 1, 1), "not_in_redline")):
        state = load_layers({"redline": tmp_path / "dated.gpkg"}, LayerOptions(
            as_of=day, max_age_days=dict.fromkeys(ROLES, 0), required=("redline",)
        ))  # fmt: skip
        assert admit(project(INSIDE), state, RULES, CheckOptions(day)).outcome == outcome


def test_a_zone_word_nobody_knows_is_not_taken_for_the_milder_zone(paths, tmp_path):
    odd = write(
        tmp_path / "odd.gpkg",
        [("R1", "甲", "核心地带", "2022-10", box(101.70, 26.50, 101.72, 26.52))],
    )
    answer = admit(project(INSIDE, "LHA-01"), layers(paths | {"redline": odd}), RULES, SEE)
    assert answer.outcome == "undetermined" and "管控区不明" in answer.reasons[0]


def test_layers_of_a_database_answer_like_those_of_files(paths, all_layers):
    frames = {}
    for role in ("redline", "protected"):
        frame = all_layers.indexes[role].frame
        frames[role] = (frame, LayerState(role, "ok", version="v7", sha256="0" * 64))
    same = layers_of(frames)
    here = box(101.715, 26.505, 101.752, 26.506)
    one, other = (admit(project(here), state, RULES, SEE) for state in (all_layers, same))
    assert one.to_dict()["findings"] == other.to_dict()["findings"]
    assert other.to_dict()["layers"]["redline"]["version"] == "v7"
    stale = layers_of({"redline": (frame, LayerState("redline", "stale", "过期"))})
    assert admit(project(OUTSIDE), stale, RULES, SEE).reasons == ("生态保护红线图层过期",)


def test_clues_and_approved_projects_in_the_way_are_named_and_do_not_decide(paths, tmp_path):
    clue = gpd.GeoDataFrame(
        {"问题编号": ["Y1"]}, geometry=[shapely.Point(101.6505, 26.5055)], crs=4490
    )
    clue.to_file(tmp_path / "clues.gpkg", engine="pyogrio")
    approved = write(tmp_path / "approved.gpkg", [("A1", box(101.65, 26.50, 101.66, 26.51))])
    more = {"clues": tmp_path / "clues.gpkg", "approved": approved}
    answer = admit(project(OUTSIDE), layers(paths | more), RULES, SEE)
    assert answer.outcome == "not_in_redline" and answer.admitted
    assert [w.split("：")[1] for w in answer.warnings] == ["Y1", "A1"]
    assert answer.hits_of("approved")[0].area_ha == answer.area_ha


def test_a_sliver_is_told_and_cited_and_does_not_decide(all_layers):
    edge = box(101.699, 26.505, 101.7000005, 26.506)  # about 5.5 m² inside
    answer = admit(project(edge), all_layers, RULES, SEE)
    assert answer.outcome == "not_in_redline" and 0 < answer.redline_ha < 0.001
    assert [f.decides for f in answer.findings] == [True, False]
    strict = admit(project(edge), all_layers, RULES, CheckOptions(DAY, sliver_m2=1.0))
    assert strict.outcome == "forbidden" and "1 平方米" in strict.sliver_rule


def test_the_zone_layer_goes_before_the_redlines_own_word(paths, tmp_path):
    zones = write(
        tmp_path / "zones.gpkg", [("Z", "核心", "core", "", box(101.70, 26.50, 101.7055, 26.52))]
    )
    answer = admit(project(INSIDE, "LHA-01"), layers(paths | {"zones": zones}), RULES, SEE)
    assert {f.zone for f in answer.findings} == {"core", "general"}  # wholly inside
    assert answer.outcome == "forbidden"


@settings(max_examples=25, deadline=None)
@given(st.floats(101.69, 101.77), st.floats(26.495, 26.515), st.floats(1e-4, 2e-2))
def test_zones_and_outside_add_up_to_the_project(all_layers, x, y, side):
    shape = box(x, y, x + side, y + side)
    answer = admit(project(shape), all_layers, RULES, SEE)
    parts = [f.area_ha for f in answer.findings if f.zone not in ("protected", "water_1")]
    assert sum(parts) == pytest.approx(area_ha(shape), abs=3e-4)


def test_everything_is_written_and_the_numbers_agree(all_layers, paths, tmp_path):
    many = [project(INSIDE), Project("=x", "=1+1", OUTSIDE, "1")]
    answers = admit_all(many, all_layers, RULES, SEE)
    write_admissions(tmp_path, answers, all_layers, reports=True)
    told = json.loads((tmp_path / "result.json").read_text("utf-8"))["results"]
    assert told[0]["layers"]["redline"]["version"] == "2022-10"
    assert len(told[0]["layers"]["redline"]["sha256"]) == 64
    assert told[0]["rules"] == RULES.version and told[0]["as_of"] == "2026-06-01"
    sheet = load_workbook(tmp_path / "summary.xlsx").active
    assert sheet["A5"].value.startswith("'=") and sheet["H4"].value == told[0]["redline_ha"]
    pieces = gpd.read_file(tmp_path / "result.gpkg", layer="overlaps")
    assert pieces["area_ha"].sum() == pytest.approx(told[0]["redline_ha"])
    assert len(list(tmp_path.glob("report-*.docx"))) == 2


def test_patches_are_matched_with_approved_projects():
    approved = [Project("A", "a", box(101.70, 26.50, 101.71, 26.51))]
    patches = gpd.GeoDataFrame(
        {"id": [1, 2, 3]},
        geometry=[box(101.701, 26.501, 101.702, 26.502), box(101.709, 26.505, 101.712, 26.506),
                  box(101.72, 26.50, 101.721, 26.501)],
        crs=4490, index=["p", "q", "r"],
    )  # fmt: skip
    found = match_projects(patches, approved)
    assert found["match"].to_dict() == {"p": "approved", "q": "exceeding", "r": "unapproved"}
    beyond = shapely.difference(patches.geometry["q"], approved[0].shape)
    assert found.loc["q", "outside_ha"] == pytest.approx(area_ha(beyond), abs=1e-4)
    assert found.loc["q", "project_codes"] == ["A"] and found.loc["r", "project_codes"] == []
