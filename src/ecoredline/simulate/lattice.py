"""Smooth fields on a coarse lattice anchored at the scene's origin; pixels interpolate in it."""

import math

import numpy as np
from numba import njit

from ecoredline.simulate.dates import (
    GLOBAL_SHIFT_PX,
    LARGEST_SHIFT_PX,
    LOCAL_SHIFT_PX,
    Look,
)
from ecoredline.simulate.noise import fractal, gradient_noise, smoothstep
from ecoredline.simulate.terrain import LAKE_REACH, Layout, elevation, lake_distance, river_distance

LATTICE_STEP_PX = 4
# Ground fields, interpolated where a pixel looks.
ELEVATION, SHADE, STEEPNESS, RIVER, BARS, LAKE, URBAN, CROP, FOREST, TONE = range(10)
GROUND_FIELDS = 10
# Sky fields, interpolated where a pixel is.
SHIFT_X, SHIFT_Y, CLOUD, CLOUD_SHADOW, HAZE = range(5)
SKY_FIELDS = 5
DIFFUSE_SHARE = 0.28  # of the light on level ground, from the sky
CROP_HOPELESS = 1.6  # so far below 0 that no patch of noise brings it up
CLOUD_REACH = 1.15  # radii
SETTLEMENT_REACH = 2.0  # radii


@njit(cache=True, error_model="numpy")
def settlement_at(x, y, layout):
    """How far inside a settlement a place is (above 0: inside) and which settlement it is."""
    best, which = -1.0, -1
    for k in range(layout.settlements.shape[0]):
        radius = layout.settlements[k, 2]
        dx, dy = x - layout.settlements[k, 0], y - layout.settlements[k, 1]
        if abs(dx) > SETTLEMENT_REACH * radius or abs(dy) > SETTLEMENT_REACH * radius:
            continue
        inside = 1.0 - np.sqrt(dx * dx + dy * dy) / radius
        seed = layout.seed + 301 + np.int64(layout.settlements[k, 5])
        inside += 0.45 * gradient_noise(x / (0.6 * radius), y / (0.6 * radius), seed)
        if inside > best:
            best, which = inside, k
    return best, which


@njit(cache=True, error_model="numpy")
def illumination(slope_x, slope_y, look):
    """Light on a slope over the light on level ground."""
    norm = np.sqrt(slope_x * slope_x + slope_y * slope_y + 1.0)
    cosine = (look.sun_z - slope_x * look.sun_x - slope_y * look.sun_y) / norm
    direct = max(0.0, cosine) / look.sun_z
    return DIFFUSE_SHARE + (1.0 - DIFFUSE_SHARE) * min(direct, 1.55)


@njit(cache=True, error_model="numpy")
def tree_cover(x, y, height, slope_x, slope_y, steep, layout):
    """Forest where positive: higher up, on shady slopes and in gullies, in patches."""
    up = (height - 1000.0) / layout.relief
    shady = slope_y / (0.3 + steep)
    patches = fractal(x / (420.0 * layout.scale), y / (420.0 * layout.scale), layout.seed + 401, 4)
    return 1.9 * (up - 0.26) + 0.42 * shady + 0.85 * patches + 0.06


@njit(cache=True, error_model="numpy")
def crop_cover(x, y, steep, river, layout):
    """Parcels where positive: gentle slopes, near the valley."""
    near = 1.0 - max(0.0, river) / (1.1 * layout.carve)
    base = 0.07 - 1.5 * steep + 0.5 * near
    if base < -CROP_HOPELESS:
        return base
    patches = fractal(x / (520.0 * layout.scale), y / (520.0 * layout.scale), layout.seed + 451, 3)
    return base + 1.1 * patches


@njit(cache=True, error_model="numpy", nogil=True)
def ground_lattice(ix0, iy0, nx, ny, step, layout, look):
    """Ground fields float32 [ny, nx, GROUND_FIELDS] and the settlement index int16 [ny, nx]."""
    heights, rivers = np.empty((ny + 2, nx + 2)), np.empty((ny + 2, nx + 2))
    for i in range(ny + 2):
        for j in range(nx + 2):
            x, y = (ix0 + j - 1) * step, (iy0 + i - 1) * step
            rivers[i, j] = river_distance(x, y, layout)
            heights[i, j] = elevation(x, y, rivers[i, j], layout)
    out = np.empty((ny, nx, GROUND_FIELDS), np.float32)
    place = np.empty((ny, nx), np.int16)
    for i in range(ny):
        y = (iy0 + i) * step
        for j in range(nx):
            x = (ix0 + j) * step
            height = heights[i + 1, j + 1]
            slope_x = (heights[i + 1, j + 2] - heights[i + 1, j]) / (2.0 * step)
            slope_y = (heights[i + 2, j + 1] - heights[i, j + 1]) / (2.0 * step)
            steep = np.sqrt(slope_x * slope_x + slope_y * slope_y)
            river = rivers[i + 1, j + 1]
            urban, which = settlement_at(x, y, layout)
            out[i, j, ELEVATION] = height
            out[i, j, SHADE] = illumination(slope_x, slope_y, look)
            out[i, j, STEEPNESS] = steep
            out[i, j, RIVER] = river
            width = layout.river_half_width
            out[i, j, BARS] = 0.0
            if river < 3.0 * width:
                bars = fractal(x / (2.6 * width), y / (1.9 * width), layout.seed + 471, 2)
                out[i, j, BARS] = bars
            out[i, j, LAKE] = lake_distance(x, y, layout)
            out[i, j, URBAN] = urban - 0.5 * smoothstep(0.55, 0.9, steep)
            out[i, j, CROP] = crop_cover(x, y, steep, river, layout)
            out[i, j, FOREST] = tree_cover(x, y, height, slope_x, slope_y, steep, layout)
            out[i, j, TONE] = fractal(x / 170.0, y / 170.0, layout.seed + 491, 3)
            place[i, j] = which
    return out, place


