"""Scores 1, 3, 5 of single factors, from the tables in codes/."""

from functools import cache

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import UnknownCode
from ecoredline.formula import Interval, intervals, value_by_code, value_by_interval

KINDS = ("erosion", "desertification")


@cache
def rows_of(factor: str) -> tuple[Interval, ...]:
    """The rows of one factor in codes/sensitivity_factors.csv."""
    rows = [r for r in code_list("sensitivity_factors").values() if r["factor"] == factor]
    if not rows:
        known = sorted({r["factor"] for r in code_list("sensitivity_factors").values()})
        raise UnknownCode(f"got factor {factor!r}; wanted one of {', '.join(known)}")
    return intervals(rows)


def factor_score(value, factor: str) -> np.ndarray:
    """Score 1, 3 or 5 of a factor's value; NaN stays NaN, `InputError` outside the table.

    >>> factor_score([99.0, 600.0, 601.0], "erosion.rainfall")
    array([1., 3., 5.])
    """
    return value_by_interval(value, rows_of(factor), factor)


def soil_score(soil, kind: str) -> np.ndarray:
    """Score 1, 3 or 5 of a soil code (codes/sensitivity_soils.csv) for `erosion` or `desertification`.

    NaN stays NaN; `UnknownCode` lists the codes that have no score for this kind.

    >>> soil_score([2, 2], "erosion"), soil_score(2, "desertification")
    (array([1., 1.]), array(5.))
    """
    if kind not in KINDS:
        raise UnknownCode(
            f"got {kind!r}; wanted {' or '.join(KINDS)}: no table of soils is known for others"
        )
    rows = code_list("sensitivity_soils").items()
    return value_by_code(soil, {float(c): float(r[kind]) for c, r in rows if r[kind]}, "soil")
