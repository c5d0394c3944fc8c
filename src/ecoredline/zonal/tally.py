"""Sums that add up over tiles: what a zone's numbers are made of."""

import math
import re
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ecoredline.errors import InputError
from ecoredline.geodesy import M2_PER_HA

# how a map's values add up to a total: factor on value × covered area in m²; None: per cell
TOTALS = {
    "none": (0.0, ""), "per_cell": (None, ""), "per_ha": (1 / M2_PER_HA, ""), "per_m2": (1.0, ""),
    "per_km2": (1e-6, ""), "mm": (1e-3, "m³"),
}  # fmt: skip
PER_AREA = {
    "/(hm²": "per_ha", "/hm²": "per_ha", "/ha": "per_ha", "/(km²": "per_km2", "/km²": "per_km2",
    "/(m²": "per_m2", "/m²": "per_m2",
}  # fmt: skip
COEFFICIENT = (
    "MJ",
    "/100hm²",
    "m²/m²",
    "m/hm²",
)  # factors and densities: a sum of them says nothing
BY_AREA, BY_AREA_AND_TIME = r"/(hm²|ha|km²|m²)", r"/\((?:hm²|ha|km²|m²)·(.+)\)"
MOST_CODES = 1 << 16  # above this codes are sorted
PER_CELL_UNITS = ("t", "t/a", "m³", "m³/a", "kg", "kg/a")


def total_rule(unit: str) -> str:
    """How values in `unit` add up to a total, one of `TOTALS`.

    >>> [total_rule(u) for u in ("t/(hm²·a)", "mm", "m³/a", "gC/(m²·a)", "1")]
    ['per_ha', 'mm', 'per_cell', 'per_m2', 'none']
    """
    if any(words in unit for words in COEFFICIENT):
        return "none"
    for words, rule in PER_AREA.items():
        if words in unit:
            return rule
    if unit in ("mm", "mm/a"):
        return "mm"
    return "per_cell" if unit in PER_CELL_UNITS else "none"


def total_unit(unit: str, rule: str) -> str:
    """What a total is in, for a map in `unit` summed up by `rule`; empty where there is no total.

    >>> [total_unit(u, total_rule(u)) for u in ("t/(hm²·a)", "kg/m²", "mm/a", "t/a", "1")]
    ['t/a', 'kg', 'm³/a', 't/a', '']
    """
    if rule in ("none", "per_cell"):
        return unit if rule == "per_cell" else ""
    if rule == "mm":
        return unit.replace("mm", "m³")
    return re.sub(BY_AREA, "", re.sub(BY_AREA_AND_TIME, r"/\1", unit))


class Sums(NamedTuple):
    """Of the cells with a value that a zone covers in one block: their area m², the sum of values by
    area, of their squares by area, of values by covered share, and the extremes.
    """

    area: float = 0.0
    weighted: float = 0.0
    squares: float = 0.0
    shares: float = 0.0
    low: float = math.inf
    high: float = -math.inf


@dataclass
class Tally:
    """What one zone has gathered so far: seen area m², sums for mean, spread and total, extremes."""

    area: float = 0.0
    weighted: float = 0.0
    squares: float = 0.0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    classes: dict[float, float] = field(default_factory=dict)

    def take(self, sums: Sums, rule: str = "none") -> None:
        """Take in the sums of a block."""
        self.area += sums.area
        self.weighted += sums.weighted
        self.squares += sums.squares
        factor = TOTALS[rule][0]
        self.total += sums.shares if factor is None else sums.weighted * factor
        self.low, self.high = min(self.low, sums.low), max(self.high, sums.high)

    def add_classes(self, codes, share, cell_area) -> None:
        """Take in cells of a class map: area of each code, m²."""
        seen = ~np.isnan(codes)
        found, index = kinds_of(codes[seen])
        sums = np.bincount(index, (share * cell_area)[seen], len(found))
        for code, area in zip(found, sums, strict=True):
            self.classes[float(code)] = self.classes.get(float(code), 0.0) + float(area)
        self.area += float(sums.sum())

    @property
    def mean(self) -> float:
        """Mean by area; NaN when nothing was seen."""
        return self.weighted / self.area if self.area else math.nan

    @property
    def spread(self) -> float:
        """Standard deviation by area."""
        if not self.area:
            return math.nan
        return math.sqrt(max(0.0, self.squares / self.area - self.mean**2))


def kinds_of(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The codes there are, and which each cell has; small whole numbers need no sorting.

    >>> [a.tolist() for a in kinds_of(np.array([5.0, 2.0, 5.0]))]
    [[2.0, 5.0], [1, 0, 1]]
    """
    whole = codes.astype(np.int64) if codes.size and codes.min() >= 0 and codes.max() < MOST_CODES else None  # fmt: skip
    if whole is None or (whole != codes).any():
        return np.unique(codes, return_inverse=True)
    there = np.bincount(whole) > 0
    place = np.cumsum(there) - 1
    return np.flatnonzero(there).astype(np.float64), place[whole]


def check_rule(rule: str) -> None:
    """Raise `InputError` for a rule that is none."""
    if rule not in TOTALS:
        raise InputError(f"got total rule {rule!r}; wanted one of {', '.join(TOTALS)}, or auto")
