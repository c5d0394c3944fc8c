import copy
import csv
import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from click.testing import CliRunner
from docx import Document

from ecoredline.ecology_commands.effectiveness import command
from ecoredline.effectiveness import (
    DEMO_MARK,
    assess,
    compare_years,
    evaluate,
    faults_of,
    rank_sensitivity,
    read_numbers,
    read_rules,
    score,
    shipped_rules,
    signed,
)
from ecoredline.effectiveness.evaluate import INCOMPLETE
from ecoredline.errors import InputError, NotEnoughData, UnknownCode
from ecoredline.files import sha256

FIRST = {"redline_ha": 1000, "redline_km2": 10, "natural_ha": 900, "new_activity_ha": 0, "line_km": 1, "function_total": 500, "fvc_mean": 0.6, "duties_done": 9, "duties": 10, "cases_closed": 0, "cases_due": 0, "replies_on_time": 4, "replies_due": 5, "observed_share": 95}  # fmt: skip
SECOND = FIRST | {"natural_ha": 895, "new_activity_ha": 1, "function_total": 480, "fvc_mean": 0.63, "cases_closed": 3, "cases_due": 4, "observed_share": 60}  # fmt: skip
OTHER = SECOND | {"new_activity_ha": 8, "duties_done": 10}


def write_numbers(path, table):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["unit", "unit_zh", "year", "name", "value", "source", "refs"])
        for (unit, year), numbers in table.items():
            for name, value in numbers.items():
                refs = "P-1;P-2" if name == "new_activity_ha" and value else ""
                writer.writerow([unit, f"县{unit}", year, name, value, "台账", refs])
    return path


@pytest.fixture
def numbers(tmp_path):
    table = {("510402", 2022): FIRST, ("510402", 2023): SECOND, ("510411", 2022): FIRST, ("510411", 2023): OTHER}  # fmt: skip
    return write_numbers(tmp_path / "numbers.csv", table)


def test_scores_by_hand_with_raw_values_and_polygons_behind_them(numbers):
    rules = shipped_rules("demo")
    one = evaluate(rules, read_numbers(numbers), 2023)[0]
    found = {f.indicator: f for f in one.findings}
    assert found["area_ratio"].value == 100 and found["area_ratio"].baseline_year == 2022
    assert found["natural_share"].value == pytest.approx(-0.5)
    assert found["natural_share"].score == pytest.approx(81)
    assert (
        found["activity_share"].value == pytest.approx(0.1) and found["activity_share"].score == 60
    )
    assert found["function_ratio"].value == pytest.approx(96)
    assert found["activity_share"].refs == {"new_activity_ha": ("P-1", "P-2")}
    assert found["activity_share"].numbers == {"new_activity_ha": 1.0, "redline_ha": 1000.0}
    wanted = {"area_ratio": 100, "natural_share": 81, "activity_share": 60, "line_density": 90, "function_ratio": 72, "cover_ratio": 100, "institutions": 90, "closing_rate": 50, "on_time": 60}  # fmt: skip
    assert {k: f.score for k, f in found.items()} == pytest.approx(wanted)
    assert one.total == pytest.approx(sum(wanted[i.id] * i.weight for i in rules.indicators) / 100)
    assert one.grade == "良"
    blocks = sum(one.blocks[b] * sum(i.weight for i in rules.indicators if i.block == b) for b in rules.blocks)  # fmt: skip
    assert blocks / 100 == pytest.approx(one.total)


