"""Slope, aspect and relief of a DEM on a grid in metres; 3 × 3 cells, so blocks need a margin of 1."""

import numpy as np
from scipy import ndimage

ALONG = np.array([1.0, 2.0, 1.0])


def derivatives(dem, cell_m: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Rise to the east and to the north, m/m (Horn 1981); a missing neighbour takes the middle's height."""
    dem = np.asarray(dem, dtype=np.float64)
    around = np.pad(dem, 1, constant_values=np.nan)
    rows, cols = dem.shape

    def at(r, c):
        values = around[1 + r : 1 + r + rows, 1 + c : 1 + c + cols]
        return np.where(np.isnan(values), dem, values)

    east = sum(w * (at(r, 1) - at(r, -1)) for r, w in zip((-1, 0, 1), ALONG, strict=True))
    north = sum(w * (at(-1, c) - at(1, c)) for c, w in zip((-1, 0, 1), ALONG, strict=True))
    gone = np.where(np.isnan(dem), np.nan, 0.0)
    return east / (8 * cell_m[0]) + gone, north / (8 * cell_m[1]) + gone


def slope_of_dem(dem, cell_m: tuple[float, float]) -> np.ndarray:
    """Slope in degrees, 0..90; NaN where the DEM is NaN.

    >>> plane = np.add.outer(np.zeros(5), np.arange(5.0) * 30)
    >>> float(slope_of_dem(plane, (30.0, 30.0))[2, 2].round(6))
    45.0
    """
    return np.degrees(np.arctan(np.hypot(*derivatives(dem, cell_m))))


def aspect_degrees(dem, cell_m: tuple[float, float]) -> np.ndarray:
    """Where the slope looks: degrees from north, clockwise; NaN on flats and nodata.

    >>> falls_east = np.add.outer(np.zeros(5), -np.arange(5.0))
    >>> float(aspect_degrees(falls_east, (1.0, 1.0))[2, 2])
    90.0
    """
    east, north = derivatives(dem, cell_m)
    aspect = np.degrees(np.arctan2(-east, -north)) % 360
    return np.where((east == 0) & (north == 0), np.nan, aspect)


def relief(dem, window_px: int) -> np.ndarray:
    """Relief 地形起伏度: highest less lowest height in a square window of odd size, m.

    >>> float(relief(np.arange(25.0).reshape(5, 5), 3)[2, 2])
    12.0
    """
    dem = np.asarray(dem, dtype=np.float64)
    gone = np.isnan(dem)
    high = ndimage.maximum_filter(np.where(gone, -np.inf, dem), window_px, mode="nearest")
    low = ndimage.minimum_filter(np.where(gone, np.inf, dem), window_px, mode="nearest")
    return np.where(gone, np.nan, high - low)
