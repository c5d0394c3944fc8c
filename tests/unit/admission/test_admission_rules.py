"""The rule table: chosen by place and date, validated whole, never sure of what was not checked."""

import csv
from datetime import date

import pytest

from ecoredline.admission import TableFaults, read_rules, table_of
from ecoredline.admission.result import cite
from ecoredline.admission.rules import BUILT_IN
from ecoredline.codes import code_list

TODAY = date(2026, 6, 1)


def rows():
    with BUILT_IN.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_ten_national_classes_of_which_the_last_five_say_they_were_not_checked():
    table = read_rules()
    found = [table.match("510402", f"LHA-{n:02d}", "general", "plain", TODAY) for n in range(1, 11)]
    assert [r.outcome for r in found] == ["permitted"] * 10
    assert [r.checked for r in found] == [True] * 5 + [False] * 5
    assert all(("未经原文核对" in cite(r)) == (not r.checked) for r in found)
    assert all("142号" not in row["source"] for row in code_list("permitted_categories").values()
               if row["confidence"] == "M")  # fmt: skip


def test_what_rests_on_memory_or_hearsay_never_cites_an_official_clause_alone():
    for rule in read_rules().rules:
        assert rule.checked or "未经原文核对" in rule.source or "示例" in rule.source, rule.code


def test_examples_decide_only_when_asked_for_and_a_province_goes_first():
    table = read_rules()
    assert table.match("361100", "LHA-10", "general", "plain", TODAY).code == "CN-GEN-10"
    assert table.match("361100", "LHA-10", "general", "plain", TODAY, True).code == "EX-JX-10"
    assert table.match("510402", "LHA-10", "general", "plain", TODAY, True).code == "CN-GEN-10"


def test_a_rule_holds_between_its_dates():
    table = read_rules()
    assert table.match("", "LHA-01", "general", "plain", date(2022, 8, 15)) is None
    assert table.match("", "LHA-01", "general", "plain", date(2022, 8, 16)).code == "CN-GEN-01"


def test_a_blank_activity_matches_nothing_inside():
    assert read_rules().match("", "", "general", "plain", TODAY) is None
    assert read_rules().match("", "", "core", "plain", TODAY) is None


def test_every_fault_of_a_table_is_told_with_row_and_column():
    table = rows()
    table[0]["outcome"] = "maybe"
    table[1]["valid_from"] = "2022/8/16"
    table[2] |= {"opinion": "", "category": ""}
    table[3] |= {"valid_to": "2020-01-01", "activity": "XYZ"}
    table.append(dict(table[5]))
    with pytest.raises(TableFaults) as told:
        table_of(table, "rules.csv", "0" * 64)
    places = {(f.row, f.column) for f in told.value.faults}
    last = len(table) + 1
    assert places == {
        (2, "outcome"), (3, "valid_from"), (4, "opinion"), (4, "category"), (5, "valid_to"),
        (5, "activity"), (last, "code"), (last, "valid_from"),
    }  # fmt: skip
