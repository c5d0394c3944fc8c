"""Where the large things of a scene lie: river, reservoirs, settlements, clouds, snow line."""

import math

import numpy as np

from ecoredline.simulate.dates import AFTER
from ecoredline.simulate.terrain import LAKE_REACH, Layout, elevations, river_distances, river_line

FULL_SCALE_M = 6000.0  # a scene this wide has everything at its natural size
SMALLEST_SCALE = 0.14
RIVER_HALF_WIDTH_M = 66.0
MEANDER_M = 430.0
CARVE_M = 1350.0
RELIEF_M = 820.0
LAKE_RADIUS_M = 230.0
CLOUD_RADIUS_M = 260.0
CLOUD_HEIGHT_M = 900.0
AREA_PER_LAKE_KM2 = 18.0
AREA_PER_VILLAGE_KM2 = 2.4
AREA_PER_CLOUD_KM2 = 10.0
MOST_LAKES, MOST_VILLAGES, MOST_CLOUDS = 200, 2000, 2000
SAMPLE_POINTS = 4000
SNOW_PERCENTILES = (99.4, 98.9)  # of elevation: before, after
CITY_CELL_M, VILLAGE_CELL_M = 27.0, 15.0


def make_layout(width: float, height: float, seed: int) -> Layout:
    """The layout of a scene `width` by `height` metres."""
    rng = np.random.default_rng([seed, 1])
    extent = min(width, height)
    scale = min(1.0, max(SMALLEST_SCALE, extent / FULL_SCALE_M))
    turn = float(rng.uniform(-0.32, -0.12))
    axis_cos, axis_sin = math.cos(turn), math.sin(turn)
    middle_x, middle_y = 0.5 * width, rng.uniform(0.52, 0.6) * height
    layout = Layout(
        seed=int(rng.integers(1, 2**40)),
        scale=scale,
        axis_cos=axis_cos,
        axis_sin=axis_sin,
        river_offset=middle_y * axis_cos - middle_x * axis_sin,
        river_spacing=9000.0,
        river_half_width=RIVER_HALF_WIDTH_M * scale**0.6,
        meander=MEANDER_M * scale,
        carve=CARVE_M * scale,
        relief=RELIEF_M * scale**0.8,
        lakes=np.empty((0, 6)),
        settlements=np.empty((0, 6)),
    )
    layout = layout._replace(lakes=place_lakes(layout, width, height, rng))
    return layout._replace(settlements=place_settlements(layout, width, height, rng))


def scattered(width: float, height: float, rng: np.random.Generator) -> np.ndarray:
    """Places strewn evenly over the scene, away from its edges, float64 [n, 2]."""
    return np.column_stack(
        [
            rng.uniform(0.05 * width, 0.95 * width, SAMPLE_POINTS),
            rng.uniform(0.05 * height, 0.95 * height, SAMPLE_POINTS),
        ]
    )


def spread(places: np.ndarray, count: int, apart: float) -> np.ndarray:
    """The first `count` places that keep `apart` metres from those taken before.

    >>> spread(np.array([[0.0, 0], [1, 0], [9, 0]]), 2, 5.0).tolist()
    [[0.0, 0.0], [9.0, 0.0]]
    """
    taken: list[np.ndarray] = []
    for place in places:
        if len(taken) == count:
            break
        if not taken or np.hypot(*(np.array(taken) - place).T).min() >= apart:
            taken.append(place)
    return np.array(taken).reshape(-1, 2)


