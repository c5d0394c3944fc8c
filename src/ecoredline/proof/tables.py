"""Dated tables of the proof: limits, weights, when to look again. All are ours and may be changed."""

from datetime import date, timedelta

from ecoredline.codes import code_list, in_force
from ecoredline.errors import NotEnoughData

ANY = "any"
VEGETATED = "vegetated"


def limit(key: str, on: date) -> float:
    """A number of `proof_limits` as it holds on a day; raises `NotEnoughData` before its first.

    >>> limit("propose", date(2026, 1, 1))
    40.0
    """
    found = in_force("proof_limits", on).get(key)
    if found is None:
        raise NotEnoughData(f"proof_limits has no {key!r} on {on}; wanted a row valid by then")
    return float(found["value"])


def is_vegetated(damage_type: str) -> bool:
    """Did plants grow there, so that green has to come back?

    >>> is_vegetated("forest"), is_vegetated("road"), is_vegetated("")
    (True, False, False)
    """
    return code_list("damage_types").get(damage_type, {}).get("vegetated") == "yes"


def quick_days(damage_type: str) -> int:
    """Fewer days than this between hand-over and closing are too quick for the kind of damage."""
    rows = code_list("damage_types")
    return int(rows.get(damage_type, rows["other"])["quick_days"])


def season(division_code: str, on: date) -> dict:
    """The growing season of a place: its own province's row, else the default one."""
    rows = in_force("growing_seasons", on)
    return rows.get(division_code[:2]) or rows["default"]


def watch_days(closed_on: date, division_code: str, damage_type: str) -> list[tuple[str, date]]:
    """When a closed case has to be looked at again: (rule, day), in order of day.

    >>> [(r, str(d)) for r, d in watch_days(date(2026, 11, 2), "510422", "road")]
    [('month_3', '2027-01-31'), ('month_12', '2027-11-02')]
    """
    found = []
    for key, row in in_force("watch_intervals", closed_on).items():
        if row["damage"] == ANY or (row["damage"] == VEGETATED) == is_vegetated(damage_type):
            day = closed_on + timedelta(days=int(row["after_days"]))
            found.append((key, in_season(day, row["in_season"], division_code)))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def in_season(day: date, wanted: str, division_code: str) -> date:
    """The first middle or end of a growing season on or after `day`; `day` itself for "no".

    >>> in_season(date(2026, 8, 1), "middle", "51")
    datetime.date(2027, 7, 15)
    """
    if wanted == "no":
        return day
    column = {"middle": "middle", "end": "ends"}[wanted]
    month, number = map(int, season(division_code, day)[column].split("-"))
    this_year = date(day.year, month, number)
    return this_year if this_year >= day else date(day.year + 1, month, number)
