"""What screening and classifying go by: a patch's cover before and after, as named numbers.

All reflectances are those of the change map (after brought to before's radiometry). Where
a band is missing its facts are NaN, and evidence that needs them counts nothing.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import spatial

VISIBLE = ("blue", "green", "red")
LEAST_PATCHES_FOR_HAZE, DARK_QUANTILE, DARK_SHARE, FAINT = 20, 0.02, 0.9, 0.002
METRES_PER_DEGREE = 111_320.0

WATER_NDWI, WATER_NIR = 0.05, 0.13  # water: green above near infrared, and dark in it
VEGETATION_NDVI, SPARSE_NDVI = 0.45, 0.30
BRIGHT_RED = 0.16
PANEL_NIR, PANEL_BRIGHTNESS = 0.155, 0.11

COVERS = {
    "water": "水体", "vegetation": "植被", "sparse": "稀疏植被", "panel": "深色板面",
    "bright": "高亮裸岩或建筑面", "blue": "蓝白色建筑面", "bare": "裸地", "unknown": "未知地表",
}  # fmt: skip


def patch_facts(patches: pd.DataFrame) -> pd.DataFrame:
    """Named numbers of each patch, on the index of `patches`; see the module's head."""
    facts = pd.DataFrame(index=patches.index)
    for date in ("before", "after"):
        for band in (*VISIBLE, "nir"):
            facts[f"{band}_{date}"] = column(patches, f"{date}_{band}")
        facts[f"brightness_{date}"] = facts[[f"{b}_{date}" for b in VISIBLE]].mean(axis=1)
        facts[f"ndvi_{date}"] = column(patches, f"ndvi_{date}")
        facts[f"ndwi_{date}"] = index_of(facts[f"green_{date}"], facts[f"nir_{date}"])
        facts[f"blue_ratio_{date}"] = facts[f"blue_{date}"] / facts[f"red_{date}"].clip(lower=0.01)
        facts[f"cover_{date}"] = cover(facts, date)
    for name in ("ndvi", "ndwi", "brightness", "nir", "red"):
        facts[f"{name}_change"] = facts[f"{name}_after"] - facts[f"{name}_before"]
    facts["angle"] = spectral_angle(patches)
    facts["area_ha"] = column(patches, "area_m2_grid") / 1e4
    for name in (
        "score", "strong_share", "tolerant_ratio", "elongation", "mean_width_m", "length_m",
        "rectangularity", "compactness", "pieces", "before_spread", "after_spread",
    ):  # fmt: skip
        facts[name] = column(patches, name)
    return facts


def column(frame: pd.DataFrame, name: str) -> np.ndarray:
    """A column as float64; NaN where the table has none."""
    return frame[name].to_numpy(float) if name in frame else np.full(len(frame), np.nan)


def index_of(one: pd.Series, other: pd.Series) -> pd.Series:
    """(one − other) / (one + other).

    >>> index_of(pd.Series([0.3]), pd.Series([0.1])).round(2).tolist()
    [0.5]
    """
    total = one.clip(lower=0) + other.clip(lower=0)
    return (one.clip(lower=0) - other.clip(lower=0)) / total.where(total > 0)


def spectral_angle(patches: pd.DataFrame) -> np.ndarray:
    """Angle in degrees between the mean spectra of the two dates: near 0 when only the light changed.

    With enough patches, the light that haze adds to every band is first taken off: the
    darkest patches show it. NaN with fewer than two bands.

    >>> dimmed = pd.DataFrame({"before_red": [0.2], "before_nir": [0.4], "after_red": [0.1], "after_nir": [0.2]})
    >>> spectral_angle(dimmed).round(3).tolist()
    [0.0]
    """
    bands = [b for b in (*VISIBLE, "nir") if {f"before_{b}", f"after_{b}"} <= set(patches)]
    if len(bands) < 2 or not len(patches):
        return np.full(len(patches), np.nan)
    one, other = (patches[[f"{d}_{b}" for b in bands]].to_numpy(float) for d in ("before", "after"))
    if len(patches) >= LEAST_PATCHES_FOR_HAZE:
        dark = np.minimum(*(np.quantile(v, DARK_QUANTILE, axis=0) for v in (one, other)))
        one, other = (np.maximum(v - DARK_SHARE * dark, FAINT) for v in (one, other))
    norm = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine = (one * other).sum(axis=1) / np.where(norm > 0, norm, np.nan)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def cover(facts: pd.DataFrame, date: str) -> np.ndarray:
    """The cover a mean spectrum looks like, a key of `COVERS`; `unknown` without red and nir."""
    ndvi, ndwi, nir = (facts[f"{n}_{date}"].to_numpy() for n in ("ndvi", "ndwi", "nir"))
    red, brightness = facts[f"red_{date}"].to_numpy(), facts[f"brightness_{date}"].to_numpy()
    with np.errstate(invalid="ignore"):
        choices = {
            "unknown": np.isnan(ndvi),
            "water": (ndwi > WATER_NDWI) & (nir < WATER_NIR),
            "vegetation": ndvi >= VEGETATION_NDVI,
            "sparse": ndvi >= SPARSE_NDVI,
            "panel": (nir < PANEL_NIR) & (brightness < PANEL_BRIGHTNESS),
            "blue": (red >= 0.12) & (facts[f"blue_ratio_{date}"].to_numpy() > 1.0),
            "bright": red >= BRIGHT_RED,
        }
    return np.select(list(choices.values()), list(choices), "bare")


def ramp(values, low: float, high: float) -> np.ndarray:
    """0 at `low`, 1 at `high` (which may be the smaller), straight between; NaN counts 0.

    >>> ramp([5, 7, 9, float("nan")], 5, 9).tolist()
    [0.0, 0.5, 1.0, 0.0]
    """
    values = np.asarray(values, float)
    return np.nan_to_num(np.clip((values - low) / (high - low), 0, 1), nan=0.0)


def places_m(patches: gpd.GeoDataFrame) -> np.ndarray:
    """A point inside each patch in local metres (n, 2): good for distances between neighbours."""
    points = patches.geometry.representative_point()
    xy = np.column_stack([points.x.to_numpy(), points.y.to_numpy()])
    if len(xy) and patches.crs is not None and patches.crs.is_geographic:
        middle = np.radians(np.nanmedian(xy[:, 1]))
        return xy * (METRES_PER_DEGREE * np.cos(middle), METRES_PER_DEGREE)
    return xy


def neighbours(places: np.ndarray, chosen: np.ndarray, reach_m: float) -> np.ndarray:
    """How many other chosen places lie within `reach_m` of each place.

    >>> neighbours(np.array([[0, 0], [10, 0], [500, 0]]), np.array([True, True, True]), 50).tolist()
    [1, 1, 0]
    """
    chosen = np.asarray(chosen, bool)
    if not chosen.any():
        return np.zeros(len(places), int)
    tree = spatial.cKDTree(places[chosen])
    return np.asarray(tree.query_ball_point(places, reach_m, return_length=True)) - chosen
