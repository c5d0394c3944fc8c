"""Ways past the check that must be closed: words for nothing, half dates, points, milder zones, rows compared as text."""

from datetime import date

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from ecoredline.admission import (
    CheckOptions,
    LayerOptions,
    Project,
    TableFaults,
    admit,
    load_layers,
    read_rules,
    table_of,
)
from ecoredline.admission.layers import ROLES
from ecoredline.admission.rules import BUILT_IN

DAY = date(2026, 6, 1)
RULES = read_rules()
REDLINE, INSIDE = box(101.70, 26.50, 101.74, 26.54), box(101.705, 26.505, 101.706, 26.506)


def layer(path, shapes, **columns):
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4490).to_file(path, engine="pyogrio")
    return path


@pytest.fixture
def redline(tmp_path):
    return layer(tmp_path / "redline.gpkg", [REDLINE], code=["R1"], control_zone=["general"])


def answer(paths, shape=INSIDE, **facts):
    project = Project("p", "项目", shape, **({"activity": "LHA-01"} | facts))
    ages = dict.fromkeys(ROLES, 0)
    options = LayerOptions(as_of=DAY, max_age_days=ages, required=("redline",))
    return admit(project, load_layers(paths, options), RULES, CheckOptions(DAY))


@pytest.mark.parametrize(
    "words", ["无", " 无 ", "暂无", "（无）", "-", "/", "None", "办理中", "　"]
)
def test_a_word_for_no_opinion_is_none(redline, words):
    found = answer({"redline": redline}, opinion=words)
    assert (found.outcome, found.admitted) == ("permitted", False)
    assert found.missing
    assert answer({"redline": redline}, opinion="川府函〔2026〕1号").admitted


@pytest.mark.parametrize(
    ("until", "outcome"), [("2026", "forbidden"), ("2026-06", "forbidden"), ("2025", "permitted")]
)
def test_a_feature_holds_to_the_end_of_the_year_or_month_it_names(tmp_path, until, outcome):
    path = layer(
        tmp_path / "redline.gpkg", [REDLINE, box(101.70, 26.50, 101.71, 26.51)], code=["R1", "R2"],
        control_zone=["general", "core"], valid_to=["", until],
    )  # fmt: skip
    assert answer({"redline": path}).outcome == outcome


def test_dates_count_in_a_zip_as_well(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    layer(folder / "zones.shp", [REDLINE], code=["Z"], control_zo=["general"], valid_to=["2020-01-01"])  # fmt: skip
    import shutil

    packed = shutil.make_archive(str(tmp_path / "zones"), "zip", folder)
    redline = layer(tmp_path / "redline.gpkg", [REDLINE], code=["R1"], control_zone=["general"])
    found = answer({"redline": redline, "zones": packed})
    assert found.outcome == "undetermined"
    assert "没有有效要素" in "".join(found.reasons)


@pytest.mark.parametrize("order", [("general", "core"), ("core", "general")])
def test_of_two_zones_on_one_place_the_graver_counts(tmp_path, redline, order):
    zones = layer(tmp_path / "zones.gpkg", [REDLINE, REDLINE], code=["1", "2"], control_zone=list(order))  # fmt: skip
    assert answer({"redline": redline, "zones": zones}, opinion="函1号").outcome == "forbidden"


def test_a_core_zone_of_the_redline_is_not_softened_by_the_zone_layer(tmp_path):
    core = layer(tmp_path / "core.gpkg", [REDLINE], code=["R1"], control_zone=["core"])
    zones = layer(tmp_path / "zones.gpkg", [REDLINE], code=["1"], control_zone=["general"])
    assert answer({"redline": core, "zones": zones}, opinion="函1号").outcome == "forbidden"


def test_a_water_source_told_as_a_point_leaves_it_undecided(tmp_path, redline):
    water = layer(tmp_path / "water.gpkg", [Point(101.7055, 26.5055)], name=["水厂取水口"])
    found = answer({"redline": redline, "water": water}, opinion="函1号")
    assert (found.outcome, found.admitted) == ("undetermined", False)
    assert any("水厂取水口" in reason for reason in found.reasons)
    away = box(101.72, 26.52, 101.721, 26.521)
    assert answer({"redline": redline, "water": water}, away, opinion="函1号").admitted


def test_a_day_of_a_rule_has_hyphens_for_it_is_compared_as_text():
    import csv

    with BUILT_IN.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[1]["valid_from"] = "20220816"
    with pytest.raises(TableFaults, match="YYYY-MM-DD"):
        table_of(rows, "规则", "")
