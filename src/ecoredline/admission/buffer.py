"""Buffers in metres: made in a transverse Mercator projection at the shape's own meridian."""

from functools import cache

import numpy as np
import shapely
from pyproj import CRS, Transformer

from ecoredline.errors import InputError
from ecoredline.grid import STORAGE_CRS

MERIDIAN_STEP_DEG = 0.1  # at 5 km from the meridian the scale is off by 3e-7
LONGEST_SIDE_M = 1000.0
QUARTER_SEGMENTS = 16
MOST_M = 100_000.0


def buffered(shape, metres: float):
    """A lon, lat shape grown by `metres`, and the words for how that was done.

    Raises `InputError` for a distance that is none.

    >>> from ecoredline.geodesy import area_ha
    >>> shape, said = buffered(shapely.Point(101.7, 26.58), 100.0)
    >>> round(area_ha(shape), 2), said
    (3.14, '缓冲 100 米，在中央经线 101.7°E 的横轴墨卡托投影（CGCS2000 椭球）中计算')
    """
    if not (0 < metres <= MOST_M):
        raise InputError(f"got a buffer of {metres} m; wanted more than 0 and at most {MOST_M:g} m")
    meridian = round(float(shapely.get_x(shapely.centroid(shape))) / MERIDIAN_STEP_DEG)
    there, back = _projection(meridian)
    plane = shapely.transform(shape, there, interleaved=False)
    grown = shapely.buffer(plane, metres, quad_segs=QUARTER_SEGMENTS)
    grown = shapely.segmentize(grown, LONGEST_SIDE_M)
    said = f"{meridian * MERIDIAN_STEP_DEG:g}°E"
    return (
        shapely.transform(grown, back, interleaved=False),
        f"缓冲 {metres:g} 米，在中央经线 {said} 的横轴墨卡托投影（CGCS2000 椭球）中计算",
    )


@cache
def _projection(meridian: int):
    crs = CRS.from_proj4(
        f"+proj=tmerc +lat_0=0 +lon_0={meridian * MERIDIAN_STEP_DEG:.1f} +k=1 +x_0=500000 "
        "+y_0=0 +a=6378137 +rf=298.257222101 +units=m +no_defs"
    )
    there = Transformer.from_crs(STORAGE_CRS, crs, always_xy=True).transform
    back = Transformer.from_crs(crs, STORAGE_CRS, always_xy=True).transform
    return lambda x, y: np.asarray(there(x, y)), lambda x, y: np.asarray(back(x, y))