def test_nothing_due_counts_as_done_and_nothing_known_as_unknown(numbers):
    rules, ledger = shipped_rules("demo"), read_numbers(numbers)
    first = evaluate(rules, ledger, 2022)[0]
    assert next(f for f in first.findings if f.indicator == "closing_rate").value == 100
    del ledger.values["510402", 2023, "fvc_mean"]
    one = evaluate(rules, ledger, 2023)[0]
    assert math.isnan(one.total) and one.grade == INCOMPLETE
    lacking = next(f for f in one.findings if f.indicator == "cover_ratio")
    assert lacking.missing == ("fvc_mean",) and math.isnan(lacking.score)
    assert not math.isnan(one.blocks["area"])
    without = evaluate(replace(rules, when_missing="reweight"), ledger, 2023)[0]
    kept = [f for f in without.findings if f.indicator != "cover_ratio"]
    assert without.total == pytest.approx(sum(f.score * f.weight for f in kept) / 90)
    with pytest.raises(NotEnoughData, match="2022, 2023"):
        evaluate(rules, ledger, 2030)


def test_a_better_value_never_scores_less():
    for rules in map(shipped_rules, ("demo", "panzhihua-2017")):
        for indicator in rules.indicators:
            values = np.linspace(indicator.curve[0][0] - 5, indicator.curve[-1][0] + 5, 60)
            steps = np.diff([score(v, indicator.curve) for v in values])
            assert (steps >= 0).all() if indicator.direction == "higher" else (steps <= 0).all()


@pytest.fixture
def data():
    return json.loads(json.dumps(asdict(shipped_rules("demo"))))


def test_shipped_rules_have_no_fault_and_no_signature(data):
    assert faults_of(data) == []
    for name in ("demo", "panzhihua-2017"):
        assert shipped_rules(name).mark == DEMO_MARK and not shipped_rules(name).verified_by
    assert len(shipped_rules("panzhihua-2017").blocks) == 4
    with pytest.raises(UnknownCode, match="panzhihua-2017"):
        shipped_rules("hj-1143")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("indicators", 0, "weight"), 25, "sum up to 100"),
        (("indicators", 0, "weight"), -1, "0 or more"),
        (("indicators", 0, "id"), "line_density", "comes twice"),
        (("indicators", 0, "measure"), "magic", "wanted one of"),
        (("indicators", 0, "inputs"), {"part": "x"}, "wanted value"),
        (("indicators", 0, "baseline"), "none", "needs a baseline"),
        (("indicators", 0, "baseline"), "year", "wanted a year"),
        (("indicators", 0, "curve"), [[100, 0], [95, 100]], "must rise"),
        (("indicators", 0, "curve"), [[95, 100], [100, 0]], "against direction"),
        (("indicators", 0, "curve"), [[95, 0], [100, 101]], "0..100"),
        (("indicators", 0, "block"), "moon", "wanted one of"),
        (("grades", 1, "low"), 65, "gap between 60 and 65"),
        (("grades", 1, "low"), 55, "overlap"),
        (("grades", 3, "high"), 99, "cover 0..100"),
        (("effective_from",), "2020-13-01", "YYYY-MM-DD"),
        (("verified_by",), "某人", "all or none"),
        (("when_missing",), "guess", "refuse"),
        (("colour",), 1, "unknown"),
        (("names",), {}, "no Chinese name"),
    ],
)
def test_every_kind_of_fault_is_found(data, path, value, said):
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert any(said in f.said for f in faults_of(data)), [f.said for f in faults_of(data)]


