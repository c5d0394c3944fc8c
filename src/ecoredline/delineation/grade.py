"""Grades of importance by cumulative share of the service: sorted high to low, quantity summed up.

Half of the whole service is 极重要, up to 80 % 重要, the rest 一般: remembered from the 2017 guide,
公式来源未经原文核对, so the cuts are parameters.
"""

from collections.abc import Callable, Iterable

import numpy as np

from ecoredline.errors import InputError, NotEnoughData

CUTS = (0.5, 0.8)
DIGIT = 21  # bits looked at in one pass: three passes for any number, two for single precision
NO_SERVICE = "got a service of 0 everywhere; wanted some to grade by"
TRIFLE = 1e-12  # share that rounding may move
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
        raise NotEnoughData(NO_SERVICE)
    levels, index = np.unique(values, return_inverse=True)
    shares = np.cumsum(np.bincount(index, weights)[::-1]) / weights.sum()
    places = np.searchsorted(shares, np.array(cuts) - TRIFLE)
    return tuple(float(levels[::-1][min(p, len(levels) - 1)]) for p in places)


def thresholds_of_blocks(
    blocks: Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]], cuts=CUTS
) -> tuple[float, ...]:
    """`importance_thresholds` of a map in blocks, exact, with memory that does not grow with it.

    `blocks()` gives (quantity, cell area m²) block by block and is called up to three times. Numbers
    of 0 or more sort as their bits do: each pass sums the service by the next 21 bits, and looks on
    in the one bin in which the cut lies.

    >>> whole = np.array([[4.0, 3.0, 2.0, 1.0]])
    >>> thresholds_of_blocks(lambda: [(part, 1.0) for part in (whole[:, :3], whole[:, 3:])])
    (3.0, 2.0)
    """
    cuts = check_cuts(cuts)
    found, above = (
        [0] * len(cuts),
        [0.0] * len(cuts),
    )  # leading bits so far; service above their bin
    used, total = np.uint64(0), 0.0
    for shift in (2 * DIGIT, DIGIT, 0):
        if shift < 2 * DIGIT and not int(used) & ((1 << (shift + DIGIT)) - 1):
            found = [f << DIGIT for f in found]
            continue
        sums = [np.zeros(1 << DIGIT) for _ in (cuts if shift < 2 * DIGIT else cuts[:1])]
        for bits, weights in bits_of(blocks()):
            used |= np.bitwise_or.reduce(bits, initial=np.uint64(0))
            add_by_digit(sums, bits, weights, found, shift)
        if shift == 2 * DIGIT:
            total = float(sums[0].sum())
            if not total > 0:
                raise NotEnoughData(NO_SERVICE)
            sums = sums * len(cuts)
        for k, cut in enumerate(cuts):
            digit, above[k] = bin_of(sums[k], (cut - TRIFLE) * total, above[k])
            found[k] = found[k] << DIGIT | digit
    return tuple(float(np.uint64(f).view(np.float64)) for f in found)


def bits_of(blocks):
    """Each block's numbers as bits, and what each cell holds of the service."""
    for quantity, cell_area in blocks:
        quantity = np.asarray(quantity, dtype=np.float64)
        seen = ~np.isnan(quantity)
        values = np.maximum(quantity[seen], 0.0) + 0.0  # no minus zero
        area = np.broadcast_to(np.asarray(cell_area, float), quantity.shape)[seen]
        yield values.view(np.uint64), values * area


def add_by_digit(sums, bits, weights, found: list[int], shift: int) -> None:
    """Add the service to the bins of the next bits, for each cut among the cells of its bin so far."""
    digits = (bits >> np.uint64(shift)) & np.uint64((1 << DIGIT) - 1)
    for k, bins in enumerate(sums):
        inside = slice(None)
        if shift < 2 * DIGIT:
            inside = (bits >> np.uint64(shift + DIGIT)) == np.uint64(found[k])
        bins += np.bincount(digits[inside].astype(np.int64), weights[inside], 1 << DIGIT)


def bin_of(bins: np.ndarray, wanted: float, above: float) -> tuple[int, float]:
    """The highest bin with which the service reaches `wanted`, and the service above it."""
    downward = above + np.cumsum(bins[::-1])
    place = int(np.searchsorted(downward, wanted))
    if place == len(bins):  # rounding: the lowest bin that holds any
        place = len(bins) - 1 - int(np.flatnonzero(bins)[0])
    return len(bins) - 1 - place, float(downward[place] - bins[::-1][place])


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
