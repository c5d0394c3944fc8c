"""What could not be seen: cloud, cloud shadow, snow, saturation, per date, on the overview.

Rules without weights, on two dates. They are made to let a bright new quarry or roof
pass: cloud must be very bright, white, brighter than the other date, and large.
"""

import numpy as np
from scipy import fft, ndimage

from ecoredline.change.maps import UNSEEN_CODES, UnseenMap
from ecoredline.change.overview import Overview

VISIBLE = ("blue", "green", "red")
BRIGHT_REFLECTANCE = 0.38  # white roofs and limestone stay below, thick cloud lies above
BRIGHT_NUMBER = 0.85  # the same for grey values that are not reflectance (8- and 10-bit)
BRIGHT_SPREADS = 4.0  # and above the scene's median by this many robust spreads
WHITE = 0.22  # largest (max − min) ÷ mean of the visible bands
BRIGHTER_CORE = 0.12  # than the other date, reflectance
BRIGHTER_EDGE = 0.03  # the thin rim of a cloud
EDGE_WHITE = 0.40
SNOW_SHADE = 0.6  # lasting snow in shade, next to bright snow, as a part of bright
SNOW_WHITE = 0.30
SNOW_REACH_M = 300.0  # the snow line moves; beyond this from lasting snow it is cloud
NDSI_SNOW = 0.4  # Hall et al. 1995, Remote Sensing of Environment 54:127
LEAST_CLOUD_M2 = 10_000.0
LEAST_SHADOW_M2 = 5_000.0
LEAST_SNOW_M2 = 10_000.0  # of lasting snow: larger than nearly any white roof
EDGE_REACH_M = 120.0
MARGIN_M = 20.0  # grown around cloud and snow, at least one cell
SHADOW_DARKENING = 0.8  # NIR ÷ NIR of the other date
SHADOW_SEARCH_M = 4_000.0
SHADOW_CELL_M = 40.0
SHADOW_AGREEMENT = 0.35  # share of the cloud's moved outline that is dark
SHADOW_CONTRAST = 3.0  # and this many times the share of dark places anywhere
SHADOW_REACH_M = 80.0
NEARLY = 0.98  # of the highest level, in an averaged cell
THIN = 5  # statistics are taken of every fifth row and column


def unseen_map(overview: Overview, cell_m: float, calibrated: bool = True) -> UnseenMap:
    """Codes of both dates on the overview's grid; nodata is added by the block pass.

    Cells are `cell_m` wide; `calibrated` says that values are reflectance and not mere
    grey values. Without blue, green and red nothing can be told.
    """
    names = overview.names
    sides = [overview.before, matched(overview.after, overview.before)]
    codes = no_data(overview)
    if all(name in names for name in VISIBLE):
        least = BRIGHT_REFLECTANCE if calibrated else BRIGHT_NUMBER
        looks = [look_of(side, names, least) for side in sides]
        snow = snow_both(*looks, cell_m)
        for number in (0, 1):
            mark(codes[number], looks[number], looks[1 - number], snow, cell_m)
    return UnseenMap(overview.grid, overview.factor, *codes)


def mark_saturated(unseen: UnseenMap, overview: Overview, levels: tuple[float, float]) -> None:
    """Mark the cells in which every band stands at its date's highest level (reflectance)."""
    dates = ((unseen.before, overview.before), (unseen.after, overview.after))
    for (codes, side), level in zip(dates, levels, strict=True):
        codes[(side >= level * NEARLY).all(axis=0)] = UNSEEN_CODES["saturated"]


def all_seen(overview: Overview) -> UnseenMap:
    """The map that hides nothing but what holds no data."""
    return UnseenMap(overview.grid, overview.factor, *no_data(overview))


def no_data(overview: Overview) -> list[np.ndarray]:
    """Codes of both dates with the cells marked that hold no data at all, wherever they lie."""
    sides = (overview.before, overview.after)
    empty = [~np.isfinite(side).any(axis=0) for side in sides]
    if overview.looked is not None:
        empty = [one & overview.looked for one in empty]
    return [np.where(e, np.uint8(UNSEEN_CODES["nodata"]), np.uint8(0)) for e in empty]


