"""Noise that depends on coordinates and a seed alone, so any block of a scene can be made by itself."""

import numpy as np
from numba import njit

# Odd multipliers of splitmix64 and xxHash64 (public domain): they scatter neighbouring integers.
X_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
Y_MULTIPLIER = np.uint64(0xC2B2AE3D27D4EB4F)
SEED_MULTIPLIER = np.uint64(0x165667B19E3779F9)
MIX_MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
SHIFT_29 = np.uint64(29)
SHIFT_32 = np.uint64(32)
SHIFT_11 = np.uint64(11)
LOW_32 = np.uint64(0xFFFFFFFF)
UNIT_53 = 2.0**-53
UNIT_31 = 2.0**-31
GRADIENT_GAIN = 1.5  # brings the usual range of gradient noise to about -1..1


@njit(cache=True, error_model="numpy")
def scramble(ix, iy, seed):
    """64 random bits of an integer place and a seed."""
    bits = np.uint64(ix) * X_MULTIPLIER ^ np.uint64(iy) * Y_MULTIPLIER
    bits ^= np.uint64(seed) * SEED_MULTIPLIER
    bits ^= bits >> SHIFT_29
    bits *= MIX_MULTIPLIER
    bits ^= bits >> SHIFT_32
    bits *= X_MULTIPLIER
    return bits ^ (bits >> SHIFT_29)


@njit(cache=True, error_model="numpy")
def unit(ix, iy, seed):
    """A number in [0, 1) of an integer place and a seed.

    >>> unit(3, 4, 7) == unit(3, 4, 7), unit(3, 4, 7) == unit(3, 4, 8)
    (True, False)
    """
    return (scramble(ix, iy, seed) >> SHIFT_11) * UNIT_53


@njit(cache=True, error_model="numpy")
def value_noise(x, y, seed):
    """Smooth noise in [-1, 1] with one feature per unit of x and y; cheap, for fine texture."""
    fx, fy = np.floor(x), np.floor(y)
    ix, iy = np.int64(fx), np.int64(fy)
    tx, ty = x - fx, y - fy
    tx = tx * tx * (3.0 - 2.0 * tx)
    ty = ty * ty * (3.0 - 2.0 * ty)
    top = unit(ix, iy, seed) * (1.0 - tx) + unit(ix + 1, iy, seed) * tx
    bottom = unit(ix, iy + 1, seed) * (1.0 - tx) + unit(ix + 1, iy + 1, seed) * tx
    return 2.0 * (top * (1.0 - ty) + bottom * ty) - 1.0


@njit(cache=True, error_model="numpy")
def slope_towards(ix, iy, dx, dy, seed):
    """The contribution of one corner of a cell to gradient noise."""
    bits = scramble(ix, iy, seed)
    gx = (bits & LOW_32) * UNIT_31 - 1.0
    gy = (bits >> SHIFT_32) * UNIT_31 - 1.0
    return gx * dx + gy * dy


@njit(cache=True, error_model="numpy")
def gradient_noise(x, y, seed):
    """Smooth noise of about -1..1 with a continuous second derivative; for terrain.

    >>> gradient_noise(2.0, 5.0, 1)
    0.0
    """
    fx, fy = np.floor(x), np.floor(y)
    ix, iy = np.int64(fx), np.int64(fy)
    dx, dy = x - fx, y - fy
    tx = dx * dx * dx * (dx * (dx * 6.0 - 15.0) + 10.0)
    ty = dy * dy * dy * (dy * (dy * 6.0 - 15.0) + 10.0)
    a = slope_towards(ix, iy, dx, dy, seed)
    b = slope_towards(ix + 1, iy, dx - 1.0, dy, seed)
    c = slope_towards(ix, iy + 1, dx, dy - 1.0, seed)
    d = slope_towards(ix + 1, iy + 1, dx - 1.0, dy - 1.0, seed)
    top = a + (b - a) * tx
    bottom = c + (d - c) * tx
    return GRADIENT_GAIN * (top + (bottom - top) * ty)


@njit(cache=True, error_model="numpy")
def fractal(x, y, seed, octaves):
    """Sum of gradient noise at halving scales, about -1..1."""
    total, amplitude = 0.0, 0.5
    for octave in range(octaves):
        total += amplitude * gradient_noise(x, y, seed + octave)
        x, y, amplitude = x * 2.03 + 17.3, y * 2.03 - 9.1, amplitude * 0.5
    return total * 1.3


@njit(cache=True, error_model="numpy")
def ridged(x, y, seed, octaves):
    """Ridged multifractal (after F. K. Musgrave): sharp crests, smooth basins, about 0..1."""
    total, amplitude, weight = 0.0, 0.5, 1.0
    for octave in range(octaves):
        crest = 1.0 - min(1.0, abs(gradient_noise(x, y, seed + octave)) * 1.25)
        crest = crest * crest * weight
        weight = min(1.0, crest * 1.7)
        total += amplitude * crest
        x, y, amplitude = x * 2.07 - 31.7, y * 2.07 + 12.9, amplitude * 0.52
    return total


@njit(cache=True, error_model="numpy")
def smoothstep(low, high, value):
    """0 below `low`, 1 above `high`, smooth between.

    >>> smoothstep(0.0, 2.0, 1.0)
    0.5
    """
    t = min(1.0, max(0.0, (value - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)
