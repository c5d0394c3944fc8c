"""What a pixel of untouched land looks like: its kind and its reflectance in four bands."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ecoredline.simulate.dates import Look
from ecoredline.simulate.lattice import (
    BARS,
    CROP,
    ELEVATION,
    FOREST,
    GROUND_FIELDS,
    LAKE,
    RIVER,
    SHADE,
    SHIFT_X,
    SHIFT_Y,
    STEEPNESS,
    TONE,
    URBAN,
)
from ecoredline.simulate.noise import smoothstep, unit, value_noise
from ecoredline.simulate.terrain import Layout

KINDS = (
    "river", "lake", "sand", "drawdown", "urban", "crop_green",
    "crop_bare", "forest", "shrub", "grass", "rock", "snow",
)  # fmt: skip
(
    RIVER_WATER, LAKE_WATER, SAND, DRAWDOWN, BUILT, CROP_GREEN,
    CROP_BARE, WOOD, SHRUB, GRASS, ROCK, SNOW,
) = range(12)  # fmt: skip

BUILDING_HEIGHT_M = 9.0
STREET_EVERY = 4  # building cells
TERRACE_HEIGHT_M = 6.0
PARCEL_LENGTH_M = 70.0
SNOW_FADE_M = 25.0
SNOW_RAGGED_M = 60.0
NEAR_WATER_M = 120.0


class Season(NamedTuple):
    """The numbers of a layout and a date's look that single pixels need (no arrays: much faster)."""

    seed: int
    scale: float
    half_width: float
    sun_x: float
    sun_y: float
    sun_z: float
    greenness: float
    dryness: float
    river_drop: float
    lake_drop: float
    snow_line: float
    rotation: float


def season_of(layout: Layout, look: Look) -> Season:
    """Gather what single pixels need of a layout and a season."""
    shared = {name: getattr(look, name) for name in Season._fields if name in Look._fields}
    return Season(
        seed=layout.seed, scale=layout.scale, half_width=layout.river_half_width, **shared
    )


@njit(cache=True, error_model="numpy")
def mix(a, b, t):
    """Two colours blended: `a` at 0, `b` at 1."""
    s = 1.0 - t
    return (
        a[0] * s + b[0] * t,
        a[1] * s + b[1] * t,
        a[2] * s + b[2] * t,
        a[3] * s + b[3] * t,
    )


@njit(cache=True, error_model="numpy")
def dim(a, factor):
    """A colour times a factor."""
    return a[0] * factor, a[1] * factor, a[2] * factor, a[3] * factor


@njit(cache=True, error_model="numpy")
def river_colour(depth, x, y, seed):
    """Green-brown river water, paler near the bank."""
    deep = smoothstep(0.0, 30.0, depth)
    waves = 1.0 + 0.04 * value_noise(x / 9.0, y / 9.0, seed + 801)
    return dim(mix((0.074, 0.105, 0.100, 0.060), (0.058, 0.082, 0.070, 0.032), deep), waves)


@njit(cache=True, error_model="numpy")
def lake_colour(depth, x, y, seed):
    """Clear reservoir water."""
    deep = smoothstep(0.0, 25.0, depth)
    waves = 1.0 + 0.03 * value_noise(x / 11.0, y / 11.0, seed + 802)
    return dim(mix((0.062, 0.085, 0.068, 0.045), (0.045, 0.060, 0.040, 0.018), deep), waves)


@njit(cache=True, error_model="numpy")
def sand_colour(x, y, seed):
    """Sand and pebbles."""
    grain = 1.0 + 0.16 * value_noise(x / 5.0, y / 5.0, seed + 803)
    grain += 0.14 * value_noise(x / 31.0, y / 31.0, seed + 804)
    return dim((0.150, 0.185, 0.212, 0.262), grain)


@njit(cache=True, error_model="numpy")
def roof_in_cell(px, py, cell, seed):
    """Which roof covers a place in a settlement's own axes: 0 none, else 1 + its number."""
    i, j = np.int64(np.floor(px / cell)), np.int64(np.floor(py / cell))
    if i % STREET_EVERY == 0 or j % (2 * STREET_EVERY) == 0:
        return 0, 0.0
    if unit(i, j, seed) < 0.22:
        return 0, 0.0
    u, v = px / cell - i, py / cell - j
    low_u, high_u = 0.04 + 0.2 * unit(i, j, seed + 1), 0.96 - 0.25 * unit(i, j, seed + 2)
    low_v, high_v = 0.06 + 0.2 * unit(i, j, seed + 3), 0.94 - 0.3 * unit(i, j, seed + 4)
    if low_u < u < high_u and low_v < v < high_v:
        return 1, unit(i, j, seed + 5)
    return 0, 0.0


