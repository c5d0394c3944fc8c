"""One tile of a scene as PNG, with the scene's fixed stretch so that tiles fit together."""

import math

from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rio_tiler.errors import PointOutsideBounds, TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData

from ecoredline.errors import SourceError
from ecoredline.web.imagery import overviews
from ecoredline.web.imagery.models import Scene

TILE_PIXELS = 256
OUTSIDE = (TileOutsideBounds, PointOutsideBounds)
LONLAT, MERCATOR = CRS.from_epsg(4326), CRS.from_epsg(3857)
METRES_PER_DEGREE = 111_320.0


def tile(scene: Scene, z: int, x: int, y: int) -> bytes | None:
    """The web-mercator tile z/x/y as PNG; None when it lies outside the image or is all nodata.

    Raises `SourceError` when the file cannot be read any more.
    """
    try:
        with Reader(overviews.readable(scene.path, scene.sha256)) as source:
            bands = [index for _, index in scene.bands]
            if scene.nodata is not None and z < scene.max_zoom:
                picture = from_afar(source, bands, scene.nodata, x, y, z)
            else:
                picture = source.tile(
                    x, y, z, tilesize=TILE_PIXELS, indexes=bands, nodata=scene.nodata,
                    resampling_method="bilinear",
                )  # fmt: skip
    except OUTSIDE:
        return None
    except OSError as fault:  # rasterio's errors are OSError
        raise SourceError(f"could not read {scene.image_id}: {fault}") from fault
    return drawn(picture, scene)


def around(scene: Scene, lon: float, lat: float, half_m: float, pixels: int) -> bytes | None:
    """A square picture (PNG) of the ground around a point, `half_m` metres to each side.

    None when the image shows nothing there; `SourceError` as for a tile.
    """
    down = half_m / METRES_PER_DEGREE
    across = down / max(math.cos(math.radians(lat)), 0.01)
    box = lon - across, lat - down, lon + across, lat + down
    try:
        with Reader(overviews.readable(scene.path, scene.sha256)) as source:
            picture = source.part(
                box, bounds_crs=LONLAT, dst_crs=MERCATOR, width=pixels, height=pixels,
                indexes=[index for _, index in scene.bands], nodata=scene.nodata,
                resampling_method="bilinear",
            )  # fmt: skip
    except OUTSIDE:
        return None
    except OSError as fault:
        raise SourceError(f"could not read {scene.image_id}: {fault}") from fault
    return drawn(picture, scene)


def drawn(picture, scene: Scene) -> bytes | None:
    """A picture with the scene's stretch; None when it is all nodata."""
    if not picture.mask.any():
        return None
    picture.rescale(in_range=[tuple(pair) for pair in scene.stretch], out_range=[(0, 255)])
    return picture.render(img_format="PNG", add_mask=True)


def from_afar(source: Reader, bands: list[int], nodata: float, x: int, y: int, z: int) -> ImageData:
    """A tile coarser than the image, warped to the tile's own pixels; raises `TileOutsideBounds`.

    The library would mask nodata at the image's resolution over the whole tile: from zoom 8 on up
    that is gigabytes and minutes for an image of a few kilobytes.
    """
    if not source.tile_exists(x, y, z):
        raise TileOutsideBounds(f"{z}/{x}/{y}")
    bounds = source.tms.xy_bounds(x, y, z)
    place = from_bounds(*bounds, TILE_PIXELS, TILE_PIXELS)
    with WarpedVRT(
        source.dataset, crs=MERCATOR, transform=place, width=TILE_PIXELS, height=TILE_PIXELS,
        resampling=Resampling.bilinear, src_nodata=nodata, nodata=nodata,
    ) as warped:  # fmt: skip
        return ImageData(warped.read(bands, masked=True), bounds=tuple(bounds), crs=MERCATOR)
