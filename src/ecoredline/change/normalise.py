"""Relative radiometric normalisation: after's radiometry brought to before's, per band."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ecoredline.errors import NotComparable

MINIMUM_PIXELS = 200
MINIMUM_CORRELATION = 0.15  # of ranks, best band; unrelated places stay under 0.1, farmland at 0.3
ITERATIONS = 12
NOISE_FLOOR = 0.004  # reflectance; finer than any sensor's own repeatability
LOCAL_REACH_M = 200.0  # standard width of the neighbourhood that shares one haze and season
QUIET_NOISES = 3.0  # differences above this many noises lose weight
TRUSTED_SHARE = 0.3  # with fewer quiet neighbours the local offset shrinks to nothing
LOCAL_CELLS = 5  # cells to the standard width
LARGEST_NODES = 257


@dataclass(frozen=True)
class Radiometry:
    """after × `gain` + `offset` has before's radiometry; `noise` is what stays, per band."""

    gain: np.ndarray
    offset: np.ndarray
    noise: np.ndarray
    correlation: np.ndarray
    pixels: int
    local: np.ndarray | None = None  # (bands, down, across) added to after: haze, season by place

    def as_record(self, names: tuple[str, ...]) -> dict:
        """Plain JSON for the run record."""
        columns = (("gain", self.gain), ("offset", self.offset), ("noise", self.noise),
                   ("correlation", self.correlation))  # fmt: skip
        bands = {
            name: {key: round(float(values[k]), 5) for key, values in columns}
            for k, name in enumerate(names)
        }
        found = {"pixels": self.pixels, "bands": bands}
        if self.local is not None:
            found["largest_local_offset"] = round(float(np.abs(self.local).max()), 5)
        return found


def fit_radiometry(before: np.ndarray, after: np.ndarray, normalise: bool = True) -> Radiometry:
    """Fit after to before on paired pixels (bands, n), by re-weighted reduced major axis regression.

    Raises `NotComparable` with too few pixels or no correlation at all.
    """
    seen = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    x, y = after[:, seen].astype(float), before[:, seen].astype(float)
    if x.shape[1] < MINIMUM_PIXELS:
        raise NotComparable(
            f"only {x.shape[1]} sampled pixels are seen on both dates; wanted {MINIMUM_PIXELS}: "
            "cloud or nodata covers the overlap, give other dates"
        )
    bands = len(x)
    gain, offset = np.ones(bands), np.zeros(bands)
    weights = np.ones(x.shape[1])
    for _ in range(ITERATIONS if normalise else 1):
        if normalise:
            gain, offset = major_axis_fit(x, y, weights)
        residual = y - (x * gain[:, None] + offset[:, None])
        noise = np.maximum(1.4826 * np.median(np.abs(residual), axis=1), NOISE_FLOOR)
        distance = np.sum((residual / noise[:, None]) ** 2, axis=0) / bands
        weights = 1 / (1 + distance) ** 2
    correlation = np.array([rank_correlation(x[k], y[k]) for k in range(bands)])
    if correlation.max() < MINIMUM_CORRELATION:
        raise NotComparable(
            f"the two images do not resemble each other (best rank correlation "
            f"{correlation.max():.2f}, wanted {MINIMUM_CORRELATION}): are they of one place?"
        )
    return Radiometry(gain, offset, noise, correlation, x.shape[1])


def major_axis_fit(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gain and offset per band of the weighted reduced major axis of y on x (bands, n).

    Both dates carry error, so neither is the regressor; the gain is the ratio of spreads.
    """
    total = weights.sum()
    mx, my = x @ weights / total, y @ weights / total
    dx, dy = x - mx[:, None], y - my[:, None]
    sxx, syy, sxy = (dx * dx) @ weights, (dy * dy) @ weights, (dx * dy) @ weights
    ratio = np.sqrt(syy / np.where(sxx > 0, sxx, 1))
    gain = np.where((sxy > 0) & (sxx > 0) & (syy > 0), ratio, 1.0)
    return gain, my - gain * mx


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's correlation; 1 when both are constant, 0 when one is.

    >>> rank_correlation(np.array([1, 2, 3, 9]), np.array([1, 4, 5, 99]))
    1.0
    """
    spreads = np.ptp(x) > 0, np.ptp(y) > 0
    if not all(spreads):
        return 0.0 if any(spreads) else 1.0
    return round(float(np.corrcoef(ranks(x), ranks(y))[0, 1]), 6)


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs (`scipy.stats` takes long to import).

    >>> ranks(np.array([7, 5, 7])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def local_offset(
    before: np.ndarray, after: np.ndarray, known: Radiometry, cell_m: float
) -> np.ndarray:
    """What must still be added to after by place (bands, down, across nodes), from overviews.

    `before`, `after` are overviews (bands, rows, cols) with cells of `cell_m`, NaN = not
    seen. A wide weighted mean of the differences; strong differences count little and
    where few are quiet the offset fades, so that a large real change stays.
    """
    thin = max(1, int(LOCAL_REACH_M / LOCAL_CELLS / cell_m))  # the wide mean needs no more
    before, after, cell_m = before[:, ::thin, ::thin], after[:, ::thin, ::thin], cell_m * thin
    bands, rows, cols = before.shape
    width = LOCAL_REACH_M / cell_m
    step = max(1, int(width / 2))
    moved = after * known.gain[:, None, None] + known.offset[:, None, None]
    difference = (before - moved) / known.noise[:, None, None]
    seen = np.isfinite(difference).all(axis=0)
    difference = np.where(seen, difference, 0).astype(np.float32)
    size = np.sqrt(np.mean(difference**2, axis=0))
    weight = seen * np.minimum(1, (QUIET_NOISES / np.maximum(size, 1e-6)) ** 2).astype(np.float32)
    total = blurred(weight, width)
    down, across = (min(LARGEST_NODES, max(2, n // step)) for n in (rows, cols))
    place = np.ix_(*(np.linspace(0, n - 1, m).round().astype(int) for n, m in
                     ((rows, down), (cols, across))))  # fmt: skip
    nodes = np.empty((bands, down, across), np.float32)
    for k in range(bands):
        mean = blurred(difference[k] * weight, width) / np.maximum(total, TRUSTED_SHARE)
        nodes[k] = mean[place] * known.noise[k]
    return nodes


def blurred(values: np.ndarray, width: float) -> np.ndarray:
    """A wide smooth mean: three box means, close to a Gaussian of standard width `width`."""
    side = max(1, round(2 * width)) | 1  # three boxes of side s have standard width s / 2
    for _ in range(3):
        values = ndimage.uniform_filter(values, side, mode="nearest")
    return values