def matched(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """After with before's median and spread per band: good enough to compare brightness."""
    result = np.empty_like(after)
    thin = np.s_[:, ::THIN, ::THIN]
    seen = np.isfinite(after[thin][0]) & np.isfinite(before[thin][0])
    if not seen.any():
        return after
    for k in range(len(after)):
        mine, theirs = after[thin][k][seen], before[thin][k][seen]
        gain = np.clip(robust_spread(theirs) / max(robust_spread(mine), 1e-6), 0.5, 2.0)
        result[k] = (after[k] - np.median(mine)) * gain + np.median(theirs)
    return result


def robust_spread(values: np.ndarray) -> float:
    """Median absolute deviation × 1.4826, like a standard deviation."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def look_of(image: np.ndarray, names, least: float) -> dict[str, np.ndarray]:
    """Brightness, whiteness, near infrared and snow index of one date (rows, cols).

    Bright is above `least` and well above the scene's middle.
    """
    visible = np.stack([image[names.index(name)] for name in VISIBLE])
    mean = visible.mean(axis=0)
    white = (visible.max(axis=0) - visible.min(axis=0)) / np.maximum(mean, 1e-3)
    some = mean[::THIN, ::THIN]
    some = some[np.isfinite(some)]
    middle, spread = (float(np.median(some)), robust_spread(some)) if some.size else (0.0, 0.0)
    bright = mean > max(least, middle + BRIGHT_SPREADS * spread)
    look = {"visible": mean, "white": white, "bright": bright & (white < WHITE)}
    pale = least * SNOW_SHADE
    look["pale"] = (mean > pale) & (white < SNOW_WHITE)
    look["nir"] = image[names.index("nir")] if "nir" in names else mean
    if "swir1" in names:
        green, swir = image[names.index("green")], image[names.index("swir1")]
        look["pale"] &= (green - swir) / np.maximum(green + swir, 1e-3) > NDSI_SNOW
    return look


def snow_both(one: dict, other: dict, cell_m: float) -> np.ndarray:
    """Places bright and white on both dates and large: lasting snow, not a passing cloud."""
    pale = large(one["pale"] & other["pale"], LEAST_SNOW_M2, cell_m)
    return touching(pale, pale & one["bright"] & other["bright"])


def mark(codes: np.ndarray, look: dict, other: dict, snow: np.ndarray, cell_m: float) -> None:
    """Write the codes of one date; later lines win."""
    if not (look["bright"].any() or snow.any()):
        return
    brighter = look["visible"] - other["visible"]
    new = large(look["bright"] & (brighter > BRIGHTER_CORE), LEAST_CLOUD_M2, cell_m)
    edge = (brighter > BRIGHTER_EDGE) & (look["white"] < EDGE_WHITE)
    is_snow = touching(look["pale"] & ((brighter > BRIGHTER_EDGE) | snow), snow) & ~far(
        snow, cell_m
    )
    cloud = grown(new & ~is_snow, edge, cell_m)
    snow = grown(is_snow, edge & ~cloud, cell_m)
    shadow = shadow_of(cloud, look, other, cell_m)
    codes[shadow] = UNSEEN_CODES["cloud_shadow"]
    codes[snow] = UNSEEN_CODES["snow"]
    codes[cloud] = UNSEEN_CODES["cloud"]


def far(mask: np.ndarray, cell_m: float) -> np.ndarray:
    """Places farther than `SNOW_REACH_M` from a mask."""
    if not mask.any():
        return np.ones_like(mask)
    return ndimage.distance_transform_edt(~mask) * cell_m > SNOW_REACH_M


def large(mask: np.ndarray, least_m2: float, cell_m: float) -> np.ndarray:
    """Pieces (4-connected) of a mask of at least `least_m2`."""
    labels, count = ndimage.label(mask)
    if not count:
        return np.zeros_like(mask)
    keep = np.bincount(labels.ravel()) * cell_m**2 >= least_m2
    keep[0] = False
    return keep[labels]


def touching(mask: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """Pieces of a mask that hold a seed."""
    labels, _ = ndimage.label(mask | seed, np.ones((3, 3)))
    keep = np.zeros(labels.max() + 1, bool)
    keep[np.unique(labels[seed])] = True
    keep[0] = False
    return keep[labels]


def grown(core: np.ndarray, edge: np.ndarray, cell_m: float) -> np.ndarray:
    """A core with its thin rim (`edge` cells within reach) and a margin."""
    if not core.any():
        return core
    reach = max(1, round(EDGE_REACH_M / cell_m))
    margin = max(1, round(MARGIN_M / cell_m))
    whole = ndimage.binary_dilation(core, iterations=reach, mask=edge | core)
    return ndimage.binary_dilation(whole, np.ones((3, 3)), iterations=margin)


def shadow_of(cloud: np.ndarray, look: dict, other: dict, cell_m: float) -> np.ndarray:
    """Darkened places that lie where the date's clouds throw their shadow.

    All clouds share one sun, so one displacement must lay them on dark places; without
    such a displacement nothing is called shadow (a new reservoir is dark too).
    """
    with np.errstate(invalid="ignore"):
        dark = (look["nir"] < SHADOW_DARKENING * other["nir"]) & (
            look["visible"] < other["visible"]
        )
    dark = large(dark & ~cloud, LEAST_SHADOW_M2, cell_m)
    found = displacement(cloud, dark, cell_m)
    if found is None:
        return np.zeros_like(cloud)
    moved = shifted(cloud, *found)
    near = ndimage.binary_dilation(moved, iterations=max(1, round(SHADOW_REACH_M / cell_m)))
    margin = max(1, round(MARGIN_M / cell_m))
    return ndimage.binary_dilation(near & dark, np.ones((3, 3)), iterations=margin)


def displacement(cloud: np.ndarray, dark: np.ndarray, cell_m: float) -> tuple[int, int] | None:
    """Rows and cols from cloud to shadow that fit best, or None when none fits well."""
    step = max(1, int(SHADOW_CELL_M / cell_m))
    small = [thinned(mask, step) for mask in (cloud, dark)]
    if not small[0].any() or not small[1].any():
        return None
    rows, cols = small[0].shape
    shape = [fft.next_fast_len(2 * n, real=True) for n in (rows, cols)]
    one = np.conj(fft.rfft2(small[0], shape))
    hits = fft.irfft2(one * fft.rfft2(small[1], shape), shape)
    inside = fft.irfft2(one * fft.rfft2(np.ones_like(small[0]), shape), shape)
    down = (np.arange(shape[0]) + rows) % shape[0] - rows
    right = (np.arange(shape[1]) + cols) % shape[1] - cols
    distance_m = np.hypot(down[:, None], right[None]) * step * cell_m
    allowed = (distance_m < SHADOW_SEARCH_M) & (inside >= 0.5 * small[0].sum())
    share = np.where(allowed, hits / np.maximum(inside, 1), 0)
    i, j = np.unravel_index(share.argmax(), share.shape)
    if share[i, j] < max(SHADOW_AGREEMENT, SHADOW_CONTRAST * small[1].mean()):
        return None
    return int(down[i]) * step, int(right[j]) * step


def thinned(mask: np.ndarray, step: int) -> np.ndarray:
    """Every `step`-th cell, as float32."""
    return mask[::step, ::step].astype(np.float32)


def shifted(mask: np.ndarray, down: int, right: int) -> np.ndarray:
    """The mask moved by whole cells; what leaves the edge is lost."""
    result = np.zeros_like(mask)
    rows, cols = mask.shape
    target = np.s_[max(0, down) : rows + min(0, down), max(0, right) : cols + min(0, right)]
    source = np.s_[max(0, -down) : rows - max(0, down), max(0, -right) : cols - max(0, right)]
    result[target] = mask[source]
    return result