@njit(cache=True, error_model="numpy")
def roof_colour(pick):
    """Grey concrete, white, blue steel, red-brown tile, dark felt."""
    if pick < 0.44:
        return dim((0.165, 0.178, 0.190, 0.215), 0.8 + pick)
    if pick < 0.60:
        return 0.36, 0.37, 0.38, 0.40
    if pick < 0.74:
        return 0.255, 0.205, 0.135, 0.200
    if pick < 0.90:
        return 0.095, 0.110, 0.165, 0.225
    return 0.085, 0.088, 0.092, 0.105


@njit(cache=True, error_model="numpy")
def built_colour(x, y, row, season):
    """A settlement: roofs with their shadows, streets, yards, trees."""
    angle, cell = row[3], row[4]
    c, s = np.cos(angle), np.sin(angle)
    px, py = (x - row[0]) * c + (y - row[1]) * s, (y - row[1]) * c - (x - row[0]) * s
    seed = season.seed + 820 + np.int64(row[5])
    hit, pick = roof_in_cell(px, py, cell, seed)
    grain = 1.0 + 0.08 * value_noise(x / 4.0, y / 4.0, seed + 6)
    if hit > 0:
        return dim(roof_colour(pick), grain)
    i, j = np.int64(np.floor(px / cell)), np.int64(np.floor(py / cell))
    off_i, off_j = abs(px / cell - i - 0.5), abs(py / cell - j - 0.5)
    if (i % STREET_EVERY == 0 and off_i < 0.24) or (j % (2 * STREET_EVERY) == 0 and off_j < 0.3):
        colour = (0.098, 0.106, 0.112, 0.130)
    elif unit(i, j, seed) < 0.14:
        colour = dim((0.036, 0.056, 0.040, 0.260), 1.0 + 2.0 * (grain - 1.0))
    else:
        colour = mix(
            (0.140, 0.155, 0.168, 0.200),
            (0.075, 0.098, 0.088, 0.230),
            smoothstep(-0.3, 0.5, value_noise(x / 15.0, y / 15.0, seed + 7)),
        )
    reach = BUILDING_HEIGHT_M / season.sun_z
    sx, sy = reach * season.sun_x, reach * season.sun_y
    shaded, _ = roof_in_cell(px + sx * c + sy * s, py + sy * c - sx * s, cell, seed)
    return dim(colour, 0.5 * grain if shaded > 0 else grain)


@njit(cache=True, error_model="numpy")
def parcel_of(x, y, height, steep, seed):
    """The parcel a place is in: its number's two parts and how near its rim is (0 rim, 1 middle)."""
    seed += 840
    wobble = 1.4 * value_noise(x / 38.0, y / 38.0, seed)
    level = (height + wobble) / TERRACE_HEIGHT_M
    band = np.int64(np.floor(level))
    turn = 0.9 * unit(band, 0, seed + 1) + 0.35
    along = (x * np.cos(turn) + y * np.sin(turn)) / PARCEL_LENGTH_M + 7.0 * unit(band, 1, seed)
    part = np.int64(np.floor(along))
    cross = (y * np.cos(turn) - x * np.sin(turn)) / (0.8 * PARCEL_LENGTH_M)
    strip = np.int64(np.floor(cross)) if steep < 0.14 else 0
    rim_band = min(level - band, 1.0 - (level - band)) * TERRACE_HEIGHT_M / (0.04 + steep)
    rim_part = min(along - part, 1.0 - (along - part)) * PARCEL_LENGTH_M
    return band * 64 + strip, part, min(rim_band, rim_part)


