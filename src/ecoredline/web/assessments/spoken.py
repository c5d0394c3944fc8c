"""Declared words of this room in the page's language: names of maps, classes, blocks, indicators, grades, reasons.

They are stored in Chinese, with records, hashes and signatures; what the lists do not know is shown as it stands.
Whole sentences are phrases (`codes.phrases`, filter `said`).
"""

from functools import cache

from ecoredline.codes import code_list
from ecoredline.web.core.templatetags.ecoredline import language

LISTS = ("ecology_words", "redline_functions", "redline_sensitivities", "effectiveness_numbers")


@cache
def english() -> dict[str, str]:
    """Chinese → English of all lists."""
    rows = [row for name in LISTS for row in code_list(name).values()]
    return {row["zh"]: row["en"] for row in rows}


def spoken(words) -> str:
    """Declared words in the page's language, whole or part by part (`植被覆盖度 2026`, `1 森林`)."""
    words = str(words or "")
    if language() == "zh" or words in english():
        return words if language() == "zh" else english()[words]
    return ": ".join(in_runs(part.split(" ")) for part in words.split("："))


def in_runs(parts: list[str]) -> str:
    """The longest known runs of parts in English, the other parts as they stand."""
    known, said = english(), []
    while parts:
        ends = (n for n in range(len(parts), 1, -1) if " ".join(parts[:n]) in known)
        end = next(ends, 1)
        run = " ".join(parts[:end])
        said.append(known.get(run, run))
        parts = parts[end:]
    return " ".join(said)


def formula_said(tags: dict) -> str:
    """The formula a map was made by, in the page's language; blank when it names none."""
    if language() == "zh":
        return tags.get("ECOREDLINE_FORMULA_ZH", "")
    named = tags.get("ECOREDLINE_FORMULA", "").replace("_", " ").capitalize()
    return english().get(tags.get("ECOREDLINE_FORMULA_ZH", ""), named)
