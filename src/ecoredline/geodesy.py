"""Measures on the CGCS2000 ellipsoid: areas, distances, bearings; coordinates in words; GCJ-02.

A polygon's sides are straight in lon, lat, as EPSG:4490 defines them. So areas add up
exactly when a polygon is cut, and for the short sides of a patch they equal the area
between geodesics (a side of 100 m differs by less than 0.01 m²).
"""

import itertools
import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import shapely

from ecoredline.errors import InputError, UnsuitableCRS
from ecoredline.grid import ELLIPSOID

M2_PER_HA = 10_000.0
HA_STEP = Decimal("0.0001")  # 4 decimals: the same number on map, ledger, letter and statistics
TIE_TICKS = 1e-9  # nearer to half a step than this, decimal text decides
CHUNK_COORDINATES = 200_000  # one pass stays in the processor's cache
# Gauss-Legendre, 3 nodes on 0..1: exact to about 1e-13 for sides of several degrees
NODES = (0.5 - np.sqrt(0.15), 0.5, 0.5 + np.sqrt(0.15))
WEIGHTS = (5 / 18, 8 / 18, 5 / 18)
# sin φ / (1 - e² sin² φ) + artanh(e sin φ) / e as a series in sin φ, to double precision
STRIP_SERIES = tuple(ELLIPSOID.es**k * (1 + 1 / (2 * k + 1)) for k in range(9))

DIRECTIONS_ZH = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")

GEOHASH_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"

# GCJ-02: the widely published formula, on the Krasovsky ellipsoid
GCJ_AXIS_M = 6_378_245.0
GCJ_E2 = 0.00669342162296594323
GCJ_BOX = (72.004, 0.8293, 137.8347, 55.8271)  # outside it the formula leaves points alone
GCJ_TOLERANCE_DEG = 1e-10
GCJ_ROUNDS = 30


def areas_ha(geometries) -> np.ndarray:
    """Areas in hectares of many lon, lat geometries; float64 of shape (n,).

    Holes count off, parts add up, lines, points, empty and missing geometries are 0.
    Raises `UnsuitableCRS` when the coordinates cannot be degrees.

    >>> areas_ha([shapely.box(101.70, 26.58, 101.71, 26.59)]).round(4)
    array([110.3723])
    """
    geometries = np.atleast_1d(np.asarray(geometries, dtype=object))
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (nested := shapely.get_type_id(parts) > 3).any():
        more, where = shapely.get_parts(parts[nested], return_index=True)
        owner = np.concatenate([owner[~nested], owner[nested][where]])
        parts = np.concatenate([parts[~nested], more])
    areas = np.zeros(len(geometries))
    chunk = np.cumsum(shapely.get_num_coordinates(parts)) // CHUNK_COORDINATES
    cuts = np.unique(np.r_[0, np.flatnonzero(np.diff(chunk)) + 1, len(parts)])
    for start, stop in itertools.pairwise(cuts):
        np.add.at(areas, owner[start:stop], polygon_areas_m2(parts[start:stop]))
    return areas / M2_PER_HA


def area_ha(geometry) -> float:
    """Area of one lon, lat geometry in hectares, on the CGCS2000 ellipsoid.

    >>> round(area_ha(shapely.box(101.70, 26.58, 101.71, 26.59)), 4)
    110.3723
    """
    return float(areas_ha([geometry])[0])


def polygon_areas_m2(polygons: np.ndarray) -> np.ndarray:
    """Areas in square metres of single lon, lat polygons; what is no polygon has none."""
    rings, owner = shapely.get_rings(polygons, return_index=True)
    areas = np.zeros(len(polygons))
    if not len(rings):
        return areas
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    if np.abs(coordinates).max(initial=0.0) > 360 or np.abs(coordinates[:, 1]).max() > 90:
        raise UnsuitableCRS(
            f"got coordinates up to {np.abs(coordinates).max():.0f}; wanted lon, lat in degrees: "
            "reproject to EPSG:4490 first"
        )
    lon, lat = np.radians(coordinates).T
    same = ring[1:] == ring[:-1]
    strips = np.diff(lon) * mean_strip(lat[:-1], lat[1:])
    turned = np.abs(np.bincount(ring[:-1][same], strips[same], minlength=len(rings)))
    is_shell = np.r_[True, owner[1:] != owner[:-1]]
    np.add.at(areas, owner, np.where(is_shell, turned, -turned))
    return np.maximum(areas, 0.0)


