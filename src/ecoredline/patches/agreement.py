"""How far two people agree who judged the same patches without seeing each other.

Percent agreement and Cohen's kappa with its large-sample interval (Fleiss, Cohen & Everitt,
Psychological Bulletin 72(5), 1969).
"""

from dataclasses import dataclass

import numpy as np

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Agreement:
    """Of `count` things: the share agreed on, kappa and its 95 % interval (NaN where undefined)."""

    count: int
    share: float
    kappa: float
    low: float
    high: float


def agreement(table) -> Agreement:
    """From a square table of counts: rows the first person's verdicts, columns the second's.

    Kappa is undefined (NaN) when both always said the same one thing, or without anything judged.

    >>> found = agreement([[20, 5], [10, 15]])
    >>> found.share, round(found.kappa, 3)
    (0.7, 0.4)
    """
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise ValueError(f"got a table of shape {counts.shape}; wanted a square one of counts")
    total = counts.sum()
    if not total:
        return Agreement(0, *[float("nan")] * 4)
    shares = counts / total
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    agreed, by_chance = float(np.trace(shares)), float(rows @ columns)
    if by_chance >= 1:
        return Agreement(int(total), agreed, *[float("nan")] * 3)
    kappa = (agreed - by_chance) / (1 - by_chance)
    spread = Z_95 * np.sqrt(_variance(shares, rows, columns, agreed, by_chance) / total)
    low, high = max(-1.0, kappa - spread), min(1.0, kappa + spread)
    return Agreement(int(total), agreed, kappa, float(low), float(high))


def _variance(shares, rows, columns, agreed: float, by_chance: float) -> float:
    """Asymptotic variance of kappa, times the count."""
    chance, miss = 1 - by_chance, 1 - agreed
    both = columns[:, None] + rows[None, :]  # p.i + pj. of cell (i, j)
    diagonal = np.diag(shares) * (chance - (rows + columns) * miss) ** 2
    off = (shares - np.diag(np.diag(shares))) * both**2
    last = (agreed * by_chance - 2 * by_chance + agreed) ** 2
    found = diagonal.sum() + miss**2 * off.sum() - last
    return max(0.0, float(found)) / chance**4
