"""Registering a scene: its footprint, the zoom it is worth, and the stretch of its tiles."""

import math
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
import shapely
from django.contrib.gis.geos import GEOSGeometry
from rasterio.enums import Resampling

from ecoredline import raster
from ecoredline.errors import InputError
from ecoredline.grid import Grid
from ecoredline.web.imagery import overviews
from ecoredline.web.imagery.models import Scene
from ecoredline.web.regions.models import STORAGE_SRID

SAMPLE_PIXELS = 1024  # longest side of the picture the stretch is measured on
STRETCH_PERCENT = (2, 98)
EDGE_POINTS = 16
METRES_PER_PIXEL_AT_ZOOM_0 = 156_543.034  # web mercator, 256-pixel tiles, at the equator
ZOOM_LIMIT = 19


def register_scene(
    path: Path,
    *,
    sha256: str,
    is_demo: bool,
    bands=None,
    acquired_on: date | None = None,
    sensor: str = "",
) -> Scene:
    """The scene of this file; its stretch is measured the first time (2 and 98 percent).

    A large image without overviews gets some, beside the platform's other files.
    """
    path = Path(path).resolve()
    overviews.build(str(path), sha256)
    known = Scene.objects.filter(sha256=sha256, path=str(path)).first()
    if known is not None:
        return known
    opened = raster.open_scene(path, bands=bands, acquired_on=acquired_on, sensor=sensor)
    shown = shown_bands(opened.bands)
    return Scene.objects.create(
        path=str(path), sha256=sha256, image_id=opened.image_id, acquired_on=opened.acquired_on,
        sensor=opened.sensor, bands=list(shown.items()), stretch=measure_stretch(path, shown, opened.nodata),
        nodata=opened.nodata, footprint=footprint(opened.grid), max_zoom=worthy_zoom(opened.grid),
        is_demo=is_demo,
    )  # fmt: skip


def shown_bands(bands: dict[str, int]) -> dict[str, int]:
    """The bands of the picture: true colour, else nir-red-green, else the first three."""
    for names in (("red", "green", "blue"), ("nir", "red", "green")):
        if all(name in bands for name in names):
            return {name: bands[name] for name in names}
    found = list(bands.items())
    if not found:
        raise InputError("got an image without known bands; wanted red, green and blue")
    return dict((found * 3)[:3]) if len(found) >= 3 else {found[0][0]: found[0][1]}


def measure_stretch(path: Path, bands: dict[str, int], nodata: float | None) -> list[list[float]]:
    """Value at 2 % and at 98 % of each shown band, from a picture of at most 1024 pixels."""
    with rasterio.open(path) as source:
        factor = max(1.0, max(source.height, source.width) / SAMPLE_PIXELS)
        shape = (
            len(bands),
            max(1, int(source.height / factor)),
            max(1, int(source.width / factor)),
        )
        picture = source.read(
            list(bands.values()), out_shape=shape, resampling=Resampling.nearest, masked=True
        ).astype("float64")
    values = np.ma.masked_invalid(picture)
    if nodata is not None:
        values = np.ma.masked_equal(values, nodata)
    ranges = []
    for band in values:
        kept = band.compressed()
        low, high = np.percentile(kept, STRETCH_PERCENT) if kept.size else (0.0, 1.0)
        ranges.append([float(low), float(high if high > low else low + 1)])
    return ranges


def footprint(grid: Grid) -> GEOSGeometry:
    """The image's outline in EPSG:4490, its edges followed closely."""
    along = np.linspace(0, 1, EDGE_POINTS, endpoint=False)
    cols = np.concatenate([along, np.ones_like(along), 1 - along, np.zeros_like(along)]) * grid.cols
    rows = np.concatenate([np.zeros_like(along), along, np.ones_like(along), 1 - along]) * grid.rows
    lon, lat = grid.to_lonlat.transform(*(grid.transform * (cols, rows)))
    outline = shapely.Polygon(np.column_stack([lon, lat]))
    return GEOSGeometry(memoryview(shapely.to_wkb(outline)), srid=STORAGE_SRID)


def worthy_zoom(grid: Grid) -> int:
    """The web-mercator zoom whose pixels are about as fine as the image's.

    Beyond it the browser enlarges.
    """
    west, south, east, north = grid.bounds
    _, lat = grid.to_lonlat.transform((west + east) / 2, (south + north) / 2)
    finest = METRES_PER_PIXEL_AT_ZOOM_0 * math.cos(math.radians(lat)) / grid.pixel_size_m
    return max(0, min(ZOOM_LIMIT, math.ceil(math.log2(finest))))
