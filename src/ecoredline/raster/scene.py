"""One image of one date as a `Scene`: what the file says about itself, checked."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from pyproj import CRS
from rasterio.enums import MaskFlags
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ecoredline.datum import refuse_old
from ecoredline.errors import InputError, NotComparable, NotEnoughData, UnsuitableCRS
from ecoredline.grid import Grid
from ecoredline.raster.bands import name_bands
from ecoredline.raster.pixels import missing, open_dataset, read_window
from ecoredline.raster.products import ID_TAG

DTYPES = ("uint8", "uint16", "int16", "float32")
DATE_TAGS = ("ACQUISITION_DATE", "ACQUISITIONDATETIME", "DATE")
WRITTEN_TAG = "TIFFTAG_DATETIME"  # when the file was written: the last thing to go by
DATE_PATTERN = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_:/]?(0[1-9]|1[0-2])[-_:/]?([0-2]\d|3[01])(?!\d\d)"
)
DEMO_TAG = "ECOREDLINE_DEMO"
MINIMUM_SIDE_PX = 16  # below this no shift can be estimated
GREY_SCALES = (1 / 255, 1 / 1023, 1 / 65535)  # values are grey levels, not reflectance
PROBE_BLOCKS = 4  # blocks looked at along each side to learn the range of values


@dataclass(frozen=True)
class Scene:
    """One image of one date: where it lies, what its bands are, how to turn it into reflectance.

    `bands` maps band name → 1-based index in the file; reflectance = number × `scale` + `offset`.
    """

    path: Path
    grid: Grid
    bands: dict[str, int]
    dtype: str
    nodata: float | None
    acquired_on: date | None
    sensor: str
    image_id: str
    scale: float
    is_demo: bool
    notes: tuple[str, ...]
    offset: float = 0.0
    masked: bool = False  # the file carries an alpha band or a mask


def open_scene(
    path: Path | str,
    *,
    bands: Sequence[str] | None = None,
    acquired_on: date | None = None,
    sensor: str = "",
) -> Scene:
    """Read what a raster file says about itself; `bands` names its bands in order ("" skips one).

    Raises `SourceError` (missing, empty, broken), `UnsuitableCRS`, `InputError` (bands,
    dtype), `NotEnoughData` (too few pixels), `NotComparable` (nothing but nodata).
    """
    path = Path(path)
    with open_dataset(path) as dataset:
        grid = scene_grid(dataset, path)
        names, notes = name_bands(dataset, path, bands)
        dtype = dataset.dtypes[0]
        if dtype not in DTYPES or len(set(dataset.dtypes)) > 1:
            raise InputError(
                f"{path} has pixels of {', '.join(sorted(set(dataset.dtypes)))}; wanted one of "
                f"{', '.join(DTYPES)} for all bands: convert it with gdal_translate -ot"
            )
        tags = {key.upper(): str(value) for key, value in dataset.tags().items()}
        masked = any(MaskFlags.per_dataset in flags for flags in dataset.mask_flag_enums)
        nodata = dataset.nodatavals[0]
        sample = probe(dataset, path, list(names.values()), nodata, masked)
        scale, offset, said = guess_scale(dataset, sample, dtype)
    day, doubt = (acquired_on, []) if acquired_on else find_date(tags, tags.get(ID_TAG, path.stem))
    return Scene(
        path=path, grid=grid, bands=names, dtype=dtype,
        nodata=None if nodata is None else float(nodata),
        acquired_on=day,
        sensor=sensor or tags.get("SENSOR", "") or tags.get("SATELLITE", ""),
        image_id=tags.get(ID_TAG, path.stem), scale=scale, is_demo=tags.get(DEMO_TAG) == "1",
        notes=(*notes, *said, *doubt), offset=offset, masked=masked,
    )  # fmt: skip


def scene_grid(dataset, path: Path) -> Grid:
    """The file's own grid, made north-up when it is turned."""
    if dataset.crs is None:
        hint = " (it has control points: warp it with gdalwarp first)" if dataset.gcps[0] else ""
        if dataset.rpcs:
            hint = " (it has RPC: ecoredline rectify SCENE --dem DEM --out TIF)"
        raise UnsuitableCRS(
            f"{path} has no coordinate system{hint}; wanted one: set it with gdal_edit.py -a_srs"
        )
    crs = refuse_old(CRS.from_user_input(dataset.crs.to_wkt()), path)
    if not (crs.is_geographic or crs.is_projected):
        raise UnsuitableCRS(f"{path} has {crs.name!r}, which says no place on Earth; wanted EPSG")
    if min(dataset.height, dataset.width) < MINIMUM_SIDE_PX:
        raise NotEnoughData(
            f"{path} has {dataset.height} x {dataset.width} pixels; wanted at least "
            f"{MINIMUM_SIDE_PX} x {MINIMUM_SIDE_PX}"
        )
    if north_up(dataset.transform):
        return Grid(crs, dataset.transform, dataset.height, dataset.width)
    with WarpedVRT(dataset, crs=dataset.crs) as turned:
        return Grid(crs, turned.transform, turned.height, turned.width)


