"""Changed pixels as runs: memory follows what changed, not the size of the image."""

import numpy as np
from numba import njit

from ecoredline.change.maps import ChangeRuns
from ecoredline.change.score import robust_row

FIELDS = ("row", "start", "stop", "strong", "score", "before", "after", "tolerant")


def empty_runs(bands: int) -> ChangeRuns:
    """No change at all."""
    whole, real = np.empty(0, np.int32), np.empty(0, np.float32)
    values = np.empty((0, bands), np.float32)
    return ChangeRuns(whole, whole, whole, whole, real, values, values, real)


@njit(nogil=True, cache=True)
def count_runs(score, low):
    """How many horizontal runs of pixels reach `low`."""
    rows, cols = score.shape
    count = 0
    for y in range(rows):
        inside = False
        for x in range(cols):
            changed = score[y, x] >= low
            count += changed and not inside
            inside = changed
    return count


@njit(nogil=True, cache=True)
def block_runs(score, before, after, halo, low, high, radius, whole, real):
    """Fill `whole` (n, 4: row, start, stop, strong) and `real` (n, 2 + 2 bands) with the runs.

    `score` (rows, cols) is the block itself; `before` and `after` carry a halo around it.
    `real` holds sums of score, of the distance within `radius`, of before and after by band.
    """
    rows, cols = score.shape
    bands = before.shape[0]
    wide = np.empty(cols, np.float32)
    n = 0
    for y in range(rows):
        x = 0
        while x < cols:
            if not score[y, x] >= low:
                x += 1
                continue
            start = x
            while x < cols and score[y, x] >= low:
                x += 1
            whole[n, 0], whole[n, 1], whole[n, 2] = y, start, x
            line = wide[: x - start]
            line[:] = 0
            robust_row(before, after, radius, y + halo, start + halo, x + halo, line)
            real[n, :] = 0
            for i in range(start, x):
                whole[n, 3] += score[y, i] >= high
                real[n, 0] += score[y, i]
                real[n, 1] += line[i - start]
                for k in range(bands):
                    real[n, 2 + k] += before[k, y + halo, i + halo]
                    real[n, 2 + bands + k] += after[k, y + halo, i + halo]
            n += 1


@njit(nogil=True, cache=True)
def sum_runs(values, whole, out):
    """Fill `out` (n) with the sums of `values` (rows, cols) over the runs of `block_runs`."""
    for n in range(len(whole)):
        total = 0.0
        for x in range(whole[n, 1], whole[n, 2]):
            total += values[whole[n, 0], x]
        out[n] = total


def join_runs(blocks: list[tuple[np.ndarray, np.ndarray]], bands: int) -> ChangeRuns:
    """Runs of all blocks (whole, real; grid coordinates) sorted and joined where they touch.

    A column of `real` beyond those of `block_runs` is the sum of the probability.
    """
    blocks = [block for block in blocks if len(block[0])]
    if not blocks:
        return empty_runs(bands)
    whole = np.concatenate([block[0] for block in blocks])
    real = np.concatenate([block[1] for block in blocks])
    order = np.lexsort((whole[:, 1], whole[:, 0]))
    whole, real = whole[order], real[order]
    joins = (whole[1:, 0] == whole[:-1, 0]) & (whole[1:, 1] == whole[:-1, 2])
    first = np.flatnonzero(np.concatenate([[True], ~joins]))
    last = np.concatenate([first[1:], [len(whole)]]) - 1
    sums = np.add.reduceat(real, first, axis=0).astype(np.float32)
    strong = np.add.reduceat(whole[:, 3], first).astype(np.int32)
    return ChangeRuns(
        row=whole[first, 0], start=whole[first, 1], stop=whole[last, 2], strong=strong,
        score=sums[:, 0], before=sums[:, 2 : 2 + bands], after=sums[:, 2 + bands : 2 + 2 * bands],
        tolerant=sums[:, 1],
        probability=sums[:, 2 + 2 * bands] if sums.shape[1] > 2 + 2 * bands else None,
    )  # fmt: skip
