"""The ground under the map: nothing but the platform's own divisions, an own file, or 天地图.

A government network may not reach 天地图, so nothing depends on it; an own file (GeoTIFF, COG or MBTiles with
pictures), or one of vectors (GeoPackage, SHP, GeoJSON: rivers, roads), is cut into tiles here.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader

from ecoredline.errors import SourceError
from ecoredline.web.core.problems import NotFound
from ecoredline.web.imagery.render import TILE_PIXELS
from ecoredline.web.maps import lines

# standards.md 10.8: layer, and the layer of its names
TIANDITU = {"vec": "cva", "img": "cia", "ter": "cta"}
TIANDITU_URL = (
    "https://t{{0-7}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
TIANDITU_DEEPEST, OWN_DEEPEST = 18, 18
SHOWN_BANDS = 3


def grounds() -> list[dict]:
    """What the map can lie on: name, label, addresses of picture tiles, what is to be said of them."""
    found = [{"name": "plain", "label": _("素图"), "urls": [], "said": ""}]
    if settings.BASEMAP_FILE:
        address = reverse("ground_tile", args=[0, 0, 0]).replace("/0/0/0", "/{z}/{x}/{y}")
        found.append({"name": "own", "label": _("本地底图"), "urls": [address], "max_zoom": OWN_DEEPEST, "said": Path(settings.BASEMAP_FILE).stem})  # fmt: skip
    if settings.TIANDITU_KEY:
        labels = {"vec": _("天地图矢量"), "img": _("天地图影像"), "ter": _("天地图地形")}
        for layer, names in TIANDITU.items():
            urls = [TIANDITU_URL.format(layer=n, key=settings.TIANDITU_KEY) for n in (layer, names)]
            found.append({"name": f"tdt-{layer}", "label": labels[layer], "urls": urls, "max_zoom": TIANDITU_DEEPEST, "said": _("底图：天地图")})  # fmt: skip
    return found


@cache
def bands_of(path: str) -> tuple[int, ...]:
    """The first three bands, or the first alone where there are fewer."""
    with Reader(path) as source:
        count = source.dataset.count
    return (1, 2, 3) if count >= SHOWN_BANDS else (1,)


def own_tile(z: int, x: int, y: int) -> bytes | None:
    """A tile of the own file as PNG, None beside it.

    Raises `NotFound` when there is none in the settings, `SourceError` when it cannot be read.
    """
    path = settings.BASEMAP_FILE
    if not path:
        raise NotFound("ground")
    if lines.layers_of(path):
        return lines.tile(path, z, x, y)
    try:
        with Reader(path) as source:
            picture = source.tile(x, y, z, tilesize=TILE_PIXELS, indexes=bands_of(path), resampling_method="bilinear")  # fmt: skip
    except TileOutsideBounds:
        return None
    except OSError as fault:
        raise SourceError(
            f"could not read ECOREDLINE_BASEMAP {Path(path).name}: {fault}"
        ) from fault
    return picture.render(img_format="PNG", add_mask=True)
