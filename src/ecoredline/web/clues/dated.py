"""Thresholds and periods of this room: rows with a first day, so that a change keeps what was."""

from datetime import date, timedelta

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.web.core import clock

RULES = "clue_rules"


def value_on(name: str, day: date | None = None) -> float:
    """The value of a rule on a day (default today); of several rows the newest that holds.

    Raises `InputError` for a name or a day without a row.
    """
    day = (day or clock.today()).isoformat()
    rows = [
        row for row in code_list(RULES).values()
        if row["name"] == name and row["valid_from"] <= day <= (row["valid_to"] or "9999")
    ]  # fmt: skip
    if not rows:
        raise InputError(f"got rule {name!r} on {day}; wanted one of codes/{RULES}.csv")
    return float(max(rows, key=lambda row: row["valid_from"])["value"])


def default_due(unit, day: date | None = None) -> date:
    """By when a unit should have replied to what it is given on `day` (default today)."""
    day = day or clock.today()
    return day + timedelta(days=int(value_on(f"due_{unit.level}", day)))
