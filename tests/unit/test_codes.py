import csv

import pytest

from ecoredline.codes import HERE, code_list, label
from ecoredline.errors import UnknownCode
from ecoredline.patches.columns import LAYERS


@pytest.mark.parametrize("path", sorted(HERE.glob("*.csv")), ids=lambda p: p.stem)
def test_every_row_of_every_list_is_whole_and_its_code_is_its_own(path):
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)


def test_the_six_activity_types_and_four_problem_types_of_the_notice():
    assert list(code_list("activity_types")) == list("123456")
    assert [r["zh"] for r in code_list("problem_types").values()] == [
        "占用生态空间", "破坏地表植被", "影响生态功能", "其他",
    ]  # fmt: skip


def test_the_wording_is_that_of_the_notice(shared_data):
    text = (shared_data.parent / "documents" / "mee-2020-703-supervision-pilot.txt").read_text(
        "utf-8"
    )
    for name in ("activity_types", "problem_types"):
        for row in code_list(name).values():
            assert row["zh"] in text


def test_an_unknown_code_names_its_neighbours():
    with pytest.raises(UnknownCode, match="vegetation"):
        label("problem_types", "vegetaton")
    with pytest.raises(UnknownCode, match="activity_types"):
        code_list("activities")
    assert label("activity_types", "") == ""


def test_columns_are_declared_once():
    for columns in LAYERS.values():
        names = [c.name for c in columns]
        assert len(names) == len(set(names))
        assert all(c.zh and c.en for c in columns)