@njit(cache=True, error_model="numpy")
def cloud_at(x, y, look, seed):
    """Opacity of the clouds over a place, 0..1."""
    densest = 0.0
    for k in range(look.clouds.shape[0]):
        radius = look.clouds[k, 2]
        dx, dy = x - look.clouds[k, 0], y - look.clouds[k, 1]
        r = np.sqrt(dx * dx + dy * dy) / (CLOUD_REACH * radius)
        if r < 1.0:
            size = 0.55 * radius
            number = np.int64(look.clouds[k, 4])
            puff = fractal(x / size, y / size, seed + 601 + 131 * look.index + 7 * number, 5)
            densest = max(densest, smoothstep(0.0, 0.5, 1.5 * (1.0 - r) + 0.9 * puff - 0.38))
    return densest


@njit(cache=True, error_model="numpy")
def cloud_shadow_at(x, y, look, seed):
    """Opacity of the cloud between a place on the ground and the sun, 0..1."""
    if look.clouds.shape[0] == 0:
        return 0.0
    reach = look.clouds[0, 3] / look.sun_z
    return cloud_at(x + reach * look.sun_x, y + reach * look.sun_y, look, seed)


@njit(cache=True, error_model="numpy")
def shift_at(x, y, pixel, layout, look):
    """Displacement of the image at a place in metres, at most LARGEST_SHIFT_PX pixels."""
    size = 1500.0 * layout.scale
    local = LOCAL_SHIFT_PX * look.shift
    dx = GLOBAL_SHIFT_PX[0] * look.shift + local * gradient_noise(
        x / size, y / size, layout.seed + 701
    )
    dy = GLOBAL_SHIFT_PX[1] * look.shift + local * gradient_noise(
        x / size, y / size, layout.seed + 702
    )
    length = np.sqrt(dx * dx + dy * dy)
    if length > LARGEST_SHIFT_PX:
        dx, dy = dx * LARGEST_SHIFT_PX / length, dy * LARGEST_SHIFT_PX / length
    return dx * pixel, dy * pixel


@njit(cache=True, error_model="numpy", nogil=True)
def sky_lattice(ix0, iy0, nx, ny, step, pixel, width, height, layout, look):
    """Sky fields float32 [ny, nx, SKY_FIELDS]; `width`, `height` of the scene in metres."""
    out = np.zeros((ny, nx, SKY_FIELDS), np.float32)
    for i in range(ny):
        y = (iy0 + i) * step
        for j in range(nx):
            x = (ix0 + j) * step
            if look.shift > 0.0:
                out[i, j, SHIFT_X], out[i, j, SHIFT_Y] = shift_at(x, y, pixel, layout, look)
            out[i, j, CLOUD] = cloud_at(x, y, look, layout.seed)
            out[i, j, CLOUD_SHADOW] = cloud_shadow_at(x, y, look, layout.seed)
            if look.haze > 0.0:
                corner = 0.5 + 0.5 * (x / width - y / height)
                wisps = 1.0 + 0.35 * gradient_noise(x / 1300.0, y / 1300.0, layout.seed + 731)
                out[i, j, HAZE] = look.haze * max(0.0, corner) * wisps
    return out


def near_only(
    layout: Layout, look: Look, box: tuple[float, float, float, float]
) -> tuple[Layout, Look]:
    """Keep only what can matter in `box` (west, north, east, south, local metres).

    Only rows that add nothing there are left out, so the pixels stay the same.
    """

    def kept(rows: np.ndarray, reach: np.ndarray) -> np.ndarray:
        return rows[
            (rows[:, 0] + reach >= box[0])
            & (rows[:, 0] - reach <= box[2])
            & (rows[:, 1] + reach >= box[1])
            & (rows[:, 1] - reach <= box[3])
        ]

    throw = math.hypot(look.sun_x, look.sun_y) / look.sun_z
    settlements, lakes, clouds = layout.settlements, layout.lakes, look.clouds
    return (
        layout._replace(
            settlements=kept(settlements, SETTLEMENT_REACH * settlements[:, 2]),
            lakes=kept(lakes, LAKE_REACH * lakes[:, 2]),
        ),
        look._replace(clouds=kept(clouds, CLOUD_REACH * clouds[:, 2] + throw * clouds[:, 3])),
    )
