"""Change of radar backscatter between two dates: a second opinion where cloud hides the ground.

Log-ratio of two images of one orbit and polarisation, each calmed by a Lee filter. It stands
beside the optical detectors under its own name and never enters their scores or confidences.
"""

import numpy as np
from scipy import ndimage

from ecoredline.errors import GridMismatch, InputError, NotEnoughData

METHOD = "sar_log_ratio"
WINDOW_PX = 7
LOOKS = 4.4  # equivalent number of looks of Sentinel-1 IW GRD (Sentinel-1 product specification)
LIMIT_DB, LIMIT_SPREADS = 3.0, 3.5
LEAST_VALUES = 100


def to_power(values: np.ndarray) -> np.ndarray:
    """Backscatter as power; values below 0 are taken for decibels, 0 and NaN are not seen.

    >>> to_power(np.array([-10.0, -20.0])).round(3).tolist()
    [0.1, 0.01]
    """
    values = np.asarray(values, float)
    known = values[np.isfinite(values) & (values != 0)]
    if not known.size:
        raise NotEnoughData("got a radar image without values; wanted backscatter in dB or power")
    if np.median(known) < 0:
        return np.where(np.isfinite(values), 10 ** (values / 10), np.nan)
    if (known < 0).any():
        raise InputError("got backscatter of both signs around 0; wanted decibels or power")
    return np.where(values > 0, values, np.nan)


def lee(power: np.ndarray, window: int = WINDOW_PX, looks: float = LOOKS) -> np.ndarray:
    """Lee's filter of multiplicative speckle (rows, cols), NaN stays NaN."""
    seen = np.isfinite(power)
    filled = np.where(seen, power, 0.0)
    weight = np.maximum(ndimage.uniform_filter(seen.astype(float), window), 1e-9)
    mean = ndimage.uniform_filter(filled, window) / weight
    square = ndimage.uniform_filter(filled**2, window) / weight
    variance = np.maximum(square - mean**2, 0.0)
    noise = mean**2 / looks
    signal = np.maximum(variance - noise, 0.0) / (1 + 1 / looks)
    share = signal / np.maximum(signal + noise, 1e-30)
    return np.where(seen, mean + share * (filled - mean), np.nan)


def log_ratio(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Change in decibels (rows, cols), the scene's median taken off; NaN where one is not seen.

    Raises `GridMismatch` for two shapes, `NotEnoughData` without ground that both show.
    """
    if before.shape != after.shape:
        raise GridMismatch(f"got radar images of {before.shape} and {after.shape}; wanted one grid")
    one, other = lee(to_power(before)), lee(to_power(after))
    ratio = 10 * np.log10(np.maximum(other, 1e-9) / np.maximum(one, 1e-9))
    known = np.isfinite(ratio)
    if known.sum() < LEAST_VALUES:
        raise NotEnoughData(
            f"got {int(known.sum())} pixels that both radar images show; wanted 100"
        )
    return ratio - np.median(ratio[known])


def radar_change(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change in decibels, and where it is one: beyond 3 dB and 3.5 spreads of the scene (bool)."""
    ratio = log_ratio(before, after)
    known = ratio[np.isfinite(ratio)]
    spread = 1.4826 * float(np.median(np.abs(known - np.median(known))))
    limit = max(LIMIT_DB, LIMIT_SPREADS * spread)
    return ratio, np.nan_to_num(np.abs(ratio), nan=0.0) >= limit
