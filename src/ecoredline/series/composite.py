"""One map of many dates: the season's maximum, median or percentile, clouds left out."""

import warnings
from datetime import date

import numpy as np

from ecoredline.errors import InputError, NotEnoughData

WAYS = ("max", "median", "mean", "percentile")
# HJ 1176-2021: images of the growing season; the north and the plateau Jun-Sep, else May-Oct
SEASONS = {"north": (6, 9), "south": (5, 10)}


def growing_season(days, region: str = "south", year: int | None = None) -> np.ndarray:
    """Which dates lie in the growing season of HJ 1176 (region `north` or `south`), of one year if given.

    >>> growing_season([date(2020, 4, 30), date(2020, 5, 1)]).tolist()
    [False, True]
    """
    if region not in SEASONS:
        raise InputError(f"got region {region!r}; wanted one of {', '.join(SEASONS)}")
    first, last = SEASONS[region]
    return np.array(
        [first <= d.month <= last and (year is None or d.year == year) for d in days], dtype=bool
    )


def composite(
    values, valid=None, *, way: str = "max", percentile: float = 90.0, fewest: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """One map of a series (times, rows, cols), and how many dates each pixel had.

    Parameters
    ----------
    valid : bool of the same shape, False under cloud, shadow, snow; NaN is never valid.
    way : one of `WAYS`; `percentile` 0..100 counts for that one.
    fewest : a pixel with fewer valid dates is NaN.

    >>> made, seen = composite(np.array([[[0.2]], [[0.8]], [[0.9]]]), np.array([[[1]], [[1]], [[0]]]))
    >>> float(made[0, 0]), int(seen[0, 0])
    (0.8, 2)
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 3 or not len(values):
        raise NotEnoughData(
            f"got a series of shape {values.shape}; wanted (times, rows, cols) with a date or more"
        )
    if way not in WAYS or not 0 <= percentile <= 100:
        raise InputError(
            f"got way {way!r}, percentile {percentile}; wanted one of {', '.join(WAYS)}, 0..100"
        )
    good = np.isfinite(values)
    if valid is not None:
        valid = np.asarray(valid, dtype=bool)
        if valid.shape != values.shape:
            raise InputError(f"got masks of {valid.shape} for a series of {values.shape}")
        good &= valid
    seen, kept = good.sum(axis=0), np.where(good, values, np.nan)
    with warnings.catch_warnings():  # an all-NaN pixel is what it is
        warnings.simplefilter("ignore", RuntimeWarning)
        made = reduced(kept, way, percentile)
    return np.where(seen >= max(fewest, 1), made, np.nan), seen


def reduced(kept: np.ndarray, way: str, percentile: float) -> np.ndarray:
    """The chosen statistic over time."""
    if way == "percentile":
        return np.nanpercentile(kept, percentile, axis=0)
    return {"max": np.nanmax, "median": np.nanmedian, "mean": np.nanmean}[way](kept, axis=0)


def ndvi_limits(ndvi, low: float = 5.0, high: float = 95.0) -> tuple[float, float]:
    """NDVI of bare soil and of full cover from the image's own percentiles, for `fvc`.

    Raises `NotEnoughData` when the image cannot tell them apart.

    >>> [round(v, 2) for v in ndvi_limits(np.linspace(0, 1, 101))]
    [0.05, 0.95]
    """
    values = np.asarray(ndvi, dtype=float)
    values = values[np.isfinite(values)]
    if values.size < 2:
        raise NotEnoughData(f"got {values.size} valid NDVI pixels; wanted 2 or more")
    soil, full = np.percentile(values, [low, high])
    if not soil < full:
        raise NotEnoughData(f"got NDVI of {soil:g} at both percentiles; give the limits yourself")
    return float(soil), float(full)


def check_dates(days: list[date], step_words: str = "the series") -> None:
    """Raise `InputError` that lists dates which come twice."""
    twice = sorted({d for d in days if days.count(d) > 1})
    if twice:
        raise InputError(
            f"got {step_words} with dates that come twice: {', '.join(map(str, twice))}"
        )
