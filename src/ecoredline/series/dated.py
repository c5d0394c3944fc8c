"""Images of many dates as one index on one grid: which file is of which day, and what it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
from rasterio.windows import Window

from ecoredline.errors import EcoredlineError, InputError, SourceError
from ecoredline.grid import Grid
from ecoredline.raster import Reader, Scene, open_dataset, open_scene
from ecoredline.raster.layers import map_grid, read_part
from ecoredline.raster.products import ID_TAG, metadata_file
from ecoredline.raster.scene import DEMO_TAG, find_date

SUFFIXES = (".tif", ".tiff", ".img", ".jp2", ".vrt")
MASK_SUFFIX = "_mask"  # NAME_mask.tif beside NAME.tif: not 0 where it must not be used
INDEX_RANGE = 1.5  # NDVI lies within ±1; more is stored numbers without their scale


@dataclass(frozen=True)
class DatedImage:
    """One image of a series: a scene NDVI is made of, or a one-band map of the index itself."""

    day: date
    path: Path
    grid: Grid
    scene: Scene | None = None
    mask: Path | None = None
    is_demo: bool = False

    def read(self, row: int, rows: int, grid: Grid) -> np.ndarray:
        """The index (rows, cols) of rows of `grid`, NaN where it was not seen."""
        part = grid.window(row, 0, rows, grid.cols)
        if self.scene is not None:
            with Reader(self.scene, part, ("red", "nir")) as reader:
                red, nir = reader.reflectance(0, 0, rows, grid.cols)
            whole = red + nir
            index = np.where(whole > 0, (nir - red) / np.where(whole > 0, whole, 1), np.nan)
        else:
            with open_dataset(self.path) as dataset:
                index = read_part(dataset, self.path, 1, Window(0, row, grid.cols, rows))
        index = np.where(np.abs(index) <= INDEX_RANGE, index, np.nan)
        if self.mask is not None:
            with open_dataset(self.mask) as dataset:
                hidden = dataset.read(1, window=Window(0, row, grid.cols, rows)) != 0
            index = np.where(hidden, np.nan, index)
        return index


def dated_images(paths: Sequence[Path], **options) -> list[DatedImage]:
    """The images of folders and files in order of their days; raises `InputError` with all faults.

    A day that comes twice, an image without a date, without red and near infrared, or off the
    first one's lattice (one-band maps and masks) is a fault. `options` as in `open_scene`.
    """
    files, found, faults = list_images(paths), [], []
    if not files:
        raise InputError(
            f"got no images in {', '.join(map(str, paths))}; wanted {', '.join(SUFFIXES)}"
        )
    for path in files:
        try:
            found.append(open_dated(path, **options))
        except EcoredlineError as fault:
            faults.append(f"{path.name}: {fault}")
    found.sort(key=lambda one: (one.day, one.path.name))
    for one, other in pairwise(found):
        if one.day == other.day:
            faults.append(f"{other.path.name}: {other.day} comes twice (also {one.path.name})")
    if found:
        base = found[0].grid
        off = [i for i in found if i.scene is None and not i.grid.same_as(base)]
        faults += [f"{i.path.name}: its grid is not that of {found[0].path.name}" for i in off]
    if faults:
        raise InputError(f"got {len(faults)} faults in {len(files)} images: " + "; ".join(faults))
    return found


def list_images(paths: Sequence[Path]) -> list[Path]:
    """Files as given; of a folder its images and products, masks left out."""
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise SourceError(f"got {path}, which does not exist; wanted an image or a folder")
        if path.is_file() or metadata_file(path):
            found.append(path)
            continue
        inside = sorted(path.iterdir())
        found += [
            p for p in inside if p.suffix.lower() in SUFFIXES and not p.stem.endswith(MASK_SUFFIX)
        ]
        found += [p for p in inside if p.is_dir() and metadata_file(p)]
    return list(dict.fromkeys(found))


def open_dated(path: Path, **options) -> DatedImage:
    """One image of a series; raises what `open_scene` raises, and `InputError` without a date."""
    with open_dataset(path) as dataset:
        is_map = dataset.count == 1
        tags = {k.upper(): str(v) for k, v in dataset.tags().items()}
        grid = map_grid(dataset, path) if is_map else None
    beside = path.with_name(f"{path.stem}{MASK_SUFFIX}{path.suffix}")
    mask = beside if beside.is_file() else None
    if is_map:
        day, _ = find_date(tags, tags.get(ID_TAG, path.stem))
        found = DatedImage(needed(day), path, grid, None, mask, tags.get(DEMO_TAG) == "1")
    else:
        scene = open_scene(path, **options)
        if not {"red", "nir"} <= set(scene.bands):
            raise InputError(f"got bands {', '.join(scene.bands)}; wanted red and nir for NDVI")
        found = DatedImage(needed(scene.acquired_on), path, scene.grid, scene, mask, scene.is_demo)
    return found


def needed(day: date | None) -> date:
    """The day, which must be known."""
    if day is None:
        raise InputError("got no date in tags or name; wanted YYYYMMDD in the file's name")
    return day
