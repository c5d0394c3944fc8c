"""One tile of a scene as PNG, with the scene's fixed stretch so that tiles fit together."""

import math

from rasterio.crs import CRS
from rio_tiler.errors import PointOutsideBounds, TileOutsideBounds
from rio_tiler.io import Reader

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
            picture = source.tile(
                x, y, z, tilesize=TILE_PIXELS, indexes=[index for _, index in scene.bands],
                nodata=scene.nodata, resampling_method="bilinear",
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
