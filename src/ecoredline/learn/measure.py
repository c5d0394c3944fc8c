"""Figures of a ranking, and calibration that keeps its order."""

import numpy as np

RESAMPLES = 1000
INTERVAL = (5, 95)  # percent
SEED = 20260101


def average_precision(score: np.ndarray, truth: np.ndarray) -> float:
    """Mean precision over the true items, ranked by score; ties count as one step.

    >>> round(average_precision(np.array([3.0, 2.0, 1.0]), np.array([1, 0, 1])), 3)
    0.833
    """
    order = np.argsort(-score, kind="stable")
    truth, score = np.asarray(truth, float)[order], score[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    hits = np.cumsum(truth)[last]
    gained = np.diff(hits, prepend=0)
    return float((gained * hits / (last + 1)).sum() / max(truth.sum(), 1))


def isotonic(score: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots (x, y) of the increasing step fit of truth on score (pool adjacent violators).

    >>> [v.tolist() for v in isotonic(np.array([1.0, 2, 3, 4]), np.array([0, 1, 0, 1]))]
    [[1.0, 2.0, 3.0, 4.0], [0.0, 0.5, 0.5, 1.0]]
    """
    order = np.argsort(score, kind="stable")
    blocks: list[list[float]] = []  # [sum, count, first x, last x]
    for x, y in zip(score[order], np.asarray(truth, float)[order], strict=True):
        blocks.append([y, 1, x, x])
        while len(blocks) > 1 and (
            blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]
            or blocks[-2][3] == blocks[-1][2]
        ):
            total, count, _, last = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count, blocks[-1][2], last]
    xs = np.array([v for b in blocks for v in ({b[2]: 0, b[3]: 0})], float)
    ys = np.array([b[0] / b[1] for b in blocks for _ in ({b[2]: 0, b[3]: 0})], float)
    return xs, ys


def difference_interval(ours, theirs, truth, place) -> tuple[float, float, float]:
    """AP of `ours` less AP of `theirs`, and its 5–95 % interval when places are drawn again."""
    random = np.random.default_rng(SEED)
    rows = {p: np.flatnonzero(place == p) for p in np.unique(place)}
    names = list(rows)
    found = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rows[names[k]] for k in random.integers(0, len(names), len(names))])
        if truth[drawn].any():
            found.append(
                average_precision(ours[drawn], truth[drawn])
                - average_precision(theirs[drawn], truth[drawn])
            )
    low, high = np.percentile(found, INTERVAL) if found else (float("nan"), float("nan"))
    whole = average_precision(ours, truth) - average_precision(theirs, truth)
    return whole, float(low), float(high)
