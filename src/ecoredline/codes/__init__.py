"""Code lists, kept as CSV beside this file: activity types, problem types, channels, reasons.

Each list has the columns code, zh, en, source and what else it needs.
"""

import csv
import difflib
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ecoredline.errors import UnknownCode

HERE = Path(__file__).parent


@cache
def code_list(name: str) -> MappingProxyType:
    """The list `name` as code → row (a dict of text), in the file's order.

    >>> code_list("activity_types")["1"]["zh"]
    '矿产资源开发（含采石、采砂）'
    """
    path = HERE / f"{name}.csv"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in HERE.glob("*.csv")))
        raise UnknownCode(f"got code list {name!r}; wanted one of {known}")
    with path.open(encoding="utf-8", newline="") as stream:
        return MappingProxyType({row["code"]: row for row in csv.DictReader(stream)})


def in_force(name: str, on: date) -> dict[str, dict]:
    """The rows of a dated list that hold on a day: key → row, the newest of each key.

    >>> in_force("proof_limits", date(2026, 1, 1))["least_valid"]["value"]
    '0.5'
    """
    rows = [r for r in code_list(name).values() if date.fromisoformat(r["valid_from"]) <= on]
    return {r["key"]: r for r in sorted(rows, key=lambda r: r["valid_from"])}


def stage_name(stage: str, language: str = "zh") -> str:
    """What a job's stage is called; a stage nobody named keeps its own word.

    >>> stage_name("register"), stage_name("elsewhere")
    ('配准', 'elsewhere')
    """
    return code_list("stages").get(stage, {language: stage})[language]


def label(name: str, code: str, language: str = "zh") -> str:
    """The label of a code; empty stays empty, an unknown code raises with its nearest entries.

    >>> label("problem_types", "vegetation")
    '破坏地表植被'
    """
    if not code:
        return ""
    rows = code_list(name)
    if code not in rows:
        near = difflib.get_close_matches(code, rows, n=3) or list(rows)[:3]
        raise UnknownCode(f"got {code!r} for {name}; nearest entries: {', '.join(near)}")
    return rows[code][language]
