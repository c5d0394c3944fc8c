"""One tile of a scene as PNG, with the scene's fixed stretch so that tiles fit together."""

from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader

from ecoredline.errors import SourceError
from ecoredline.web.imagery import overviews
from ecoredline.web.imagery.models import Scene

TILE_PIXELS = 256


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
    except TileOutsideBounds:
        return None
    except OSError as fault:  # rasterio's errors are OSError
        raise SourceError(f"could not read {scene.image_id}: {fault}") from fault
    if not picture.mask.any():
        return None
    picture.rescale(in_range=[tuple(pair) for pair in scene.stretch], out_range=[(0, 255)])
    return picture.render(img_format="PNG", add_mask=True)
