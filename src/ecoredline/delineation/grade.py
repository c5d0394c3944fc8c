"""Grades of importance by cumulative share of the service: sorted high to low, quantity summed up.

Half of the whole service is 极重要, up to 80 % 重要, the rest 一般: remembered from the 2017 guide,
公式来源未经原文核对, so the cuts are parameters.
"""

import numpy as np

from ecoredline.errors import InputError, NotEnoughData

CUTS = (0.5, 0.8)
GENERAL, IMPORTANT, EXTREME = 1, 2, 3


def importance_thresholds(quantity, cell_area, cuts=CUTS) -> tuple[float, ...]:
    """Values from which on a cell belongs to each grade, the highest grade first.

    Parameters
    ----------
    quantity : service per area (rows, cols), NaN = nodata; negative counts as none.
    cell_area : m², broadcast to quantity.
    cuts : cumulative shares, rising, between 0 and 1.

    Cells of equal value fall on one side. Raises `NotEnoughData` when there is no service at all.

    >>> importance_thresholds(np.array([[4.0, 3.0, 2.0, 1.0]]), 1.0)
    (3.0, 2.0)
    """
    cuts = check_cuts(cuts)
    quantity = np.asarray(quantity, dtype=float)
    seen = ~np.isnan(quantity)
    values = np.maximum(quantity[seen], 0)
    weights = values * np.broadcast_to(np.asarray(cell_area, float), quantity.shape)[seen]
    if not weights.sum() > 0:
        raise NotEnoughData("got a service of 0 everywhere; wanted some to grade by")
    levels, index = np.unique(values, return_inverse=True)
    shares = np.cumsum(np.bincount(index, weights)[::-1]) / weights.sum()
    places = np.searchsorted(shares, np.array(cuts) - 1e-12)
    return tuple(float(levels[::-1][min(p, len(levels) - 1)]) for p in places)


def check_cuts(cuts) -> tuple[float, ...]:
    """Cuts as they are; raise `InputError` unless they rise between 0 and 1."""
    cuts = tuple(float(c) for c in cuts)
    if not cuts or list(cuts) != sorted(set(cuts)) or cuts[0] <= 0 or cuts[-1] > 1:
        raise InputError(f"got cuts {cuts}; wanted rising shares between 0 and 1, such as 0.5, 0.8")
    return cuts


def importance_grades(quantity, cell_area, cuts=CUTS) -> np.ndarray:
    """Grade of each cell: 1 一般 … len(cuts) + 1 极重要; NaN stays NaN.

    >>> importance_grades(np.array([[4.0, 3.0, 2.0, 1.0]]), 1.0)
    array([[3., 3., 2., 1.]])
    """
    quantity = np.asarray(quantity, dtype=float)
    grades = np.full(quantity.shape, float(GENERAL))
    for threshold in importance_thresholds(quantity, cell_area, cuts):
        grades += np.maximum(quantity, 0) >= threshold
    return np.where(np.isnan(quantity), np.nan, grades)
