"""Ages, needs and declared emptiness of layers: data decide, and in doubt the command says no, with what to do."""

import json
from datetime import date

import geopandas as gpd
import pytest
from click.testing import CliRunner
from shapely.geometry import box

from ecoredline.admission.command import command
from ecoredline.admission.layers import most_days, too_old
from ecoredline.codes import code_list

NONE = {"protected": "本县没有", "water": "本县没有划定"}


@pytest.fixture
def answer(tmp_path):
    """The answer of the command with a redline of one zone, and more options."""
    gpd.GeoDataFrame(
        {"code": ["R1"], "control_zone": ["general"]}, geometry=[box(101.70, 26.50, 101.72, 26.52)],
        crs=4490,
    ).to_file(tmp_path / "redline.gpkg", engine="pyogrio")  # fmt: skip
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[box(101.65, 26.505, 101.651, 26.506)], crs=4490).to_file(
        tmp_path / "p.gpkg", engine="pyogrio"
    )  # fmt: skip

    def run(*more, none=NONE, dated="2025-06-01"):
        said = [w for r, why in none.items() for w in ("--none", f"{r}={why}")]
        said += ["--layer-date", f"redline={dated}"] if dated else []
        words = [tmp_path / "p.gpkg", "--redline", tmp_path / "redline.gpkg", "-o", tmp_path / "out",
                 "--as-of", "2026-06-01", "--no-reports", *said, *more]  # fmt: skip
        ran = CliRunner().invoke(command, [str(w) for w in words])
        assert ran.exit_code == 0, ran.output
        return json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))["results"][0]

    return run


def test_a_fresh_layer_and_signed_emptiness_admit(answer):
    told = answer()
    assert (told["outcome"], told["admitted"], told["unchecked"][:1]) == (
        "not_in_redline", True, ["疑似问题与案件"],
    )  # fmt: skip
    assert told["layers"]["water"]["state"] == "none"
    assert "本县没有划定" in told["layers"]["water"]["reason"]


@pytest.mark.parametrize(("given", "words"), [
    ({"dated": "2025-04-01"}, "生态保护红线图层日期为 2025-04-01，距判定日期 2026-06-01 已 426 天，超过 400 天"),
    ({"dated": ""}, "没有日期，不能确认在 400 天之内"),
    ({"none": {"protected": "无"}}, "必需的饮用水水源保护区图层没有给出：请给出图层，或注明理由声明本区没有"),
    ({"none": {"water": "无"}}, "必需的自然保护地图层没有给出"),
    ({"none": NONE | {"water": "  "}}, "必需的饮用水水源保护区图层没有给出"),
])  # fmt: skip
def test_what_is_old_undated_or_not_given_fails_closed_and_is_named(answer, given, words):
    told = answer(**given)
    assert (told["outcome"], told["admitted"]) == ("undetermined", False)
    assert any(words in reason for reason in told["reasons"]), told["reasons"]


@pytest.mark.parametrize(("covers", "place", "outcome"), [
    ("510422", "510422", "not_in_redline"), ("5104", "510422", "not_in_redline"),
    ("510421", "510422", "undetermined"), ("510421", "", "undetermined"),
])  # fmt: skip
def test_a_layer_speaks_only_for_the_divisions_it_says(answer, covers, place, outcome):
    told = answer("--covers", f"redline={covers}", "--province", place)
    assert told["outcome"] == outcome
    assert any("申明覆盖" in r for r in told["reasons"]) == (outcome == "undetermined")


def test_ages_follow_the_cycle_and_say_whose_practice_they_are():
    cycles = code_list("update_cycles")
    for role in ("redline", "protected", "water"):
        assert most_days(role) == int(cycles["on_change"]["max_age_days"]) > 0
        assert most_days(role, "monthly") < most_days(role, "yearly")
    assert all("非官方规定" in row["source"] for row in cycles.values())
    assert all("非官方规定" in row["source"] for row in code_list("admission_needs").values())
    on = date(2026, 6, 1)
    assert not too_old("2025-04-27", on, 400) and too_old("2025-04-26", on, 400)  # 400, 401 days
