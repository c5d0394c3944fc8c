"""The two dates of a scene and the nuisances that make them differ where nothing happened."""

import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from ecoredline.errors import InputError

ALL_NUISANCES = (
    "season",  # forest less green and grass drier on the after date
    "sun",  # another azimuth and elevation: other shading, other building shadows
    "haze",  # a bright veil, strongest in the blue, thicker towards one corner
    "clouds",  # clouds on both dates, and their shadows away from the sun
    "gain",  # another gain and offset in each band of the after image
    "misregistration",  # the after image is shifted by 0 to 3 pixels, differently from place to place
    "nodata",  # a wedge without data along an edge of each image
    "crops",  # parcels turned from bare to green and from green to bare
    "river_level",  # lower river, wider bars
    "reservoir_level",  # lower reservoirs with a bare belt
    "snow",  # a lower snow line
    "landslide",  # fresh scars of natural slides
    "noise",  # sensor noise
)

BEFORE, AFTER = 0, 1
DATES = (date(2025, 4, 12), date(2026, 3, 28))
# Sun at about 11:50 local solar-zone time near 101.7 E 26.6 N on each date, degrees.
SUN_AZIMUTH = (146.0, 128.0)
SUN_ELEVATION = (66.0, 54.0)
GAIN = (1.05, 0.97, 1.04, 0.92)
OFFSET = (0.006, 0.004, -0.003, 0.005)
NOISE_SIGMA = 0.0022  # reflectance
LARGEST_SHIFT_PX = 3.0
GLOBAL_SHIFT_PX = (0.9, -0.7)
LOCAL_SHIFT_PX = 1.7


class Look(NamedTuple):
    """How the land and the sky are on one date; what the kernels need to know of it."""

    index: int
    sun_x: float  # unit vector towards the sun: east, south, up
    sun_y: float
    sun_z: float
    greenness: float  # 1: forest as green as it gets
    dryness: float  # 0: fresh grass, 1: straw
    river_drop: float  # metres by which the water's edge draws back
    lake_drop: float
    snow_line: float  # metres
    rotation: float  # share of the parcels that turn
    haze: float
    shift: float  # 1: displaced as GLOBAL_SHIFT_PX and LOCAL_SHIFT_PX say, 0: not
    wedge: float  # share of the image's width lost to the nodata wedge
    noise: float
    gain: np.ndarray  # [4]
    offset: np.ndarray  # [4]
    clouds: np.ndarray  # rows x, y, radius, height (one for all), number


def check_nuisances(nuisances: Sequence[str]) -> tuple[str, ...]:
    """The nuisances in their own order; raises `InputError` for an unknown name.

    >>> check_nuisances(["sun", "season"])
    ('season', 'sun')
    """
    if isinstance(nuisances, str):
        raise InputError(f"got nuisances {nuisances!r}; wanted a list of names")
    nuisances = tuple(nuisances)
    unknown = sorted(set(nuisances) - set(ALL_NUISANCES))
    if unknown:
        raise InputError(
            f"got nuisance {', '.join(map(repr, unknown))}; wanted any of {', '.join(ALL_NUISANCES)}"
        )
    return tuple(name for name in ALL_NUISANCES if name in nuisances)


def look(
    index: int,
    nuisances: Sequence[str],
    *,
    snow_lines: tuple[float, float],
    scale: float,
    clouds: np.ndarray,
) -> Look:
    """The settings of date `index` (BEFORE or AFTER) with the named nuisances on.

    `snow_lines` are the two dates' in metres, `scale` is the layout's, `clouds` the
    date's rows x, y, radius, height, number. A nuisance that is off leaves the after date as
    the before date is.
    """
    on = set(nuisances)
    later = index == AFTER

    def turned(name: str) -> bool:
        return later and name in on

    azimuth = math.radians(SUN_AZIMUTH[AFTER if turned("sun") else BEFORE])
    height = math.radians(SUN_ELEVATION[AFTER if turned("sun") else BEFORE])
    gain = GAIN if turned("gain") else (1.0,) * 4
    offset = OFFSET if turned("gain") else (0.0,) * 4
    return Look(
        index=index,
        sun_x=math.cos(height) * math.sin(azimuth),
        sun_y=-math.cos(height) * math.cos(azimuth),
        sun_z=math.sin(height),
        greenness=0.9 if turned("season") else 1.0,
        dryness=0.85 if turned("season") else 0.5,
        river_drop=9.0 * scale if turned("river_level") else 0.0,
        lake_drop=24.0 * scale if turned("reservoir_level") else 4.0 * scale,
        snow_line=snow_lines[1] if turned("snow") else snow_lines[0],
        rotation=0.35 if turned("crops") else 0.0,
        haze=(0.10 if later else 0.02) if "haze" in on else 0.0,
        shift=1.0 if turned("misregistration") else 0.0,
        wedge=(0.06 if later else 0.02) if "nodata" in on else 0.0,
        noise=NOISE_SIGMA if "noise" in on else 0.0,
        gain=np.array(gain),
        offset=np.array(offset),
        clouds=clouds if "clouds" in on else np.empty((0, 5)),
    )
