"""Every sentence of the checks and of the admission check has its English."""

import ast
import re
from pathlib import Path

import pytest

import ecoredline
from ecoredline.codes import code_list
from ecoredline.codes.phrases import CHINESE, in_english

HERE = Path(ecoredline.__file__).parent
ROOMS = (
    *(HERE / "quality").glob("check_*.py"), HERE / "quality" / "repair.py", HERE / "vector" / "shapes.py",
    *(HERE / "admission" / f"{n}.py" for n in ("buffer", "decide", "layers", "result", "rules", "vertices")),
    HERE / "boundary" / "reading.py", HERE / "boundary" / "markers.py",
    *(HERE / "ledger" / f"{n}.py" for n in ("sheets", "shapes", "values")),
    HERE / "web" / "admissions" / "layers.py",
)  # fmt: skip
SENTENCE = re.compile(r"[\u4e00-\u9fff]{4,}")


def sentences(path: Path) -> set[str]:
    """Chinese f-strings of a module, each hole filled with a 7."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            text = "".join(v.value if isinstance(v, ast.Constant) else "7" for v in node.values)
            if SENTENCE.search(text):
                found.add(text)
    return found


@pytest.mark.parametrize("path", ROOMS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_no_sentence_stays_chinese_in_english(path):
    left = {t: in_english(t) for t in sentences(path) if CHINESE.search(in_english(t))}
    assert left == {}


def test_what_rules_ask_for_has_its_english():
    rules = code_list("admission_rules").values()
    asked = {r["opinion"] for r in rules} | {d for r in rules for d in r["documents"].split(";")}
    assert {a for a in asked if CHINESE.search(in_english(a))} == set()


def test_names_and_quoted_law_stay_and_pieces_of_a_sentence_do_not():
    said = "修复无效图形：第1个要素苏铁（自相交，位于 101.5, 26.5）、第12个要素（自相交，位于 1, 2）等共 7 个"
    assert in_english(said) == (
        "Invalid shapes mended: Feature 1 苏铁 (Self-intersection, at 101.5, 26.5), "
        "Feature 12 (Self-intersection, at 1, 2) and others, 7 in all"
    )
    assert in_english("CN-PA（国环规生态〔2022〕2号 第二条）").startswith("CN-PA")
    assert in_english("攀枝花苏铁国家级自然保护区") == "攀枝花苏铁国家级自然保护区"
    assert in_english("plain words") == "plain words"


def test_a_phrase_gives_every_hole_back():
    for row in code_list("phrases").values():
        wanted = row["zh"].count("{}")
        marks = [f"<{n}>" for n in range(wanted)]
        said = row["en"].format(*marks)
        assert all(m in said for m in marks), row["code"]
