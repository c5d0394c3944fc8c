"""What the computing half says, in English: its sentences are Chinese and declared in `phrases.csv`.

A phrase has holes `{}` for names and numbers; what stands in a hole is put into English by itself, and
what no phrase knows (a name, a quoted law) stays as it is.
"""

import re
from functools import cache

from ecoredline.codes import code_list

CHINESE = re.compile(r"[\u3400-\u9fff]")
SPACES = re.compile(r" {2,}")
HOLE = re.compile(r"\{\}")
LIST_MARK = "、"
LIST_MARKS = {"；": "; ", "、": ", "}
DEPTH = 8


@cache
def patterns() -> tuple[tuple[re.Pattern, str], ...]:
    """The phrases as expressions with their English, the most literal first."""
    rows = sorted(code_list("phrases").values(), key=lambda r: -len(HOLE.sub("", r["zh"])))
    return tuple(
        (re.compile("(.*?)".join(map(re.escape, HOLE.split(r["zh"]))), re.DOTALL), r["en"])
        for r in rows
    )


def in_english(text: str, depth: int = DEPTH) -> str:
    """A sentence of the computing half in English; unknown words stay.

    >>> in_english("第3行“管控区”“保留区”：应为：核心保护区")
    'Row 3, Control zone “保留区”: Wanted: Core protection zone'
    """
    text = str(text)
    if not depth or not CHINESE.search(text):
        return text
    if text in labels():
        return labels()[text]
    pieces = text.split(LIST_MARK)
    if len(pieces) > 1:
        said = [in_english(piece, depth - 1) for piece in pieces]
        if not any(CHINESE.search(p) and p == s for p, s in zip(pieces, said, strict=True)):
            return LIST_MARKS[LIST_MARK].join(said)
    for pattern, english in patterns():
        if found := pattern.fullmatch(text):
            held = (in_english(hole, depth - 1) for hole in found.groups())
            return SPACES.sub(" ", english.format(*held)).strip()
    for mark, joint in LIST_MARKS.items():
        if mark in text:
            return joint.join(in_english(piece, depth - 1) for piece in text.split(mark))
    return text


@cache
def labels() -> dict[str, str]:
    """Words of the code lists that sentences are made of."""
    names = (
        "field_aliases", "control_zones", "admission_layers", "admission_zones", "admission_paths",
        "ledger_columns", "ledgers", "redline_functions", "redline_sensitivities",
        "ecology_words", "effectiveness_numbers",
    )  # fmt: skip
    return {r["zh"]: r["en"] for name in names for r in code_list(name).values() if r["en"]}