@njit(cache=True, error_model="numpy")
def crop_colour(x, y, height, steep, season):
    """A parcel, green or bare as its own rotation has it; gives the kind with the colour."""
    seed = season.seed + 850
    band, part, rim = parcel_of(x, y, height, steep, season.seed)
    green = unit(band, part, seed) < 0.55
    if season.rotation > 0.0 and unit(band, part, seed + 1) < season.rotation:
        green = not green
    tint = unit(band, part, seed + 2)
    grain = 1.0 + 0.07 * value_noise(x / 5.0, y / 5.0, seed + 3) + 0.2 * (tint - 0.5)
    if unit(band, part, seed + 4) < 0.025:
        colour = (0.240, 0.255, 0.262, 0.330)  # under plastic, on both dates
        green = False
    elif green:
        colour = mix((0.040, 0.078, 0.042, 0.380), (0.052, 0.090, 0.068, 0.300), tint)
    else:
        colour = mix((0.078, 0.112, 0.150, 0.222), (0.100, 0.132, 0.160, 0.226), tint)
    if rim < 2.2:
        colour = mix(colour, (0.060, 0.082, 0.076, 0.190), 0.65)
    return (CROP_GREEN if green else CROP_BARE), dim(colour, grain)


@njit(cache=True, error_model="numpy")
def wild_colour(x, y, field, season):
    """Forest, shrub, dry grass or rock; gives the kind with the colour."""
    seed = season.seed + 870
    # Turned axes, so that the noise's own lattice does not show.
    crowns = value_noise((0.83 * x + 0.56 * y) / 5.2, (0.83 * y - 0.56 * x) / 5.2, seed)
    clumps = value_noise((0.42 * x - 0.91 * y) / 16.0, (0.42 * y + 0.91 * x) / 16.0, seed + 1)
    tone = field[TONE]
    cover = field[FOREST] + 0.22 * clumps + 0.12 * crowns
    if field[STEEPNESS] + 0.12 * clumps + 0.1 * tone > 1.02 and cover < 0.5:
        return ROCK, dim((0.108, 0.128, 0.146, 0.186), 1.0 + 0.18 * crowns + 0.1 * tone)
    green = season.greenness * (1.0 + 0.10 * tone)
    if cover > 0.12:
        pine = smoothstep(-0.35, 0.35, tone)
        leaf = mix((0.030, 0.050, 0.032, 0.285), (0.023, 0.037, 0.025, 0.215), pine)
        leaf = (leaf[0], leaf[1], leaf[2] * (1.45 - 0.45 * green), leaf[3] * (0.35 + 0.65 * green))
        return WOOD, dim(leaf, 1.0 + 0.34 * crowns + 0.18 * clumps)
    fresh, straw = (0.048, 0.080, 0.066, 0.262), (0.068, 0.098, 0.116, 0.226)
    dry = min(1.0, max(0.0, season.dryness + 0.30 * tone))
    grass = dim(mix(fresh, straw, dry), 1.0 + 0.10 * crowns + 0.12 * clumps)
    if tone + 0.35 * clumps < -0.42:
        grass = mix(grass, (0.086, 0.116, 0.150, 0.206), 0.7)  # bare red earth between
    if cover > -0.16:
        bush = dim((0.036, 0.057, 0.044, 0.232), 1.0 + 0.24 * crowns)
        return SHRUB, mix(grass, bush, smoothstep(-0.35, 0.25, crowns + 2.2 * (cover + 0.02)))
    if crowns + 0.5 * clumps > 0.82:
        return GRASS, (0.034, 0.054, 0.040, 0.225)  # a single tree
    return GRASS, grass


@njit(cache=True, error_model="numpy")
def land_colour(x, y, field, row, season):
    """The kind and colour of a place on untouched land; `row` is its settlement."""
    seed = season.seed + 890
    near_water = field[RIVER] < NEAR_WATER_M or field[LAKE] < NEAR_WATER_M
    wiggle = value_noise(x / 13.0, y / 13.0, seed) if near_water else 0.0
    shore = field[RIVER] + 2.2 * wiggle
    bar = field[BARS] - 0.38 + 0.008 * season.river_drop + 0.05 * wiggle
    if shore < -season.river_drop and not (bar > 0.0 and shore > -1.4 * season.half_width):
        return RIVER_WATER, river_colour(-shore - season.river_drop, x, y, season.seed)
    if shore < 0.16 * season.half_width * (1.0 + 1.6 * field[BARS]):
        return SAND, sand_colour(x, y, season.seed)
    pool = field[LAKE] + 1.8 * wiggle
    if pool < -season.lake_drop:
        return LAKE_WATER, lake_colour(-pool - season.lake_drop, x, y, season.seed)
    if pool < 0.0:
        rings = 1.0 + 0.08 * value_noise(pool / 3.0, 0.5, seed + 1) + 0.06 * wiggle
        return DRAWDOWN, dim((0.125, 0.155, 0.185, 0.225), rings)
    if field[URBAN] > 0.0:
        return BUILT, built_colour(x, y, row, season)
    if field[CROP] > 0.0 and field[URBAN] < 0.0:
        return crop_colour(x, y, field[ELEVATION], field[STEEPNESS], season)
    return wild_colour(x, y, field, season)


