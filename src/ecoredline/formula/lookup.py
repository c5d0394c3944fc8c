"""Factor tables kept as data: a value by class code, a value by interval."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ecoredline.errors import InputError, UnknownCode

SHOWN_AT_MOST = 20


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`, each end in (closed) or out, and the value they get."""

    low: float
    high: float
    low_closed: bool
    high_closed: bool
    value: float

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Which values lie in it (bool array of the same shape); NaN never does."""
        above = values >= self.low if self.low_closed else values > self.low
        below = values <= self.high if self.high_closed else values < self.high
        return above & below


def intervals(rows: Iterable[Mapping[str, str]], value: str = "value") -> tuple[Interval, ...]:
    """Rows of a table with the columns low, high, closed (low, high, both, none) and `value`.

    An empty end is infinite.

    >>> intervals([{"low": "", "high": "5", "closed": "high", "value": "1"}])[0].holds(np.array([5, 6]))
    array([ True, False])
    """
    return tuple(
        Interval(
            float(row["low"] or -math.inf), float(row["high"] or math.inf),
            row["closed"] in ("low", "both"), row["closed"] in ("high", "both"),
            float(row[value]),
        )
        for row in rows
    )  # fmt: skip


def value_by_interval(values, table: tuple[Interval, ...], what: str = "value") -> np.ndarray:
    """Each number's value from the table, float64 of the same shape; NaN stays NaN.

    Raises `InputError` when a number lies in no interval.
    """
    values = np.asarray(values, dtype=float)
    found = np.full(values.shape, np.nan)
    for interval in table:
        found[interval.holds(values)] = interval.value
    left = np.isnan(found) & ~np.isnan(values)
    if left.any():
        shown = ", ".join(f"{v:g}" for v in np.unique(values[left])[:SHOWN_AT_MOST])
        raise InputError(
            f"got {what} {shown}, which no row of its table covers; "
            f"wanted {min(i.low for i in table):g} to {max(i.high for i in table):g}"
        )
    return found


def value_by_code(codes, table: Mapping[float, float], what: str = "code") -> np.ndarray:
    """Each code's value from the table, float64 of the same shape; NaN stays NaN.

    Raises `UnknownCode` that lists every code without a row.

    >>> value_by_code(np.array([1.0, np.nan]), {1: 0.5})
    array([0.5, nan])
    """
    codes = np.asarray(codes, dtype=float)
    present, place = np.unique(codes, return_inverse=True)
    without = [c for c in present if not math.isnan(c) and c not in table]
    if without:
        raise UnknownCode(
            f"got {what} {', '.join(f'{c:g}' for c in without)}, which has no row in the table; "
            f"wanted one of {', '.join(f'{c:g}' for c in table)}: add rows or reclassify the map"
        )
    chosen = np.array([table.get(c, math.nan) for c in present.tolist()])
    return np.asarray(chosen[place]).reshape(codes.shape)