def north_up(transform) -> bool:
    """Is row 0 in the north and no turn in the affine?"""
    return transform.b == 0 and transform.d == 0 and transform.a > 0 > transform.e


def probe(
    dataset, path: Path, indexes: list[int], nodata: float | None, masked: bool
) -> np.ndarray:
    """Valid values of a few blocks (bands, n); raise `NotComparable` when the file holds none."""
    height, width = dataset.block_shapes[0]
    down, across = math.ceil(dataset.height / height), math.ceil(dataset.width / width)
    found = []
    for r in spread(down):
        for c in spread(across):
            window = Window(c * width, r * height, width, height)
            window = window.intersection(Window(0, 0, dataset.width, dataset.height))
            found.append(valid_values(dataset, path, indexes, window, nodata, masked))
    if not any(values.size for values in found):
        found = [
            valid_values(dataset, path, indexes, window, nodata, masked)
            for _, window in dataset.block_windows(1)
        ]
    sample = np.concatenate([v for v in found if v.size] or [np.empty((len(indexes), 0))], axis=1)
    if not sample.size:
        raise NotComparable(f"{path} holds nothing but nodata: give another image")
    return sample


def spread(count: int) -> list[int]:
    """At most `PROBE_BLOCKS` places spread over `count`.

    >>> spread(20)
    [2, 7, 12, 17]
    """
    wanted = min(count, PROBE_BLOCKS)
    return [(2 * i + 1) * count // (2 * wanted) for i in range(wanted)]


def valid_values(dataset, path, indexes, window, nodata, masked) -> np.ndarray:
    """Values of the valid pixels of a window, thinned to some thousands."""
    values = read_window(dataset, path, indexes, window)
    seen = ~missing(values, nodata)
    if masked:
        seen &= read_window(dataset, path, 1, window, mask=True) > 0
    kept = values[:, seen]
    return kept[:, :: max(1, kept.shape[1] // 4096)]


def guess_scale(dataset, sample: np.ndarray, dtype: str) -> tuple[float, float, list[str]]:
    """Scale and offset to reflectance 0..1: as the file says, else by the range of its values."""
    scale, offset = dataset.scales[0], dataset.offsets[0]
    if (scale, offset) not in ((1.0, 0.0), (0.0, 0.0)):
        return float(scale), float(offset), []
    if np.issubdtype(np.dtype(dtype), np.integer):  # saturated numbers say nothing of the scale
        below = sample[sample < np.iinfo(dtype).max]
        sample = below if below.size else sample
    high = float(np.quantile(sample, 0.995))
    if dtype == "uint8":
        return GREY_SCALES[0], 0.0, []
    if dtype == "float32" and high <= 3:
        return 1.0, 0.0, []
    if dtype == "float32" and high <= 255:
        return GREY_SCALES[0], 0.0, []
    if high <= 1023 and float(sample.max()) <= 1023:
        return GREY_SCALES[1], 0.0, ["像元值不超过 1023,按 10 位灰度而非反射率读取。"]
    if high > 20000:
        return GREY_SCALES[2], 0.0, ["像元值大于 20000,按 16 位灰度而非反射率读取。"]
    return 1e-4, 0.0, []


def find_date(tags: dict[str, str], stem: str) -> tuple[date | None, list[str]]:
    """Acquisition date from its tags, else YYYYMMDD in the name, else the writing time; and doubts.

    >>> find_date({"TIFFTAG_DATETIME": "2026:01:05 10:00:00"}, "GF2_20240315_L1A")
    (datetime.date(2024, 3, 15), [])
    """
    told = [first_day(tags.get(key, "")) for key in DATE_TAGS]
    tag, name = next((d for d in told if d), None), first_day(stem)
    if tag and name and tag != name:
        return tag, [f"标签日期 {tag} 与文件名日期 {name} 不一致：按标签；可用日期选项给出"]
    if tag or name:
        return tag or name, []
    written = first_day(tags.get(WRITTEN_TAG, ""))
    return written, [f"日期 {written} 取自文件写入时间标签，请核对"] if written else []


def first_day(text: str) -> date | None:
    """The first day of the calendar that a text names."""
    for year, month, day in DATE_PATTERN.findall(text):
        if valid_day(int(year), int(month), int(day)):
            return date(int(year), int(month), int(day))
    return None


def valid_day(year: int, month: int, day: int) -> bool:
    """Is there such a day in the calendar?"""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
