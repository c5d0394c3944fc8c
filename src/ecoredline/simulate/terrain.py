"""The lie of the land: elevation, the river, the reservoirs, as functions of a place.

All coordinates are local metres: x east from the scene's west edge, y south from its
north edge.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from ecoredline.simulate.noise import fractal, gradient_noise, ridged, smoothstep

VALLEY_FLOOR_M = 1000.0
FAR_M = 1e9
LAKE_STRETCH = 1.9  # a reservoir is longer along its valley than across it
LAKE_REACH = 4.5  # beyond this many radii a reservoir changes nothing
DAM_AT = 1.0  # radii from the reservoir's middle to its dam, along the valley


class Layout(NamedTuple):
    """Where the large things lie; what the kernels need to know of a scene.

    `lakes` rows are x, y, radius, angle, level, number; `settlements` rows are x, y,
    radius, angle, building cell in metres, number. Lengths in metres, angles in radians.
    """

    seed: int
    scale: float  # 1 for a scene of 6 km or more, less for a smaller one
    axis_cos: float
    axis_sin: float
    river_offset: float
    river_spacing: float
    river_half_width: float
    meander: float
    carve: float
    relief: float
    lakes: np.ndarray
    settlements: np.ndarray


@njit(cache=True, error_model="numpy")
def river_line(u, band, layout):
    """How far across the axis the river's middle lies at the distance `u` along it."""
    seed = layout.seed + 101 + 7 * band
    bends = gradient_noise(u / (layout.meander * 4.2), 0.37, seed)
    small = gradient_noise(u / (layout.meander * 1.5), 0.61, seed + 3)
    base = layout.river_offset + band * layout.river_spacing
    return base + layout.meander * (bends + 0.28 * small)


@njit(cache=True, error_model="numpy")
def river_distance(x, y, layout):
    """Metres to the nearer bank of the nearest river at middle water; negative in the water."""
    u = x * layout.axis_cos + y * layout.axis_sin
    v = y * layout.axis_cos - x * layout.axis_sin
    band = np.int64(np.floor((v - layout.river_offset) / layout.river_spacing + 0.5))
    here = river_line(u, band, layout)
    step = 4.0
    slope = (river_line(u + step, band, layout) - here) / step
    half = layout.river_half_width * (
        1.0 + 0.35 * gradient_noise(u / (8.0 * layout.river_half_width), 0.5, layout.seed + 131)
    )
    return abs(v - here) / np.sqrt(1.0 + slope * slope) - half


@njit(cache=True, error_model="numpy")
def lake_distance(x, y, layout):
    """Metres, roughly, to the shore of the nearest full reservoir; negative in it."""
    nearest = FAR_M
    for k in range(layout.lakes.shape[0]):
        radius = layout.lakes[k, 2]
        dx, dy = x - layout.lakes[k, 0], y - layout.lakes[k, 1]
        if abs(dx) > LAKE_REACH * radius or abs(dy) > LAKE_REACH * radius:
            continue
        c, s = np.cos(layout.lakes[k, 3]), np.sin(layout.lakes[k, 3])
        along, across = dx * c + dy * s, dy * c - dx * s
        seed = layout.seed + 211 + 5 * np.int64(layout.lakes[k, 5])
        warp = 0.75 * radius
        across += warp * fractal(along / (1.2 * radius), across / (1.2 * radius), seed, 3)
        stretched = along / LAKE_STRETCH
        inlets = 0.75 * radius * fractal(dx / (0.85 * radius), dy / (0.85 * radius), seed + 60, 4)
        shore = np.sqrt(stretched * stretched + across * across) - radius + inlets
        shore = max(shore, along - DAM_AT * radius)
        nearest = min(nearest, shore)
    return nearest


@njit(cache=True, error_model="numpy")
def mountains(x, y, river, layout):
    """Elevation in metres before reservoirs are let in; `river` is the distance to its bank."""
    size = 1900.0 * layout.scale
    wx = x + 0.10 * size * gradient_noise(x / (0.4 * size), y / (0.4 * size), layout.seed + 11)
    wy = y + 0.10 * size * gradient_noise(x / (0.4 * size), y / (0.4 * size), layout.seed + 12)
    crest = ridged(wx / size, wy / size, layout.seed + 21, 6)
    broad = gradient_noise(x / 7300.0, y / 7300.0, layout.seed + 31)
    distance = max(0.0, river)
    wall = smoothstep(0.0, layout.carve, distance)
    foot = min(1.0, distance / (0.25 * layout.carve))
    height = wall * (0.22 + 0.95 * crest + 0.2 * broad) + 0.05 * foot * crest
    return VALLEY_FLOOR_M + layout.relief * height


@njit(cache=True, error_model="numpy")
def elevation(x, y, river, layout):
    """Elevation in metres at a place that is `river` metres from the bank."""
    height = mountains(x, y, river, layout)
    for k in range(layout.lakes.shape[0]):
        radius = layout.lakes[k, 2]
        dx, dy = x - layout.lakes[k, 0], y - layout.lakes[k, 1]
        r = np.sqrt(dx * dx + dy * dy) / (LAKE_REACH * 0.8 * radius)
        if r < 1.0:
            keep = smoothstep(0.35, 1.0, r)
            level = layout.lakes[k, 4]
            height = level + (height - level) * (0.25 + 0.75 * keep)
    return height


@njit(cache=True, error_model="numpy")
def elevations(xs, ys, layout):
    """Elevation at many places: arrays of one shape in, the same shape out."""
    out = np.empty(xs.size)
    fx, fy = xs.ravel(), ys.ravel()
    for i in range(xs.size):
        out[i] = elevation(fx[i], fy[i], river_distance(fx[i], fy[i], layout), layout)
    return out.reshape(xs.shape)


@njit(cache=True, error_model="numpy")
def river_distances(xs, ys, layout):
    """Distance to the river bank at many places: arrays of one shape in, the same shape out."""
    out = np.empty(xs.size)
    fx, fy = xs.ravel(), ys.ravel()
    for i in range(xs.size):
        out[i] = river_distance(fx[i], fy[i], layout)
    return out.reshape(xs.shape)


@njit(cache=True, error_model="numpy")
def lake_distances(xs, ys, layout):
    """Distance to the reservoir shore at many places: arrays of one shape in, the same out."""
    out = np.empty(xs.size)
    fx, fy = xs.ravel(), ys.ravel()
    for i in range(xs.size):
        out[i] = lake_distance(fx[i], fy[i], layout)
    return out.reshape(xs.shape)
