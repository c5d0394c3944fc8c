"""Small counts are not told to the public, and no total gives them back."""

from datetime import date

from ecoredline.codes import code_list

KINDS = ("clues", "cases", "closed")


def least_on(day: date) -> int:
    """The least count that is shown, by the list `public_limits` as of a day.

    >>> least_on(date(2026, 6, 1))
    5
    """
    rows = [r for r in code_list("public_limits").values() if r["valid_from"] <= day.isoformat()]
    return int(max(rows, key=lambda r: r["valid_from"])["least"]) if rows else 1


def hidden(cell: dict, least: int) -> dict:
    """A county's counts of a year; None for those from 1 to below the least, which look all the same.

    >>> hidden({"clues": 12, "cases": 1, "closed": 0}, 5)
    {'clues': 12, 'cases': None, 'closed': 0}
    """
    return {k: None if cell[k] is not None and 0 < cell[k] < least else cell[k] for k in KINDS}


def total(cells: list[dict], kind: str) -> dict:
    """The sum of the counts that are shown, and whether some are not: it holds nothing of those.

    >>> total([{"cases": 12}, {"cases": None}], "cases")
    {'count': 12, 'is_part': True}
    """
    counts = [cell[kind] for cell in cells]
    return {"count": sum(c for c in counts if c is not None), "is_part": None in counts}