def mean_strip(south: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Mean over a side of the area (m² per radian of longitude) between equator and side."""
    total = np.zeros_like(south)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        sine = np.sin(south + node * (north - south))
        square = sine * sine
        series = np.full_like(sine, STRIP_SERIES[-1])
        for coefficient in STRIP_SERIES[-2::-1]:
            series = series * square + coefficient
        total += weight * sine * series
    return total * ELLIPSOID.b**2 / 2


def round_ha(value):
    """Hectares to 4 decimals, half away from zero as in a spreadsheet; scalar or array.

    The rule works on the shortest decimal text of the number, so 0.00005 becomes 0.0001
    although the nearest binary fraction may lie just below. NaN stays NaN.

    >>> round_ha(0.00005), round_ha(2.67495)
    (0.0001, 2.675)
    """
    if np.ndim(value):
        values = np.asarray(value, dtype=float)
        ticks = values / float(HA_STEP)
        rounded = np.round(values, 4)
        near = np.abs(np.abs(ticks - np.trunc(ticks)) - 0.5) < TIE_TICKS * np.maximum(
            1, np.abs(ticks)
        )
        rounded[near] = [round_ha(v) for v in values[near].tolist()]
        return rounded
    if value != value:
        return float("nan")
    return float(Decimal(repr(float(value))).quantize(HA_STEP, ROUND_HALF_UP))


def total_ha(values) -> float:
    """Sum of hectares already rounded to 4 decimals, exact: what adding the printed column gives.

    >>> total_ha([0.1, 0.2, 0.0001])
    0.3001
    """
    return float(sum((Decimal(repr(round_ha(v))) for v in values), Decimal(0)))


def distance_m(lon, lat, to_lon, to_lat):
    """Length of the geodesic between two points in metres; scalars or arrays.

    >>> round(distance_m(101.70, 26.58, 101.71, 26.58), 2)
    996.21
    """
    return ELLIPSOID.inv(lon, lat, to_lon, to_lat)[2]


def bearing_deg(lon, lat, to_lon, to_lat):
    """Direction from the first point to the second, degrees clockwise from north, 0 to 360.

    >>> bearing_deg(101.7, 26.5, 101.7, 26.6)
    0.0
    """
    return ELLIPSOID.inv(lon, lat, to_lon, to_lat)[0] % 360


def bearing_zh(bearing: float) -> str:
    """The nearest of the eight directions in Chinese.

    >>> bearing_zh(44), bearing_zh(359), bearing_zh(-91)
    ('东北', '北', '西')
    """
    return DIRECTIONS_ZH[int((bearing % 360) / 45 + 0.5) % 8]


def format_dms(degrees: float, axis: str, decimals: int = 1) -> str:
    """Degrees, minutes and seconds as official texts write them; `axis` is "lon" or "lat".

    >>> format_dms(101.7, "lon"), format_dms(-26.99999999, "lat", 0)
    ('E101°42′00.0″', 'S27°00′00″')
    """
    if axis not in ("lon", "lat"):
        raise InputError(f"got axis {axis!r}; wanted 'lon' or 'lat'")
    degrees = float(degrees)
    letter = ("EW" if axis == "lon" else "NS")[degrees < 0]
    step = 10**decimals
    ticks = round(abs(degrees) * 3600 * step)
    minutes, ticks = divmod(ticks, 60 * step)
    seconds = f"{ticks / step:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{letter}{minutes // 60}°{minutes % 60:02d}′{seconds}″"


DMS_PATTERN = re.compile(
    r"""^\s*(?P<head>[EWNSewns]|东经|西经|北纬|南纬)?\s*(?P<sign>[-+−])?\s*
    (?P<degrees>\d+(?:\.\d+)?)\s*(?:°|º|度|$)\s*
    (?:(?P<minutes>\d+(?:\.\d+)?)\s*(?:′|'|’|分)\s*)?
    (?:(?P<seconds>\d+(?:\.\d+)?)\s*(?:″|"|”|''|′′|秒)\s*)?
    (?P<tail>[EWNSewns])?\s*$""",
    re.VERBOSE,
)
NEGATIVE_HEADS = {"W", "S", "西经", "南纬"}


def parse_dms(text: str) -> float:
    """Degrees from text such as `E101°32′15″`, `北纬26度36分31秒` or `101.5375`.

    Raises `InputError` when the text cannot be read or minutes or seconds reach 60.

    >>> round(parse_dms("E101°32′15″"), 6)
    101.5375
    """
    found = DMS_PATTERN.match(str(text))
    parts = [float(found[k] or 0) for k in ("degrees", "minutes", "seconds")] if found else []
    if not found or parts[1] >= 60 or parts[2] >= 60 or parts[0] > 180:
        raise InputError(f"got coordinate {text!r}; wanted degrees, minutes, seconds: E101°32′15″")
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    hemisphere = (found["head"] or found["tail"] or "").upper()
    return -value if hemisphere in NEGATIVE_HEADS or found["sign"] in ("-", "−") else value


def geohash(lon: float, lat: float, length: int = 9) -> str:
    """Geohash of a point; 9 characters are a cell of about 4.8 m × 4.8 m.

    >>> geohash(-5.6, 42.6, 5)
    'ezs42'
    """
    return geohashes([lon], [lat], length)[0]


def geohashes(lon, lat, length: int = 9) -> list[str]:
    """Geohashes of many points; raises `InputError` when the numbers cannot be degrees.

    >>> geohashes([-5.6, 10.40744], [42.6, 57.64911], 5)
    ['ezs42', 'u4pru']
    """
    values = np.array([lon, lat], dtype=float).reshape(2, -1)
    if not (np.abs(values) <= [[180], [90]]).all():
        raise InputError(f"got lon {lon}, lat {lat}; wanted degrees within ±180 and ±90")
    low, high = -np.ones_like(values) * [[180], [90]], np.ones_like(values) * [[180], [90]]
    letters = np.zeros((values.shape[1], length), dtype=int)
    for bit in range(length * 5):
        axis = bit % 2
        middle = (low[axis] + high[axis]) / 2
        upper = values[axis] >= middle
        low[axis] = np.where(upper, middle, low[axis])
        high[axis] = np.where(upper, high[axis], middle)
        letters[:, bit // 5] = letters[:, bit // 5] * 2 + upper
    return ["".join(GEOHASH_ALPHABET[k] for k in row) for row in letters]


def to_gcj02(lon, lat) -> tuple[np.ndarray, np.ndarray]:
    """Shift true coordinates as Chinese commercial maps do; points outside China stay.

    >>> lon, lat = to_gcj02(101.7, 26.6)
    >>> round(float(lon) - 101.7, 5), round(float(lat) - 26.6, 5)
    (0.00155, -0.0036)
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    x, y = lon - 105.0, lat - 35.0
    wave = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + wave
    north += (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y)) * 2 / 3
    north += (160 * np.sin(np.pi / 12 * y) + 320 * np.sin(np.pi / 30 * y)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + wave
    east += (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x)) * 2 / 3
    east += (150 * np.sin(np.pi / 12 * x) + 300 * np.sin(np.pi / 30 * x)) * 2 / 3
    phi = np.radians(lat)
    magic = 1 - GCJ_E2 * np.sin(phi) ** 2
    meridian_m = GCJ_AXIS_M * (1 - GCJ_E2) / (magic * np.sqrt(magic))
    parallel_m = GCJ_AXIS_M / np.sqrt(magic) * np.cos(phi)
    west, south, east_edge, north_edge = GCJ_BOX
    inside = (lon >= west) & (lon <= east_edge) & (lat >= south) & (lat <= north_edge)
    return (
        np.where(inside, lon + np.degrees(east / parallel_m), lon),
        np.where(inside, lat + np.degrees(north / meridian_m), lat),
    )


def from_gcj02(lon, lat) -> tuple[np.ndarray, np.ndarray]:
    """True coordinates of GCJ-02 points, by iteration to about 0.01 mm.

    >>> lon, lat = from_gcj02(*to_gcj02(101.7, 26.6))
    >>> round(float(lon), 9), round(float(lat), 9)
    (101.7, 26.6)
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    true_lon, true_lat = lon, lat
    for _ in range(GCJ_ROUNDS):
        back_lon, back_lat = to_gcj02(true_lon, true_lat)
        step_lon, step_lat = lon - back_lon, lat - back_lat
        true_lon, true_lat = true_lon + step_lon, true_lat + step_lat
        if (
            max(np.abs(step_lon).max(initial=0), np.abs(step_lat).max(initial=0))
            < GCJ_TOLERANCE_DEG
        ):
            break
    return true_lon, true_lat