def place_lakes(
    layout: Layout, width: float, height: float, rng: np.random.Generator
) -> np.ndarray:
    """Reservoirs in low places away from the river; rows as `Layout.lakes`."""
    count = min(MOST_LAKES, max(2, round(width * height / 1e6 / AREA_PER_LAKE_KM2)))
    radius = LAKE_RADIUS_M * layout.scale
    places = scattered(width, height, rng)
    inner = (
        (places[:, 0] > 2.2 * radius) & (places[:, 0] < width - 2.2 * radius)
        & (places[:, 1] > 1.6 * radius) & (places[:, 1] < height - 1.6 * radius)
    )  # fmt: skip
    distance = river_distances(places[:, 0], places[:, 1], layout)
    inner &= (distance > LAKE_REACH * radius) & (distance < 3.0 * layout.carve)
    places = places[inner] if inner.any() else places
    low = np.argsort(elevations(places[:, 0], places[:, 1], layout))
    chosen = spread(places[low[: max(count, len(low) * 2 // 3)]], count, 6.5 * radius)
    levels = elevations(chosen[:, 0], chosen[:, 1], layout)
    sizes = radius * rng.uniform(0.8, 1.15, len(chosen))
    angles = rng.uniform(0.0, 2.0 * math.pi, len(chosen))
    return np.column_stack([chosen, sizes, angles, levels, np.arange(len(chosen))])


def place_settlements(
    layout: Layout, width: float, height: float, rng: np.random.Generator
) -> np.ndarray:
    """The city along the river and villages where it is low; rows as `Layout.settlements`."""
    rows = city(layout, width, height, rng)
    count = min(MOST_VILLAGES, max(2, round(width * height / 1e6 / AREA_PER_VILLAGE_KM2)))
    places = scattered(width, height, rng)
    distance = river_distances(places[:, 0], places[:, 1], layout)
    places = places[(distance > 60.0 * layout.scale) & (distance < 2.2 * layout.carve)]
    for lake in layout.lakes:
        gap = np.hypot(places[:, 0] - lake[0], places[:, 1] - lake[1])
        places = places[gap > 2.6 * lake[2]]
    step = 12.0
    east = elevations(places[:, 0] + step, places[:, 1], layout)
    west = elevations(places[:, 0] - step, places[:, 1], layout)
    south = elevations(places[:, 0], places[:, 1] + step, layout)
    north = elevations(places[:, 0], places[:, 1] - step, layout)
    steep = np.hypot(east - west, south - north) / (2.0 * step)
    gentle = places[np.argsort(steep + 0.15 * rng.random(len(places)))]
    for place in spread(gentle, count, 420.0 * layout.scale):
        radius = rng.uniform(50.0, 125.0) * layout.scale**0.5
        rows.append([*place, radius, rng.uniform(0, math.pi), VILLAGE_CELL_M])
    return np.column_stack([np.array(rows), np.arange(len(rows))])


def city(
    layout: Layout, width: float, height: float, rng: np.random.Generator
) -> list[list[float]]:
    """Quarters of the city, on both banks of the river's middle reach."""
    middle = 0.5 * width * layout.axis_cos + 0.5 * height * layout.axis_sin
    reach = min(0.5 * width, 1500.0)
    angle = math.atan2(layout.axis_sin, layout.axis_cos) + float(rng.uniform(-0.1, 0.1))
    rows = []
    for k, at in enumerate(np.linspace(-1.0, 1.0, 5)):
        u = middle + at * reach + rng.uniform(-80, 80) * layout.scale
        side = 1.0 if k % 2 else -1.0
        radius = rng.uniform(230.0, 430.0) * layout.scale
        v = river_line(u, 0, layout) + side * (layout.river_half_width + 0.55 * radius)
        x = u * layout.axis_cos - v * layout.axis_sin
        y = v * layout.axis_cos + u * layout.axis_sin
        rows.append([x, y, radius, angle, CITY_CELL_M])
    return rows


def place_clouds(layout: Layout, width: float, height: float, index: int) -> np.ndarray:
    """A date's clouds: rows x, y, radius, height, number (local metres)."""
    rng = np.random.default_rng([layout.seed, 2, index])
    area = width * height / 1e6
    count = min(
        MOST_CLOUDS, max(1, round(area / AREA_PER_CLOUD_KM2 * (1.0 if index == AFTER else 0.5)))
    )
    radius = CLOUD_RADIUS_M * layout.scale * rng.uniform(0.6, 1.3, count)
    return np.column_stack(
        [
            rng.uniform(0.0, width, count),
            rng.uniform(0.0, height, count),
            radius,
            np.full(count, CLOUD_HEIGHT_M * layout.scale),
            np.arange(count),
        ]
    )


def snow_lines(layout: Layout, width: float, height: float) -> tuple[float, float]:
    """Elevation above which snow lies, before and after, so that only the highest places have it."""
    rng = np.random.default_rng([layout.seed, 3])
    places = scattered(width, height, rng)
    heights = elevations(places[:, 0], places[:, 1], layout)
    before, after = np.percentile(heights, SNOW_PERCENTILES)
    return float(before), float(after)
