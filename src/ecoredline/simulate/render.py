"""A window of one date's image, made from coordinates alone: any cut gives the same pixels."""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from ecoredline.simulate.dates import Look
from ecoredline.simulate.ground import fill_ground, looked_at, season_of
from ecoredline.simulate.lattice import (
    CLOUD,
    CLOUD_SHADOW,
    HAZE,
    LATTICE_STEP_PX,
    SKY_FIELDS,
    ground_lattice,
    near_only,
    sky_lattice,
)
from ecoredline.simulate.materials import material_table
from ecoredline.simulate.noise import scramble
from ecoredline.simulate.paint import MARGIN_PX, Shapes, near_shapes, paint
from ecoredline.simulate.terrain import Layout

BANDS = ("blue", "green", "red", "nir")
DN_PER_REFLECTANCE = 10000.0
SMALLEST_DN, LARGEST_DN = 1, 65535  # 0 is nodata
BLUR = 0.13  # share of a pixel's light that comes from each neighbour along an axis
HAZE_LIGHT = (0.34, 0.30, 0.27, 0.22)  # reflectance of a thick veil, by band
HAZE_WEIGHT = (1.0, 0.75, 0.55, 0.3)
CLOUD_LIGHT = (0.72, 0.72, 0.73, 0.76)
SHADOW_LEFT = (0.42, 0.36, 0.32, 0.30)  # share of the light left under a thick cloud
UNIT_16 = 2.0**-16
LOW_16 = np.uint64(0xFFFF)
BITS_16 = np.uint64(16)
TRIANGLE_SIGMA = math.sqrt(6.0)  # the sum of two uniform numbers has variance 1/6


@dataclass(frozen=True)
class Painting:
    """All that is needed to make any window of one date's image."""

    rows: int
    cols: int
    pixel: float
    layout: Layout
    look: Look
    shapes: Shapes
    lattice_px: int = LATTICE_STEP_PX


@dataclass(frozen=True)
class Light:
    """Reflectance [4, rows, cols], kind [rows, cols] and sky fields of a window with its margin."""

    surface: np.ndarray
    shade: np.ndarray
    kinds: np.ndarray
    sky: np.ndarray
    first: tuple[int, int]  # row, col of the lattice's first node
    step: float


@njit(cache=True, error_model="numpy", nogil=True)
def through_air(surface, shade, sky, row0, col0, iy0, ix0, step, pixel):
    """Light and shade, cloud shadows, haze and clouds: from surface to what the sensor sees, in place."""
    at = np.empty(SKY_FIELDS)
    for i in range(surface.shape[1]):
        gy = (row0 + i + 0.5) * pixel / step
        ly = np.int64(np.floor(gy))
        ty = gy - ly
        for j in range(surface.shape[2]):
            gx = (col0 + j + 0.5) * pixel / step
            lx = np.int64(np.floor(gx))
            tx = gx - lx
            a, b = ly - iy0, lx - ix0
            for f in range(CLOUD, SKY_FIELDS):
                upper = sky[a, b, f] * (1.0 - tx) + sky[a, b + 1, f] * tx
                lower = sky[a + 1, b, f] * (1.0 - tx) + sky[a + 1, b + 1, f] * tx
                at[f] = upper * (1.0 - ty) + lower * ty
            for band in range(4):
                light = surface[band, i, j] * shade[i, j]
                light *= 1.0 - at[CLOUD_SHADOW] * (1.0 - SHADOW_LEFT[band])
                veil = at[HAZE] * HAZE_WEIGHT[band]
                light += (HAZE_LIGHT[band] - light) * veil
                light += (CLOUD_LIGHT[band] * (0.75 + 0.25 * at[CLOUD]) - light) * at[CLOUD]
                surface[band, i, j] = light


@njit(cache=True, error_model="numpy", nogil=True)
def sense(out, light, row0, col0, all_rows, all_cols, seed, look):
    """Blur, gain, offset, noise and the nodata wedge: from light [4, r + 2, c + 2] to DN [4, r, c]."""
    keep = 1.0 - 2.0 * BLUR
    for i in range(out.shape[1]):
        row = row0 + i
        lost = look.wedge * all_cols * (1.0 - row / (0.8 * all_rows))
        for j in range(out.shape[2]):
            col = col0 + j
            edge = col if look.index == 0 else all_cols - 1 - col
            if edge < lost:
                for band in range(4):
                    out[band, i, j] = 0
                continue
            bits = scramble(col, row, seed + 1201 + 17 * look.index)
            more = scramble(col, row, seed + 1301 + 17 * look.index)
            for band in range(4):
                total = 0.0
                for k in range(3):
                    w = BLUR if k != 1 else keep
                    line = light[band, i + k]
                    total += w * (BLUR * (line[j] + line[j + 2]) + keep * line[j + 1])
                shot = ((bits & LOW_16) + (more & LOW_16)) * UNIT_16 - 1.0
                bits >>= BITS_16
                more >>= BITS_16
                total = total * look.gain[band] + look.offset[band]
                total += look.noise * TRIANGLE_SIGMA * shot * (0.6 + 2.0 * total)
                dn = np.floor(total * DN_PER_REFLECTANCE + 0.5)
                out[band, i, j] = np.uint16(min(LARGEST_DN, max(SMALLEST_DN, dn)))


def surface_of(painting: Painting, row: int, col: int, rows: int, cols: int) -> Light:
    """The land as painted, before light and air, of a window that may reach beyond the image."""
    pixel = painting.pixel
    every = painting.lattice_px
    step = every * pixel
    reach = math.ceil(MARGIN_PX)
    iy0 = math.floor((row - reach) / every)
    ix0 = math.floor((col - reach) / every)
    ny = math.ceil((row + rows + reach) / every) - iy0 + 2
    nx = math.ceil((col + cols + reach) / every) - ix0 + 2
    box = (ix0 * step, iy0 * step, (ix0 + nx) * step, (iy0 + ny) * step)
    layout, look = near_only(painting.layout, painting.look, box)
    size = painting.cols * pixel, painting.rows * pixel
    sky = sky_lattice(ix0, iy0, nx, ny, step, pixel, *size, layout, look)
    fields, place = ground_lattice(ix0, iy0, nx, ny, step, layout, look)
    xs, ys = np.empty((rows, cols)), np.empty((rows, cols))
    looked_at(row, col, xs, ys, sky, iy0, ix0, step, pixel)
    surface = np.empty((4, rows, cols), np.float32)
    shade = np.empty((rows, cols), np.float32)
    kinds = np.empty((rows, cols), np.uint8)
    season = season_of(layout, look)
    towns = layout.settlements
    fill_ground(surface, shade, kinds, xs, ys, fields, place, towns, iy0, ix0, step, season)
    shapes = near_shapes(painting.shapes, box, MARGIN_PX * pixel)
    if shapes.material.size:
        seed = layout.seed
        paint(surface, shade, xs, ys, row, col, pixel, shapes, material_table(), seed)
    return Light(surface, shade, kinds, sky, (iy0, ix0), step)


def render(painting: Painting, row: int, col: int, rows: int, cols: int) -> np.ndarray:
    """The image's window that starts at (row, col): uint16 [4, rows, cols], 0 where nodata."""
    land = surface_of(painting, row - 1, col - 1, rows + 2, cols + 2)
    through_air(
        land.surface, land.shade, land.sky, row - 1, col - 1, *land.first, land.step, painting.pixel
    )
    out = np.empty((4, rows, cols), np.uint16)
    sense(
        out,
        land.surface,
        row,
        col,
        painting.rows,
        painting.cols,
        painting.layout.seed,
        painting.look,
    )
    return out
