"""Mann-Kendall with ties and the Theil-Sen slope, pixel by pixel, missing dates left out."""

import math
from typing import NamedTuple

import numba
import numpy as np

from ecoredline.errors import InputError

FEWEST = 4  # below this no p can be small, whatever the numbers say
HALF_ROOT = math.sqrt(0.5)


class Trend(NamedTuple):
    """Slope per unit of time, Kendall's S, its z with continuity correction, two-sided p, dates used."""

    slope: np.ndarray
    s: np.ndarray
    z: np.ndarray
    p: np.ndarray
    used: np.ndarray


def trend(times, values) -> Trend:
    """Trend of one series; NaN is a missing date.

    >>> t = trend([2018, 2019, 2020, 2021, 2022], [1.0, 2.0, 3.0, 4.0, 5.0])
    >>> float(t.slope), int(t.s), round(float(t.p), 4)
    (1.0, 10, 0.0275)
    """
    found = trends(times, np.asarray(values, dtype=np.float64).reshape(-1, 1, 1))
    return Trend(*(layer[0, 0] for layer in found))


def trends(times, values) -> Trend:
    """Trend of every pixel of (times, rows, cols), along `times` (years, or days; uneven is fine).

    A pixel with fewer than four dates is NaN in all but `used`. Raises `InputError` for times
    that do not rise or do not match.
    """
    times, values = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if values.ndim != 3 or len(times) != len(values):
        raise InputError(
            f"got {len(times)} times for values of {values.shape}; wanted (times, rows, cols)"
        )
    if not (np.diff(times) > 0).all():
        raise InputError("got times that do not rise; wanted them sorted, each once")
    columns = np.ascontiguousarray(values.reshape(len(times), -1).T)
    found = _trends(times, columns)
    return Trend(*(layer.reshape(values.shape[1:]) for layer in found.T))


@numba.njit(cache=True)
def _trends(times, columns):
    count, steps = columns.shape
    found = np.full((count, 5), np.nan)
    t, v = np.empty(steps), np.empty(steps)
    slopes = np.empty(steps * (steps - 1) // 2)
    for k in range(count):
        n = 0
        for i in range(steps):
            if math.isfinite(columns[k, i]):
                t[n], v[n] = times[i], columns[k, i]
                n += 1
        found[k, 4] = n
        if n < FEWEST:
            continue
        s, pairs = 0.0, 0
        for i in range(n - 1):
            for j in range(i + 1, n):
                rise = v[j] - v[i]
                s += (rise > 0) - (rise < 0)
                slopes[pairs] = rise / (t[j] - t[i])
                pairs += 1
        variance = _variance(np.sort(v[:n]))
        z = (s - (s > 0) + (s < 0)) / math.sqrt(variance) if variance > 0 else 0.0
        found[k, 0], found[k, 1], found[k, 2] = np.median(slopes[:pairs]), s, z
        found[k, 3] = math.erfc(abs(z) * HALF_ROOT)
    return found


@numba.njit(cache=True)
def _variance(ordered):
    """Variance of S for a sorted series; equal values make it smaller."""
    n = len(ordered)
    total = n * (n - 1.0) * (2 * n + 5)
    same = 1
    for i in range(1, n + 1):
        if i < n and ordered[i] == ordered[i - 1]:
            same += 1
            continue
        total -= same * (same - 1.0) * (2 * same + 5)
        same = 1
    return total / 18
