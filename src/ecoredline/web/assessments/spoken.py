"""Declared words of this room in the page's language: names of maps, classes, blocks, indicators, grades, reasons.

They are stored in Chinese, with records, hashes and signatures; what the lists do not know is shown as it stands.
"""

import re
from functools import cache

from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.web.assessments.queries import number_label
from ecoredline.web.core.templatetags.ecoredline import language

LISTS = ("ecology_words", "redline_functions", "redline_sensitivities", "effectiveness_numbers")
NOTES = (
    (r"(?P<year>\d+) 年没有批次，红线按最早载入的版本计",
     _("%(year)s 年没有批次，红线按最早载入的版本计")),
    (r"(?P<year>\d+) (?P<name>\w+)：(?P<count>\d+) 个单位以上传的实测数为准",
     _("%(year)s 年 %(label)s：%(count)s 个单位以上传的实测数为准")),
    (r"本年度红线版本中已没有：(?P<gone>.+)", _("本年度红线版本中已没有：%(gone)s")),
    (r"制度落实与巡查按红线斑块所在县（区）计", _("制度落实与巡查按红线斑块所在县（区）计")),
    (r"(?P<what>[^\d\s]+)只有 (?P<share>[\d.]+ %) 有数据", _("%(what)s只有 %(share)s 有数据")),
)  # fmt: skip


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


def note_said(words: str) -> str:
    """A remark of a run in the page's language; names of numbers instead of their codes."""
    if "；" in words:
        return ("；" if language() == "zh" else "; ").join(map(note_said, words.split("；")))
    for pattern, said in NOTES:
        if found := re.fullmatch(pattern, words):
            given = found.groupdict()
            if "name" in given:
                given["label"] = number_label(given["name"])
            return str(said) % {k: spoken(v) for k, v in given.items()}
    return spoken(words)


def formula_said(tags: dict) -> str:
    """The formula a map was made by, in the page's language; blank when it names none."""
    if language() == "zh":
        return tags.get("ECOREDLINE_FORMULA_ZH", "")
    named = tags.get("ECOREDLINE_FORMULA", "").replace("_", " ").capitalize()
    return english().get(tags.get("ECOREDLINE_FORMULA_ZH", ""), named)
