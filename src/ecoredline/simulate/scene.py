"""A whole scene thought out before a pixel is made: land, both dates, things built, regions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from pyproj import CRS
from shapely import affinity

from ecoredline.errors import InputError
from ecoredline.grid import Grid
from ecoredline.simulate.activities import (
    Activity,
    Ground,
    existing_wanted,
    slides_wanted,
    wanted_activities,
)
from ecoredline.simulate.dates import AFTER, BEFORE, Look, check_nuisances, look
from ecoredline.simulate.layout import make_layout, place_clouds, snow_lines
from ecoredline.simulate.outlines import rectangle, strip
from ecoredline.simulate.paint import Piece, shapes_of
from ecoredline.simulate.regions import (
    make_divisions,
    make_places,
    make_protected_areas,
    make_redline,
)
from ecoredline.simulate.render import Painting
from ecoredline.simulate.sites import walk
from ecoredline.simulate.survey import Survey, make_survey
from ecoredline.simulate.terrain import DAM_AT, Layout, river_line

SCENE_CRS = CRS.from_epsg(4543)  # CGCS2000 / 3-degree Gauss-Kruger CM 102E, no zone in the easting
MIDDLE_EASTING_M, MIDDLE_NORTHING_M = 470114.0, 2941129.0  # 101.7 E, 26.58 N
SMALLEST_PX, LARGEST_PX = 64, 200_000
FINEST_M, COARSEST_M = 0.5, 30.0
VILLAGE_ROAD_M, RIVER_ROAD_M = 6.0, 9.0
MOST_ROADS = 400


@dataclass(frozen=True)
class Plan:
    """Everything a scene is made of. Geometry is in local metres (x east, y south)."""

    grid: Grid
    pixel: float
    seed: int
    nuisances: tuple[str, ...]
    layout: Layout
    looks: tuple[Look, Look]
    paintings: tuple[Painting, Painting]
    survey: Survey
    divisions: gpd.GeoDataFrame
    redline: gpd.GeoDataFrame
    protected_areas: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    activities: tuple[Activity, ...]
    slides: tuple[Activity, ...]


def make_grid(rows: int, cols: int, pixel_m: float) -> Grid:
    """The scene's grid: EPSG:4543, its middle at about 101.7 E 26.58 N, corners on whole pixels.

    >>> make_grid(100, 200, 2.0).bounds[2] - make_grid(100, 200, 2.0).bounds[0]
    400.0
    """
    for name, size in (("rows", rows), ("cols", cols)):
        if isinstance(size, bool) or not isinstance(size, int | np.integer):
            raise InputError(f"got {name} {size!r}; wanted a whole number")
        if not SMALLEST_PX <= size <= LARGEST_PX:
            raise InputError(f"got {size} {name}; wanted {SMALLEST_PX} to {LARGEST_PX}")
    if not FINEST_M <= pixel_m <= COARSEST_M:
        raise InputError(f"got pixels of {pixel_m} m; wanted {FINEST_M} to {COARSEST_M} m")
    west = round((MIDDLE_EASTING_M - cols * pixel_m / 2) / pixel_m) * pixel_m
    north = round((MIDDLE_NORTHING_M + rows * pixel_m / 2) / pixel_m) * pixel_m
    return Grid(SCENE_CRS, Affine(pixel_m, 0, west, 0, -pixel_m, north), int(rows), int(cols))


def road_pieces(layout: Layout, width: float, height: float) -> list[Piece]:
    """Roads that were always there: one on each bank of the river, one to each village."""
    u = np.arange(-0.2 * width, 1.3 * width + height, 24.0)
    us = u + min(0.0, height * layout.axis_sin)
    lines = []
    middle = np.array([river_line(at, 0, layout) for at in us])
    for side in (-1.0, 1.0):
        vs = middle + side * (1.45 * layout.river_half_width + 22.0)
        line = np.column_stack(
            [
                us * layout.axis_cos - vs * layout.axis_sin,
                vs * layout.axis_cos + us * layout.axis_sin,
            ]
        )
        inside = (line[:, 0] > -60) & (line[:, 0] < width + 60)
        inside &= (line[:, 1] > -60) & (line[:, 1] < height + 60)
        lines += [(line[inside], RIVER_ROAD_M)] if inside.sum() > 1 else []
    places = layout.settlements[:, :2]
    for k in range(5, min(len(places), 5 + MOST_ROADS)):
        gaps = np.hypot(*(places[:k] - places[k]).T)
        target = places[int(np.argmin(gaps))]
        aim = math.atan2(target[1] - places[k, 1], target[0] - places[k, 0])
        line = walk(layout, tuple(places[k]), aim, 2.2 * float(gaps.min()), target=tuple(target))
        lines.append((line, VILLAGE_ROAD_M))
    return [
        Piece("asphalt", part, always=True) for line, size in lines for part in strip(line, size)
    ]


def dam_pieces(layout: Layout) -> list[Piece]:
    """The dams of the reservoirs, where their water ends in a straight line."""
    found = []
    for x, y, radius, angle, *_ in layout.lakes:
        dam = rectangle(0.07 * radius + 2.0, 1.7 * radius, DAM_AT * radius, 0.0)
        dam = affinity.rotate(dam, angle, origin=(0, 0), use_radians=True)
        found.append(Piece("dam", affinity.translate(dam, x, y), always=True))
    return found


def always(activities: Sequence[Activity]) -> list[Piece]:
    """The pieces of things that are there on both dates."""
    return [replace(piece, always=True) for a in activities for piece in a.pieces]


def both_looks(
    layout: Layout, width: float, height: float, nuisances: tuple[str, ...]
) -> tuple[Look, Look]:
    """How land and sky are on the before and on the after date."""
    lines = snow_lines(layout, width, height)
    before, after = (
        look(
            index, nuisances, snow_lines=lines, scale=layout.scale,
            clouds=place_clouds(layout, width, height, index),
        )
        for index in (BEFORE, AFTER)
    )  # fmt: skip
    return before, after


def make_plan(rows: int, cols: int, pixel_m: float, seed: int, nuisances: Sequence[str]) -> Plan:
    """Think out a scene; raises `InputError` for sizes or nuisances that cannot be."""
    grid = make_grid(rows, cols, pixel_m)
    names = check_nuisances(nuisances)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"got seed {seed!r}; wanted a whole number from 0 up")
    width, height = cols * pixel_m, rows * pixel_m
    layout = make_layout(width, height, int(seed))
    looks = both_looks(layout, width, height, names)
    survey = make_survey(rows, cols, pixel_m, layout, looks[BEFORE])
    redline = make_redline(layout, width, height)
    reserves = make_protected_areas(redline, layout)
    zones = {
        "redline": shapely.union_all(redline.geometry.to_numpy()),
        "protected": shapely.union_all(reserves.geometry.to_numpy()),
    }
    dams = dam_pieces(layout)
    ground = Ground(layout, survey, zones, shapely.bounds([dam.geometry for dam in dams]))
    wanted = wanted_activities(width, height)
    activities = tuple(a for a in map(ground.put, wanted) if a is not None)
    slides: tuple[Activity, ...] = ()
    if "landslide" in names:
        slides = tuple(a for a in map(ground.put, slides_wanted(wanted)) if a is not None)
    there = [a for a in map(ground.put, existing_wanted(wanted)) if a is not None]
    pieces = road_pieces(layout, width, height) + dams + always(there)
    pieces += [piece for a in (*slides, *activities) for piece in a.pieces]
    paintings = tuple(
        Painting(rows, cols, pixel_m, layout, date_look, shapes_of(pieces, date_look))
        for date_look in looks
    )
    return Plan(
        grid, pixel_m, int(seed), names, layout, looks, paintings, survey,
        make_divisions(width, height, layout.seed), redline, reserves,
        make_places(layout, width, height), activities, slides,
    )  # fmt: skip
