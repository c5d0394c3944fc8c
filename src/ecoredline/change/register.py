"""Shift between the dates: tile-wise phase correlation, then one smooth field for the scene."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from scipy import fft

from ecoredline.change.warp import ShiftField, no_shift

SEARCH_PX = 14  # shifts farther than this are not looked for
HIGHEST_FREQUENCY = 0.4  # cycles per pixel; beyond it is noise
RELIABLE_PEAK = 7.0  # correlation peak over the spread around it; noise alone gives about 4
SEEN_SHARE = 0.7  # of a tile, on both dates
OUTLIER_PX = 1.0  # a tile this far from what its neighbours say is not believed
SMOOTHING = 0.01  # of the thin-plate field, in squared pixels of measuring error
NODES = 25  # of the field, along the longer side
MINIMUM_TILES = 4  # for a field; fewer give one shift for the whole
STRUCTURE_CAP = 4.0  # gradients above this many means count as this: one bright edge must not rule


@dataclass(frozen=True)
class TileShift:
    """One measured tile: its centre (row, col), its shift (dy, dx) and how sure it is."""

    row: float
    col: float
    shift: tuple[float, float]
    peak: float

    @property
    def reliable(self) -> bool:
        """Does the peak stand clear of the noise?"""
        return self.peak >= RELIABLE_PEAK


def tile_shift(before: np.ndarray, after: np.ndarray) -> tuple[tuple[float, float], float]:
    """Shift (dy, dx) px between two square tiles (bands, n, n), and its peak over noise.

    after at (row + dy, col + dx) shows before's (row, col). NaN is left out; too little
    seen gives peak 0.

    >>> a = np.random.default_rng(1).random((3, 64, 64)).cumsum(1).astype("float32")
    >>> shift, peak = tile_shift(a[:, 2:60, 2:60], a[:, :58, 3:61])
    >>> [round(part, 1) for part in shift], peak > 7
    ([2.0, -1.0], True)
    """
    side = fft.prev_fast_len(before.shape[1] - 2, real=True)
    one, other = structure(before)[:side, :side], structure(after)[:side, :side]
    seen = np.isfinite(one) & np.isfinite(other)
    if seen.mean() < SEEN_SHARE or not (spread(one[seen]) and spread(other[seen])):
        return (0.0, 0.0), 0.0
    taper, low_pass = windows_of(side)
    taper = taper * seen
    cross = np.conj(spectrum(one, seen, taper)) * spectrum(other, seen, taper)
    size = np.abs(cross)
    cross *= low_pass / np.maximum(size, 1e-6 * size.max())
    place, peak = whole_peak(fft.irfft2(cross, (side, side)))
    for finer in (10, 100):
        place = finer_peak(cross, side, place, finer)
    return (round(place[0], 2), round(place[1], 2)), peak


def spectrum(values: np.ndarray, seen: np.ndarray, taper: np.ndarray) -> np.ndarray:
    """Half spectrum complex64 of the tapered values about their mean."""
    return fft.rfft2((np.where(seen, values, 0) - values[seen].mean()) * taper)


@lru_cache
def windows_of(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Taper (side, side) and low pass over the half spectrum, float32."""
    taper = np.hanning(side).astype(np.float32)
    radius = np.hypot(fft.fftfreq(side)[:, None], fft.rfftfreq(side)[None])
    low_pass = np.cos(np.minimum(radius / HIGHEST_FREQUENCY, 1) * np.pi / 2) ** 2
    low_pass[0, 0] = 0
    return taper[:, None] * taper[None], low_pass.astype(np.float32)


def spread(values: np.ndarray) -> bool:
    """Is there anything but one value?"""
    return bool(values.size) and float(np.ptp(values)) > 0


@njit(nogil=True, cache=True)
def structure(tile):
    """Sum over bands of the gradient's length in units of its mean (n − 2, n − 2); NaN spreads."""
    bands, rows, cols = tile.shape
    total = np.zeros((rows - 2, cols - 2), np.float32)
    length = np.empty((rows - 2, cols - 2), np.float32)
    for k in range(bands):
        mass, count = 0.0, 0
        for y in range(rows - 2):
            for x in range(cols - 2):
                down = tile[k, y + 2, x + 1] - tile[k, y, x + 1]
                across = tile[k, y + 1, x + 2] - tile[k, y + 1, x]
                value = np.sqrt(down * down + across * across)
                length[y, x] = value
                if value == value:
                    mass += value
                    count += 1
        mean = np.float32(max(mass / max(count, 1), 1e-9))
        for y in range(rows - 2):
            for x in range(cols - 2):
                value = length[y, x] / mean
                total[y, x] += STRUCTURE_CAP if value > STRUCTURE_CAP else value
    return total


