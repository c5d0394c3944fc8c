"""Smaller copies of an image that has none, so that a tile of a low zoom does not read the whole file.

They lie under the platform's folder, as a VRT of the image with its overviews beside it: the image itself,
whose hash the run keeps, is never touched.
"""

import contextlib
import hashlib
import logging
import os
import threading
from pathlib import Path

import rasterio
import rasterio.shutil
from django.conf import settings
from rasterio.enums import Resampling
from rasterio.errors import RasterioError

log = logging.getLogger(__name__)
FOLDER = "overviews"
SIDE_PIXELS = 1024  # an image whose longer side has no more is read whole
OPTIONS = {"COMPRESS_OVERVIEW": "DEFLATE", "BIGTIFF_OVERVIEW": "IF_SAFER", "GDAL_NUM_THREADS": "2"}


def place_of(path: str, sha256: str) -> Path:
    """Where the VRT of an image lies, once it is made."""
    name = hashlib.sha256(f"{sha256} {path}".encode()).hexdigest()[:40]
    return Path(settings.ECOREDLINE_VAR) / FOLDER / name[:2] / f"{name[2:]}.vrt"


def readable(path: str, sha256: str) -> str:
    """What tiles are read from: the VRT with overviews where there is one, else the image."""
    found = place_of(path, sha256)
    return str(found) if found.exists() and Path(path).exists() else path


def factors_of(side: int) -> list[int]:
    """Halvings until the longer side has at most 512 pixels.

    >>> factors_of(4000), factors_of(1024)
    ([2, 4, 8], [])
    """
    return [2**k for k in range(1, 16) if side > SIDE_PIXELS and side / 2**k * 4 > SIDE_PIXELS]


def build(path: str, sha256: str) -> bool:
    """Make overviews for a large image that has none; tells whether it did.

    A full disk or a file that cannot be read only costs the speed: it is logged.
    """
    target = place_of(path, sha256)
    with rasterio.open(path) as source:
        factors = factors_of(max(source.width, source.height))
        if not factors or target.exists() or any(source.overviews(b) for b in source.indexes):
            return False
    own = target.with_name(f"{target.stem}-{os.getpid()}-{threading.get_ident()}.vrt")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        rasterio.shutil.copy(path, own, driver="VRT")
        with rasterio.Env(**OPTIONS), rasterio.open(own, "r+") as made:
            made.build_overviews(factors, Resampling.average)
        beside(own).replace(beside(target))
        own.replace(target)
    except (RasterioError, OSError) as fault:
        log.warning("no overviews of %s: %s", Path(path).name, fault)
        for left in (own, beside(own)):
            with contextlib.suppress(OSError):
                left.unlink()
        return False
    return True


def beside(vrt: Path) -> Path:
    """The file of the overviews of a VRT."""
    return vrt.with_name(f"{vrt.name}.ovr")
