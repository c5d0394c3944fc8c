"""A third date of the demo landscape: what became of some places after the second.

Recovered places go back towards what they were, damaged ones are dug open; everything else stays
as it was, seen by the same sensor some months later.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
import shapely
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.windows import Window
from rasterio.windows import transform as window_transform

from ecoredline.errors import InputError, OutputError
from ecoredline.files import whole_file
from ecoredline.record import Job
from ecoredline.simulate.writing import CACHE_MIB, overview_factors

LATER_ON = date(2026, 10, 18)
RECOVERED_SHARE = 0.75  # how much of the plant cover is back
DUG = (900, 1250, 1650, 2150)  # blue, green, red, nir of bare subsoil, reflectance × 10000
DUG_SPREAD = 120
NOISE = 12
ROWS = 512
RECOVERED, DAMAGED = 1, 2


def in_pixels(outlines: Sequence, crs) -> list:
    """Polygons of EPSG:4490 in the image's own system."""
    to = Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    return [
        shapely.transform(o, lambda xy: np.column_stack(to.transform(xy[:, 0], xy[:, 1])))
        for o in outlines
    ]


def marks(places: list[tuple], window: Window, transform) -> np.ndarray:
    """For each pixel of a window what became of it: 0, RECOVERED or DAMAGED; [rows, cols]."""
    shape = (int(window.height), int(window.width))
    if not places:
        return np.zeros(shape, np.uint8)
    here = window_transform(window, transform)
    return rasterize(places, out_shape=shape, transform=here, fill=0, dtype="uint8")


def seen_later(before, after, mark, rng) -> np.ndarray:
    """The later pixels from the two earlier ones, uint16 [bands, rows, cols]; nodata (0) stays."""
    found = after.astype(np.float32)
    back = mark == RECOVERED
    share = np.float32(RECOVERED_SHARE)
    found[:, back] = share * before[:, back] + (1 - share) * after[:, back]
    dug = mark == DAMAGED
    for band, level in enumerate(DUG):
        found[band, dug] = level + rng.normal(0, DUG_SPREAD, int(dug.sum()))
    found += rng.normal(0, NOISE, found.shape)
    found = np.clip(np.rint(found), 1, np.iinfo(np.uint16).max).astype(np.uint16)
    found[(after == 0) | ((before == 0) & back)] = 0
    return found


def later_image(
    folder: Path | str, *, recovered: Sequence, damaged: Sequence, seed: int,
    name: str = "later.tif", job: Job | None = None,
) -> Path:  # fmt: skip
    """Write the third date beside the two of a simulated scene; gives its path.

    `recovered` and `damaged` are shapely polygons in EPSG:4490; where both lie, damage counts.
    The same arguments give the same pixels. Raises `InputError` when `folder` holds no scene,
    `OutputError` when the file cannot be written, `Cancelled`.
    """
    folder, job = Path(folder), job or Job()
    first, second = folder / "before.tif", folder / "after.tif"
    if not (first.exists() and second.exists()):
        raise InputError(f"got {folder}; wanted a folder with before.tif and after.tif")
    path = folder / name
    with (
        whole_file(path) as part,
        rasterio.Env(GDAL_CACHEMAX=CACHE_MIB << 20),
        rasterio.open(first) as before,
        rasterio.open(second) as after,
    ):
        places = [(o, RECOVERED) for o in in_pixels(recovered, after.crs)]
        places += [(o, DAMAGED) for o in in_pixels(damaged, after.crs)]
        try:
            with rasterio.open(part, "w", **after.profile) as target:
                write_bands(target, before, after, places, seed, job)
            with rasterio.open(part, "r+") as target:
                target.build_overviews(
                    overview_factors(after.height, after.width), Resampling.average
                )
        except RasterioError as fault:
            raise OutputError(f"could not write {path}: {fault}; is the disk full?") from fault
    return path


def write_bands(target, before, after, places: list[tuple], seed: int, job: Job) -> None:
    """Write the pixels strip by strip, and what the image says about itself."""
    target.colorinterp, target.scales = after.colorinterp, after.scales
    for band, words in enumerate(after.descriptions, 1):
        target.set_band_description(band, words)
    said = after.tags() | {
        "TIFFTAG_DATETIME": f"{LATER_ON:%Y:%m:%d} 11:50:00",
        "ACQUISITION_DATE": LATER_ON.isoformat(),
    }
    said.pop("AREA_OR_POINT", None)
    target.update_tags(**said)
    for row in range(0, after.height, ROWS):
        job.at("later", row / after.height)
        window = Window(0, row, after.width, min(ROWS, after.height - row))
        mark = marks(places, window, after.transform)
        rng = np.random.default_rng([seed, row])
        pixels = seen_later(before.read(window=window), after.read(window=window), mark, rng)
        target.write(pixels, window=window)
