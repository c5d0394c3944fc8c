"""位置描述: where a patch lies in words, by direction and distance from the nearest named place."""

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from ecoredline.geodesy import bearing_deg, bearing_zh, distance_m, format_dms

AT_PLACE_M = 50.0  # nearer than this, the patch lies "at" the place
NEIGHBOURS = 4  # candidates by chord, then measured on the ellipsoid


def positions(lon, lat, places: gpd.GeoDataFrame | None, prefixes=None) -> list[str]:
    """Position of each point in words; `prefixes` (county and township) go in front.

    Without places, the prefix and the coordinates; without either, ''.

    >>> village = gpd.GeoDataFrame({"name": ["示范村一"]}, geometry=[shapely.Point(101.70, 26.58)])
    >>> positions([101.7085], [26.5877], village, ["盐边县"])
    ['盐边县示范村一东北约1.2公里']
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    prefixes = [""] * len(lon) if prefixes is None else list(prefixes)
    if places is None or not len(places) or not len(lon):
        rows = zip(prefixes, lon, lat, strict=True)
        return [p and f"{p}（{format_dms(x, 'lon')}，{format_dms(y, 'lat')}）" for p, x, y in rows]
    at = shapely.get_coordinates(places.geometry.to_numpy())
    rows, metres = nearest(lon, lat, at)
    bearings = bearing_deg(*at[rows].T, lon, lat)
    names = places["name"].to_numpy(dtype=object)[rows]
    words = zip(prefixes, names, metres, bearings, strict=True)
    return [in_words(*row) for row in words]


def nearest(lon: np.ndarray, lat: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row of the nearest of the points `at` (n, 2) and its distance in metres."""
    count = min(NEIGHBOURS, len(at))
    _, rows = cKDTree(_on_sphere(*at.T)).query(_on_sphere(lon, lat), k=count)
    rows = rows.reshape(len(lon), count)
    metres = distance_m(
        np.repeat(lon, count),
        np.repeat(lat, count),
        at[rows.ravel(), 0],
        at[rows.ravel(), 1],
    ).reshape(rows.shape)
    best = metres.argmin(axis=1)
    each = np.arange(len(lon))
    return rows[each, best], metres[each, best]


def in_words(prefix: str, name: str, metres: float, bearing: float) -> str:
    """One position in words.

    >>> in_words("", "二滩", 30, 0), in_words("盐边县", "二滩", 346, 91), in_words("", "二滩", 12345, 180)
    ('位于二滩', '盐边县二滩东约350米', '二滩南约12公里')
    """
    if prefix and name.startswith(prefix):
        prefix = ""
    if metres < AT_PLACE_M:
        return f"位于{prefix}{name}"
    return f"{prefix}{name}{bearing_zh(bearing)}约{distance_words(metres)}"


def distance_words(metres: float) -> str:
    """Metres to 10 m below 1 km, then kilometres: one decimal below 10 km, whole above.

    >>> [distance_words(m) for m in (54, 994, 996, 9949, 9951)]
    ['50米', '990米', '1.0公里', '9.9公里', '10公里']
    """
    if metres < 995:
        return f"{int(metres / 10 + 0.5) * 10}米"
    kilometres = metres / 1000
    return f"{kilometres:.1f}公里" if kilometres < 9.95 else f"{int(kilometres + 0.5)}公里"


def _on_sphere(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    lon, lat = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