def test_all_faults_are_told_at_once(data, tmp_path):
    data["indicators"][0]["weight"], data["grades"][0]["high"] = 99, 50
    del data["zh"]
    (tmp_path / "rules.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(InputError, match=r"3 faults: zh.*weights.*gap"):
        read_rules(tmp_path / "rules.json")


def test_signing_takes_the_mark_away_until_a_word_changes(tmp_path, data):
    mine = signed(shipped_rules("demo"), "张三", "2026-01-05", "某文件")
    assert mine.mark == ""
    (tmp_path / "r.json").write_text(mine.as_json(), "utf-8")
    assert read_rules(tmp_path / "r.json").mark == ""
    changed = json.loads(mine.as_json())
    changed["indicators"][0]["weight"], changed["indicators"][1]["weight"] = 19, 16
    (tmp_path / "r.json").write_text(json.dumps(changed), "utf-8")
    assert read_rules(tmp_path / "r.json").mark == DEMO_MARK
    forged = copy.deepcopy(data) | {
        "verified_by": "x",
        "verified_on": "2026-01-01",
        "signature": "0",
    }
    (tmp_path / "r.json").write_text(json.dumps(forged), "utf-8")
    assert read_rules(tmp_path / "r.json").mark == DEMO_MARK
    with pytest.raises(InputError, match="all three"):
        signed(mine, "", "2026-01-05", "x")


def test_numbers_with_faults_are_refused_whole(tmp_path):
    (tmp_path / "n.csv").write_text(
        "unit,unit_zh,year,name,value\n1,a,2020,x,1\n1,a,20,x,1\n,a,2020,y,-3\n1,a,2020,x,2\n1,a,2020,z,nan\n",
        "utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_numbers(tmp_path / "n.csv")
    with (tmp_path / "n.csv").open("a", encoding="utf-8") as rows:
        rows.write("1,a,2020,fvc_mean,1.2\n1,a,2020,fvc_mean,100\n1,a,2021,observed_share,100\n")
    with pytest.raises(InputError, match=r"row 7, value: got 1.2 for fvc_mean; wanted 1 or less; row 8"):  # fmt: skip
        read_numbers(tmp_path / "n.csv")
    for word in ("row 3, year", "row 4, unit", "row 4, value: got '-3'", "row 5: 1 2020 x comes twice", "row 6"):  # fmt: skip
        assert word in str(caught.value)


def test_years_are_compared_and_unlike_effort_is_said(numbers):
    rules, ledger = shipped_rules("demo"), read_numbers(numbers)
    effort = {(u, y): v for (u, y, n), v in ledger.values.items() if n == "observed_share"}
    rows = compare_years(evaluate(rules, ledger, 2022), evaluate(rules, ledger, 2023), effort)
    cover = next(r for r in rows if r["indicator"] == "cover_ratio" and r["unit"] == "510402")
    assert (cover["before"], cover["after"]) == pytest.approx((100, 105))
    assert {r["remark"] for r in rows} == {"观测力度不同，不宜直接比较"}


def test_ranking_holds_when_one_unit_is_better_everywhere_and_wavers_when_not(numbers):
    rules, ledger = shipped_rules("demo"), read_numbers(numbers)
    found = evaluate(rules, ledger, 2023)
    again = rank_sensitivity(found, draws=400, seed=3)
    assert again == rank_sensitivity(found, draws=400, seed=3)
    assert sum(again[0].shares) == pytest.approx(1) and again[0].place == 1
    better = replace(found[1], findings=tuple(replace(f, score=0.0) for f in found[1].findings))
    firm = rank_sensitivity([found[0], better], draws=200)
    assert (firm[0].unit, firm[0].best, firm[0].worst) == (found[0].unit, 1, 1)
    loose = rank_sensitivity(found, draws=400, concentration=2.0)
    assert max(r.worst - r.best for r in loose) == 1
    with pytest.raises(NotEnoughData, match="2 or more"):
        rank_sensitivity(found[:1])


def test_the_run_marks_every_file_and_a_rerun_gives_the_same_bytes(numbers, tmp_path):
    call = ["demo", str(numbers), "--year", "2023", "--compare", "2022", "--draws", "100", "--demo"]
    done = CliRunner().invoke(
        command, [*call, "--out", str(tmp_path / "a")], catch_exceptions=False
    )
    assert done.exit_code == 0 and DEMO_MARK in done.output
    assess("demo", numbers, 2023, tmp_path / "b", compare_year=2022, draws=100, demo=True)
    names = ("evaluation.json", "scores.csv", "report.docx")
    assert all(sha256(tmp_path / "a" / n) == sha256(tmp_path / "b" / n) for n in names)
    rows = list(csv.DictReader((tmp_path / "a" / "scores.csv").open(encoding="utf-8-sig")))
    assert all(r["mark"] == DEMO_MARK for r in rows) and len(rows) == 20
    document = Document(tmp_path / "a" / "report.docx")
    heads = [document.sections[0].header, document.sections[0].even_page_header]
    assert all(
        DEMO_MARK in h.paragraphs[0].text and "演示合成数据" in h.paragraphs[0].text for h in heads
    )
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    assert "新增或扩大人类活动面积（公顷） 1；红线面积（公顷） 1000" in cells and "60" in cells
    assert any("P-1、P-2" in p.text for p in document.paragraphs)
    record = json.loads((tmp_path / "a" / "run.json").read_text("utf-8"))
    assert record["outputs"]["report.docx"]["sha256"] == sha256(tmp_path / "a" / "report.docx")


def test_a_signed_rule_set_prints_no_mark_and_who_verified_it(numbers, tmp_path):
    mine = signed(shipped_rules("demo"), "张三", "2026-01-05", "某文件")
    (tmp_path / "r.json").write_text(mine.as_json(), "utf-8")
    assess(tmp_path / "r.json", numbers, 2023, tmp_path / "out", draws=0)
    document = Document(tmp_path / "out" / "report.docx")
    text = "\n".join(p.text for p in document.paragraphs) + document.sections[0].header.paragraphs[0].text  # fmt: skip
    assert "非官方权重" not in text and "张三，2026-01-05" in text


def test_a_share_of_nothing_says_what_was_nothing_in_words(tmp_path):
    table = {
        ("510402", 2022): FIRST | {"function_total": 0},
        ("510402", 2023): SECOND | {"duties": 0},
    }
    path = write_numbers(tmp_path / "n.csv", table)
    rules = shipped_rules("demo")
    found = {f.indicator: f for f in evaluate(rules, read_numbers(path), 2023)[0].findings}
    lacking = {i: f.missing for i, f in found.items() if f.missing}
    assert sorted(lacking.values()) == [("duties = 0",), ("function_total (2022) = 0",)]
    assess("demo", path, 2023, tmp_path / "out")
    made = Document(next((tmp_path / "out").glob("*.docx")))
    text = " ".join(c.text for t in made.tables for r in t.rows for c in r.cells)
    for names in lacking.values():
        code, _, rest = names[0].partition(" ")
        assert f"缺：{rules.names[code]} {rest}" in text and f"缺：{code}" not in text


def test_a_part_larger_than_its_whole_is_no_hundred_points_but_said_in_words(tmp_path):
    """The redline typed in km² where hectares are wanted, more cases closed than there were."""
    table = {("510402", 2022): FIRST, ("510402", 2023): SECOND | {"redline_ha": 10, "cases_closed": 9, "cases_due": 3}}  # fmt: skip
    path = write_numbers(tmp_path / "n.csv", table)
    rules = shipped_rules("demo")
    one = evaluate(rules, read_numbers(path), 2023)[0]
    lacking = {m for f in one.findings for m in f.missing}
    assert {"natural_ha > redline_ha", "cases_closed > cases_due"} <= lacking
    assert np.isnan(one.total) and one.grade == INCOMPLETE
    assess("demo", path, 2023, tmp_path / "out")
    made = Document(next((tmp_path / "out").glob("*.docx")))
    text = " ".join(c.text for t in made.tables for r in t.rows for c in r.cells)
    assert f"{rules.names['natural_ha']} > {rules.names['redline_ha']}" in text
    near = table[("510402", 2022)] | {"natural_ha": FIRST["redline_ha"] * 1.005}
    path = write_numbers(tmp_path / "m.csv", {("510402", 2022): near})
    assert not any(">" in m for f in evaluate(rules, read_numbers(path), 2022)[0].findings for m in f.missing)  # fmt: skip
