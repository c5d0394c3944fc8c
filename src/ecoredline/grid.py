"""The pixel grid two images share: coordinate system, affine, size."""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from affine import Affine
from pyproj import CRS, Geod, Transformer

from ecoredline.errors import GridMismatch

STORAGE_CRS = CRS.from_epsg(4490)  # CGCS2000, kept as lon, lat
ELLIPSOID = Geod(a=6378137.0, rf=298.257222101)  # CGCS2000, standards 10.7


@lru_cache(maxsize=32)
def lonlat_transformer(crs: CRS) -> Transformer:
    """Transformer from a CRS to CGCS2000 lon, lat; made once, threads may share it."""
    return Transformer.from_crs(crs, STORAGE_CRS, always_xy=True)


def parallelogram_m2(transform: Affine, to_lonlat: Transformer, cols, rows) -> np.ndarray:
    """Ground area m² of the pixels whose corners lie at (cols, rows), by two sides and their angle."""
    corners = ((cols, rows), (cols + 1, rows), (cols, rows + 1))
    (lon, lat), east, south = (to_lonlat.transform(*(transform * c)) for c in corners)
    (one, _, width), (other, _, height) = (ELLIPSOID.inv(lon, lat, *p) for p in (east, south))
    return width * height * np.abs(np.sin(np.radians(other - one)))


@dataclass(frozen=True)
class Grid:
    """A north-up pixel grid: arrays on it have shape (rows, cols).

    `transform` maps (col, row) to (easting, northing) or (lon, lat).
    """

    crs: CRS
    transform: Affine
    rows: int
    cols: int

    def __post_init__(self):
        if self.rows < 1 or self.cols < 1:
            raise GridMismatch(
                f"got a grid of {self.rows} x {self.cols} pixels; wanted 1 x 1 or more"
            )

    def __reduce__(self):
        """Sent elsewhere without what was worked out here: equal grids are equal bytes."""
        return Grid, (self.crs, self.transform, self.rows, self.cols)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the grid's own coordinates."""
        west, north = self.transform * (0, 0)
        east, south = self.transform * (self.cols, self.rows)
        return min(west, east), min(south, north), max(west, east), max(south, north)

    @property
    def to_lonlat(self) -> Transformer:
        """Transformer from grid coordinates to CGCS2000 lon, lat."""
        return lonlat_transformer(self.crs)

    @cached_property
    def pixel_m(self) -> tuple[float, float]:
        """Ground width and height of the middle pixel in metres, on the ellipsoid.

        >>> g = Grid(CRS.from_epsg(4543), Affine(2, 0, 5e5, 0, -2, 2.94e6), 10, 10)
        >>> [round(v, 2) for v in g.pixel_m]
        [2.0, 2.0]
        """
        col, row = self.cols / 2, self.rows / 2
        points = [self.transform * p for p in ((col, row), (col + 1, row), (col, row + 1))]
        (lon, lat), (lon_e, lat_e), (lon_s, lat_s) = (self.to_lonlat.transform(*p) for p in points)
        width = ELLIPSOID.inv(lon, lat, lon_e, lat_e)[2]
        height = ELLIPSOID.inv(lon, lat, lon_s, lat_s)[2]
        return width, height

    @cached_property
    def pixel_area_m2(self) -> float:
        """Ground area of the middle pixel in square metres, on the ellipsoid.

        A projection may shear its pixels (MODIS' sinusoidal): sides alone would say too much.

        >>> sinusoidal = CRS.from_proj4("+proj=sinu +R=6371007.181 +units=m")
        >>> g = Grid(sinusoidal, Affine(463.3, 0, 1.01e7, 0, -463.3, 2.96e6), 1, 1)
        >>> 0.99 < g.pixel_area_m2 / 463.3**2 < 1.01
        True
        """
        place = np.array([self.cols / 2]), np.array([self.rows / 2])
        return float(parallelogram_m2(self.transform, self.to_lonlat, *place)[0])

    @property
    def pixel_size_m(self) -> float:
        """One number for "how fine": the side of a square as large as a pixel, metres."""
        return math.sqrt(self.pixel_area_m2)

    def window(self, row: int, col: int, rows: int, cols: int) -> "Grid":
        """The part of this grid that starts at (row, col); it must lie inside."""
        if row < 0 or col < 0 or row + rows > self.rows or col + cols > self.cols:
            raise GridMismatch(
                f"got window rows {row}+{rows}, cols {col}+{cols}; the grid has {self.rows} x {self.cols}"
            )
        return Grid(self.crs, self.transform * Affine.translation(col, row), rows, cols)

    def same_as(self, other: "Grid", tolerance_px: float = 1e-3) -> bool:
        """Is `other` this very grid, to a thousandth of a pixel?"""
        if self.crs != other.crs or (self.rows, self.cols) != (other.rows, other.cols):
            return False
        a, b = self.transform, other.transform
        step = abs(a.a)
        corners = ((0, 0), (self.cols, self.rows))
        return all(
            abs(p - q) <= tolerance_px * step
            for c in corners
            for p, q in zip(a * c, b * c, strict=True)
        )
