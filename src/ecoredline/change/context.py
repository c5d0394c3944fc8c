"""What look-alike ground did: residuals that leave out the season of each cover and wide haze.

Blocks here are whitened (reflectance ÷ the scene's noise), as in `score`. The figures that
turn them into scene units (`Context`) are learnt once, from the sample tiles.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from ecoredline.change.score import next_wanted

CLUSTERS = 32
TRAINED_PIXELS = 20_000
ITERATIONS = 12
SPREAD_FLOOR = 0.5  # of the scene's own spread: a rare, even cover may not shout
LEAST_MEMBERS = 5
SEED = 1
TAILS = (1, 99)  # percent; what lies beyond is cut, or one bright roof would outshout the rest


@dataclass(frozen=True)
class Context:
    """The scene's spread, its covers, and what became of each; all float32.

    `low`, `high`, `scale` (bands) cut whitened values and turn them into units of the scene's
    spread (`scene_units`). Index 0 of `centres`, `middle`, `spread` (2, clusters, bands) goes
    by the cover before, 1 by the cover after.
    """

    low: np.ndarray
    high: np.ndarray
    scale: np.ndarray
    centres: np.ndarray
    middle: np.ndarray
    spread: np.ndarray

    @property
    def units(self) -> np.ndarray:
        """`low`, `high`, `scale` as one float32 array (3, bands)."""
        return np.stack([self.low, self.high, self.scale]).astype(np.float32)


def fit_context(before: np.ndarray, after: np.ndarray) -> Context:
    """Learn covers and what became of them from paired whitened pixels (bands, n).

    Pixels with NaN are left out. The same pixels give the same context.
    """
    seen = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    one, other = before[:, seen].T.astype(np.float32), after[:, seen].T.astype(np.float32)
    both = np.concatenate([one, other])
    low, high = np.percentile(both, TAILS, axis=0).astype(np.float32)
    scale = (1 / np.maximum(np.clip(both, low, high).std(axis=0), 1e-6)).astype(np.float32)
    one, other = np.clip(one, low, high) * scale, np.clip(other, low, high) * scale
    ways = [learn_covers(one, other - one), learn_covers(other, one - other)]
    learnt = (np.stack(v).astype(np.float32) for v in zip(*ways, strict=True))
    return Context(low, high, scale, *learnt)


@njit(nogil=True, cache=True)
def scene_units(block, low, high, scale):
    """A whitened block (bands, rows, cols) cut at `low`, `high` and in units of the scene's spread."""
    out = np.empty_like(block)
    bands, rows, _ = block.shape
    for k in range(bands):
        for y in range(rows):
            source, target = block[k, y], out[k, y]
            for x in range(len(source)):
                target[x] = scene_unit(source[x], low[k], high[k], scale[k])
    return out


@njit(nogil=True, cache=True)
def scene_unit(value, low, high, scale):
    """One whitened value cut at `low`, `high` and in units of the scene's spread; NaN stays."""
    value = low if value < low else value
    value = high if value > high else value
    return value * scale


def learn_covers(spectra: np.ndarray, change: np.ndarray):
    """Covers by k-means on spectra (n, bands); median and robust deviation of each one's change."""
    random = np.random.default_rng(SEED)
    chosen = random.choice(len(spectra), min(TRAINED_PIXELS, len(spectra)), replace=False)
    centres = k_means(spectra[chosen], random)
    label = nearest_centre(spectra, centres)
    middle, spread = np.zeros_like(centres), np.full_like(centres, np.inf)
    for k in range(len(centres)):
        members = change[label == k]
        if len(members) >= LEAST_MEMBERS:
            middle[k] = np.median(members, axis=0)
            spread[k] = 1.4826 * np.median(np.abs(members - middle[k]), axis=0)
    return centres, middle, np.maximum(spread, SPREAD_FLOOR)


def k_means(spectra: np.ndarray, random) -> np.ndarray:
    """At most `CLUSTERS` centres (k, bands) of spectra (n, bands)."""
    count = min(CLUSTERS, len(spectra))
    centres = spectra[random.choice(len(spectra), count, replace=False)].copy()
    for _ in range(ITERATIONS):
        label = nearest_centre(spectra, centres)
        members = np.bincount(label, minlength=count)
        for band in range(spectra.shape[1]):
            total = np.bincount(label, spectra[:, band], count)
            centres[:, band] = np.where(
                members > 0, total / np.maximum(members, 1), centres[:, band]
            )
    return centres