@njit(cache=True, error_model="numpy", nogil=True)
def looked_at(row0, col0, xs, ys, sky, iy0, ix0, step, pixel):
    """Fill `xs`, `ys` [rows, cols] with the places (metres) at which pixels season."""
    for i in range(xs.shape[0]):
        y = (row0 + i + 0.5) * pixel
        gy = y / step
        ly = np.int64(np.floor(gy))
        ty = gy - ly
        for j in range(xs.shape[1]):
            x = (col0 + j + 0.5) * pixel
            gx = x / step
            lx = np.int64(np.floor(gx))
            tx = gx - lx
            a, b = ly - iy0, lx - ix0
            w00, w01 = (1.0 - ty) * (1.0 - tx), (1.0 - ty) * tx
            w10, w11 = ty * (1.0 - tx), ty * tx
            xs[i, j] = x + (
                w00 * sky[a, b, SHIFT_X] + w01 * sky[a, b + 1, SHIFT_X]
                + w10 * sky[a + 1, b, SHIFT_X] + w11 * sky[a + 1, b + 1, SHIFT_X]
            )  # fmt: skip
            ys[i, j] = y + (
                w00 * sky[a, b, SHIFT_Y] + w01 * sky[a, b + 1, SHIFT_Y]
                + w10 * sky[a + 1, b, SHIFT_Y] + w11 * sky[a + 1, b + 1, SHIFT_Y]
            )  # fmt: skip


@njit(cache=True, error_model="numpy", nogil=True)
def fill_ground(out, shade, kinds, xs, ys, fields, place, settlements, iy0, ix0, step, season):
    """Fill reflectance [4, rows, cols], shade and kind [rows, cols] at the places xs, ys.

    `fields` and `place` are the ground lattice whose first node is (iy0, ix0); `place`
    gives rows of `settlements`.
    """
    field = np.empty(GROUND_FIELDS)
    for i in range(xs.shape[0]):
        for j in range(xs.shape[1]):
            x, y = xs[i, j], ys[i, j]
            gx, gy = x / step, y / step
            lx, ly = np.int64(np.floor(gx)), np.int64(np.floor(gy))
            tx, ty = gx - lx, gy - ly
            a, b = ly - iy0, lx - ix0
            w00, w01 = (1.0 - ty) * (1.0 - tx), (1.0 - ty) * tx
            w10, w11 = ty * (1.0 - tx), ty * tx
            for f in range(GROUND_FIELDS):
                field[f] = (
                    w00 * fields[a, b, f] + w01 * fields[a, b + 1, f]
                    + w10 * fields[a + 1, b, f] + w11 * fields[a + 1, b + 1, f]
                )  # fmt: skip
            which = place[a + (1 if ty > 0.5 else 0), b + (1 if tx > 0.5 else 0)]
            row = (0.0, 0.0, 1.0, 0.0, 1.0, 0.0)
            if which >= 0:
                row = (
                    settlements[which, 0], settlements[which, 1], settlements[which, 2],
                    settlements[which, 3], settlements[which, 4], settlements[which, 5],
                )  # fmt: skip
            kind, colour = land_colour(x, y, field, row, season)
            light = field[SHADE]
            if kind <= LAKE_WATER:
                light = 1.0
            elif kind >= CROP_GREEN:
                line = season.snow_line + SNOW_RAGGED_M * season.scale * field[TONE]
                fade = SNOW_FADE_M * season.scale
                white = smoothstep(line - fade, line + fade, field[ELEVATION])
                if white > 0.0:
                    colour = mix(colour, (0.76, 0.76, 0.74, 0.66), white)
                    kind = SNOW if white > 0.5 else kind
            shade[i, j] = light
            kinds[i, j] = kind
            for band in range(4):
                out[band, i, j] = colour[band]