def whole_peak(surface: np.ndarray) -> tuple[tuple[float, float], float]:
    """The highest place within `SEARCH_PX`, and how far it stands over the rest."""
    reach = min(SEARCH_PX, surface.shape[0] // 4)
    index = np.arange(-reach, reach + 1)
    near = surface[np.ix_(index, index)]
    y, x = np.unravel_index(near.argmax(), near.shape)
    rest = near.copy()
    rest[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4] = np.nan
    noise = float(np.nanstd(rest))
    peak = (float(near[y, x]) - float(np.nanmean(rest))) / noise if noise > 0 else 0.0
    return (float(index[y]), float(index[x])), peak


def finer_peak(cross: np.ndarray, side: int, place, finer: int) -> tuple[float, float]:
    """The peak near `place` on a lattice of 1/`finer` px, by the Fourier sum itself.

    After Guizar-Sicairos et al. 2008, Optics Letters 33:156. `cross` is a half spectrum;
    the columns past the first stand for two, so only the real part is kept.
    """
    steps = np.arange(-10, 11) / finer
    rows, cols = place[0] + steps, place[1] + steps
    down = np.exp(2j * np.pi * rows[:, None] * fft.fftfreq(side)[None]).astype(np.complex64)
    right = np.exp(2j * np.pi * fft.rfftfreq(side)[:, None] * cols[None]).astype(np.complex64)
    right[1:] *= 2
    near = product(down, product(cross, right)).real
    y, x = np.unravel_index(near.argmax(), near.shape)
    return float(rows[y]), float(cols[x])


@njit(nogil=True, cache=True)
def product(one, other):
    """Product of two small complex matrices; a threaded BLAS costs more than it gives here."""
    rows, inner = one.shape
    cols = other.shape[1]
    out = np.zeros((rows, cols), np.complex64)
    for i in range(rows):
        for k in range(inner):
            factor = one[i, k]
            for j in range(cols):
                out[i, j] += factor * other[k, j]
    return out


def fit_field(tiles: list[TileShift], rows: int, cols: int) -> tuple[ShiftField, np.ndarray]:
    """One smooth field from the reliable tiles, and which tiles (bool) it rests on.

    Affine plus a thin-plate residual; tiles that contradict their neighbours are left out.
    With fewer than `MINIMUM_TILES` one shift for all; with none nothing moves.
    """
    from scipy.interpolate import RBFInterpolator  # takes long to import

    places = np.array([(t.row, t.col) for t in tiles], float).reshape(-1, 2)
    shifts = np.array([t.shift for t in tiles], float).reshape(-1, 2)
    kept = np.array([t.reliable for t in tiles], bool)
    kept &= believed(places, shifts, kept)
    if not kept.any():
        return no_shift(rows, cols), kept
    if kept.sum() < MINIMUM_TILES or flat(places[kept]):
        nodes = np.broadcast_to(np.median(shifts[kept], axis=0), (2, 2, 2))
        return ShiftField(np.round(nodes, 3), rows, cols), kept
    down = max(2, round(NODES * rows / max(rows, cols)))
    across = max(2, round(NODES * cols / max(rows, cols)))
    unit = max(rows, cols)
    lattice = np.stack(
        np.meshgrid(
            np.linspace(0, rows - 1, down), np.linspace(0, cols - 1, across), indexing="ij"
        ),
        axis=-1,
    ).reshape(-1, 2)
    model = RBFInterpolator(
        places[kept] / unit, shifts[kept], kernel="thin_plate_spline", degree=1,
        smoothing=SMOOTHING / kept.sum(),
    )  # fmt: skip
    inside = np.clip(lattice, places[kept].min(axis=0), places[kept].max(axis=0))
    nodes = model(inside / unit).reshape(down, across, 2)
    return ShiftField(np.round(nodes, 3), rows, cols), kept


def flat(places: np.ndarray) -> bool:
    """Do the places lie on one line, so that no plane can be laid through them?"""
    return bool(np.linalg.matrix_rank(places - places.mean(axis=0), tol=1.0) < 2)


def believed(places: np.ndarray, shifts: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Which tiles agree with the median of their nearest kept neighbours."""
    agrees = np.ones(len(places), bool)
    if kept.sum() < 3:
        return agrees
    others = np.flatnonzero(kept)
    for i in others:
        near = others[others != i]
        order = np.argsort(np.hypot(*(places[near] - places[i]).T), kind="stable")[:6]
        median = np.median(shifts[near[order]], axis=0)
        spread_px = np.median(np.hypot(*(shifts[near[order]] - median).T))
        agrees[i] = np.hypot(*(shifts[i] - median)) <= OUTLIER_PX + 3 * spread_px
    return agrees


def rms(shifts: np.ndarray) -> float:
    """Root of the mean squared length of shifts (n, 2); 0 for none."""
    return float(np.sqrt(np.mean(np.sum(shifts**2, axis=1)))) if len(shifts) else 0.0