def nearest_centre(spectra: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Number of the nearest centre of each spectrum.

    >>> nearest_centre(np.array([[0.0], [9.0]]), np.array([[1.0], [8.0]])).tolist()
    [0, 1]
    """
    return ((centres**2).sum(axis=1) - 2 * spectra @ centres.T).argmin(axis=1)


@njit(nogil=True, cache=True)
def conditional_residual(before, after, units, centres, middle, spread, wanted, out):
    """Fill `out` (rows, cols) where it is wanted: departure from what look-alikes became.

    Blocks are whitened; `units` (3, bands: low, high, scale) turns them into scene units.
    The larger of both ways, in robust deviations of the cover's change. `wanted` (rows,
    parts) as in `score`; elsewhere `out` is left alone, NaN = unseen.
    """
    bands, rows, cols = before.shape
    one, other = np.empty((bands, cols), np.float32), np.empty((bands, cols), np.float32)
    back, least = np.empty(cols, np.float32), np.empty(cols, np.float32)
    total, cover = np.empty(cols, np.float32), np.empty(cols, np.int32)
    for y in range(rows):
        part = 0
        while part < wanted.shape[1]:
            start, stop, part = next_wanted(wanted[y], part, cols)
            n = stop - start
            for k in range(bands):
                unit_row(before[k, y, start:stop], units[:, k], one[k])
                unit_row(after[k, y, start:stop], units[:, k], other[k])
            line = out[y, start:stop]
            nearest_cover(one, centres[0], n, total, least, cover)
            departures(one, other, cover, middle[0], spread[0], line)
            nearest_cover(other, centres[1], n, total, least, cover)
            departures(other, one, cover, middle[1], spread[1], back[:n])
            for x in range(n):  # NaN stays
                line[x] = back[x] if back[x] > line[x] else line[x]


@njit(nogil=True, cache=True)
def unit_row(values, unit, out):
    """`scene_unit` of a row; `unit` is low, high, scale of its band."""
    for x in range(len(values)):
        out[x] = scene_unit(values[x], unit[0], unit[1], unit[2])


@njit(nogil=True, cache=True)
def nearest_cover(spectra, centres, n, total, least, cover):
    """Fill `cover` with the number of the centre nearest to each of n spectra (bands, n).

    Pixels run innermost: so the machine compares many at once.
    """
    least[:n] = np.float32(1e30)
    cover[:n] = 0
    for c in range(len(centres)):
        total[:n] = 0
        for k in range(len(spectra)):
            line, centre = spectra[k], centres[c, k]
            for x in range(n):
                step = line[x] - centre
                total[x] += step * step
        for x in range(n):
            nearer = total[x] < least[x]
            least[x] = total[x] if nearer else least[x]
            cover[x] = np.int32(c) if nearer else cover[x]


@njit(nogil=True, cache=True)
def departures(one, other, cover, middle, spread, out):
    """Root mean square departure of other − one from the change of each pixel's cover; NaN stays."""
    bands = len(one)
    for x in range(len(out)):
        best, total = cover[x], np.float32(0)
        for k in range(bands):
            step = (other[k, x] - one[k, x] - middle[best, k]) / spread[best, k]
            total += step * step
        out[x] = np.sqrt(total / bands)


@njit(nogil=True, cache=True)
def ring_residual(before, after, inner, outer):
    """Length of each pixel's change less the mean change of the ring around it; NaN = unseen.

    The ring is a box of half side `outer` px without one of half side `inner` px.
    """
    bands, rows, cols = before.shape
    out = np.zeros((rows, cols), np.float32)
    sums, counts = np.zeros((rows + 1, cols + 1)), np.zeros((rows + 1, cols + 1))
    for k in range(bands):
        for y in range(rows):
            total, number = 0.0, 0.0
            for x in range(cols):
                step = after[k, y, x] - before[k, y, x]
                if step == step:
                    total += step
                    number += 1
                sums[y + 1, x + 1] = sums[y, x + 1] + total
                counts[y + 1, x + 1] = counts[y, x + 1] + number
        for y in range(rows):
            for x in range(cols):
                wide, many = box_sum(sums, y, x, outer), box_sum(counts, y, x, outer)
                near, few = box_sum(sums, y, x, inner), box_sum(counts, y, x, inner)
                step = after[k, y, x] - before[k, y, x]
                step -= (wide - near) / max(many - few, 1.0)
                out[y, x] += step * step
    return np.sqrt(out)


@njit(nogil=True, cache=True)
def box_sum(table, y, x, half):
    """Sum over a box, from a table of sums (rows + 1, cols + 1), cut at the edges."""
    y0, y1 = max(0, y - half), min(table.shape[0] - 1, y + half + 1)
    x0, x1 = max(0, x - half), min(table.shape[1] - 1, x + half + 1)
    return table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]
