"""Dated numbers of the review (`codes/review_rules.csv`), and the reasons of dismissal."""

from datetime import date

from ecoredline.codes import code_list
from ecoredline.web.core import clock


def rule(name: str, on: date | None = None) -> float:
    """The value of a rule that is in force on a day (today).

    >>> rule("claim_minutes", date(2026, 1, 1))
    20.0
    """
    day = (on or clock.today()).isoformat()
    rows = [r for r in code_list("review_rules").values() if r["name"] == name]
    in_force = [r for r in rows if r["valid_from"] <= day]
    return float(max(in_force or rows, key=lambda r: r["valid_from"])["value"])


def reasons() -> dict[str, dict]:
    """The reasons of dismissal: code → row with key and group.

    >>> reasons()["cloud"]["key"]
    '6'
    """
    return dict(code_list("dismissal_reasons"))
