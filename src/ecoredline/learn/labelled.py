"""Labelled pairs of images: two dates and where the ground changed, as pixels to learn from."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
from rasterio import features
from rasterio.enums import Resampling
from rasterio.warp import reproject

from ecoredline.change.detect import (
    focused,
    hide,
    hider,
    look_over,
    prepare,
    scored_bands,
    search_radius,
    smooth_width,
)
from ecoredline.change.pair import Pair
from ecoredline.change.parameters import DetectionParameters
from ecoredline.change.sample import read_sample
from ecoredline.errors import InputError, SourceError
from ecoredline.grid import Grid
from ecoredline.learn.pixel_features import learn_units, pixel_features
from ecoredline.learn.pixel_training import Place
from ecoredline.raster import common_bands, common_grid, open_scene
from ecoredline.record import Job

BEFORE, AFTER, TRUTH = "before.tif", "after.tif", "truth"
TRUTH_KINDS = (".tif", ".gpkg", ".geojson", ".shp")
CHANGED_PIXELS, OTHER_PIXELS, EVEN_PIXELS = 3_000, 7_000, 60_000  # a place
UNKNOWN = 255
EVERYTHING = np.float32(-1e9)
SEED = 20260101


@dataclass(frozen=True)
class LabelledPair:
    """Paths of two dates, the labels (path of a raster, of polygons, or `(polygons, values)`
    beyond which nothing is known), and what is known of the images.
    """

    name: str
    before: Path
    after: Path
    labels: object
    sensor: str = ""
    before_on: str = ""
    after_on: str = ""
    bands: tuple[str, ...] | None = None


def read_pair(folder: Path | str, sensor: str = "") -> LabelledPair:
    """A folder with before.tif, after.tif and truth.tif (0, 1, 255 = not known) or truth.gpkg,
    .geojson, .shp (polygons of change). Raises `SourceError` that names all that is missing.
    """
    folder = Path(folder)
    found = [folder / f"{TRUTH}{kind}" for kind in TRUTH_KINDS if (folder / f"{TRUTH}{kind}").exists()]  # fmt: skip
    missing = [n for n in (BEFORE, AFTER) if not (folder / n).is_file()]
    if not found:
        missing.append(f"{TRUTH}{' or '.join(TRUTH_KINDS)}")
    if missing:
        raise SourceError(f"{folder} lacks {', '.join(missing)}; wanted a labelled pair")
    return LabelledPair(folder.absolute().name, folder / BEFORE, folder / AFTER, found[0], sensor)


def run_pair(folder: Path | str, record: dict, verdicts, outlines: gpd.GeoDataFrame, sensor: str):
    """The judged patches of a run as labels: confirmed 1, rejected 0, all else not known."""
    inputs = record["inputs"]
    known = outlines.set_index("patch_id").geometry
    names = [n for n in verdicts.index if n in known.index]
    labels = gpd.GeoDataFrame(
        {"truth": verdicts.loc[names, "truth"].to_numpy(int)},
        geometry=known[names].to_numpy(), crs=outlines.crs,
    )  # fmt: skip
    days = [inputs[role].get("acquired_on") or "" for role in ("before", "after")]
    paths = [Path(inputs[role]["path"]) for role in ("before", "after")]
    gone = [str(p) for p in paths if not p.exists()]
    if gone:
        raise SourceError(f"the images of {folder} are gone: {', '.join(gone)}")
    return LabelledPair(Path(folder).absolute().name, *paths, labels, sensor, *days)


def label_raster(labels, grid: Grid) -> np.ndarray:
    """Labels uint8 (rows, cols) on the grid: 0, 1, or 255 where nothing is known."""
    shape = grid.rows, grid.cols
    if isinstance(labels, gpd.GeoDataFrame):
        out = np.full(shape, UNKNOWN, np.uint8)
        for value in (0, 1):
            some = labels[labels["truth"] == value].to_crs(grid.crs.to_wkt())
            if len(some):
                features.rasterize(some.geometry, out=out, transform=grid.transform, default_value=value)  # fmt: skip
        return out
    if Path(labels).suffix == ".tif":
        out = np.full(shape, UNKNOWN, np.uint8)
        with rasterio.open(labels) as data:
            crs = data.crs or grid.crs.to_wkt()
            values = data.read(1).astype(np.uint8)
            reproject(values, out, src_transform=data.transform, src_crs=crs, dst_crs=grid.crs.to_wkt(),
                      dst_transform=grid.transform, resampling=Resampling.nearest, src_nodata=UNKNOWN,
                      dst_nodata=UNKNOWN)  # fmt: skip
        return np.where(out == UNKNOWN, UNKNOWN, out > 0).astype(np.uint8)
    try:
        frame = pyogrio.read_dataframe(labels, layer=0).to_crs(grid.crs.to_wkt())
    except Exception as fault:
        raise SourceError(f"could not read {labels}: {fault}") from fault
    out = np.zeros(shape, np.uint8)
    if len(frame):
        features.rasterize(frame.geometry, out=out, transform=grid.transform, default_value=1)
    return out


def place_of(one: LabelledPair, parameters: DetectionParameters = DetectionParameters()) -> Place:
    """The labelled pixels of a pair with features and the default's score, block by block.

    Raises `InputError`, `SourceError`, `NotComparable`.
    """
    scenes, grid, names = opened(one)
    labels = label_raster(one.labels, grid)
    chosen, even = choose_pixels(labels)
    if not chosen.any():
        raise InputError(f"{one.name}: no labelled pixel lies on the images")
    with Pair(*scenes, grid, names, parameters.cache_mb << 20) as pair:
        learnt, figures = picked_pixels(pair, scenes, parameters, labels, (chosen, even))
    sensor = one.sensor or scenes[0].sensor or scenes[1].sensor
    x, truth, _ = learnt
    return Place(one.name, sensor, names, grid.pixel_size_m, x, truth, *figures)


def opened(one: LabelledPair):
    """Both scenes of a pair, their common grid, and the bands that are scored."""
    days = [date.fromisoformat(d) if d else None for d in (one.before_on, one.after_on)]
    scenes = [
        open_scene(path, acquired_on=day, sensor=one.sensor, bands=one.bands)
        for path, day in zip((one.before, one.after), days, strict=True)
    ]
    return scenes, common_grid(*scenes)[0], scored_bands(common_bands(*scenes))


def choose_pixels(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels are learnt from, and which give the figures (bool rasters)."""
    random, flat = np.random.default_rng(SEED), labels.ravel()
    chosen, even = np.zeros(labels.shape, bool), np.zeros(labels.shape, bool)
    for value, limit in ((1, CHANGED_PIXELS), (0, OTHER_PIXELS)):
        some = np.flatnonzero(flat == value)
        chosen.flat[random.choice(some, min(limit, len(some)), replace=False)] = True
    known = np.flatnonzero(flat != UNKNOWN)
    even.flat[random.choice(known, min(EVEN_PIXELS, len(known)), replace=False)] = True
    return chosen, even


def picked_pixels(pair: Pair, scenes, parameters, labels, wanted) -> list[tuple]:
    """For each raster of `wanted`: features (n, features), truth and the default's score of its
    pixels, as far as they were seen. Blocks are read once.
    """
    overview, unseen = look_over(*scenes, pair.grid, pair.names, parameters)
    _, _, default = prepare(pair, overview, unseen, parameters, Job())
    radius, smooth = search_radius(pair.grid, parameters), parameters.smooth_px
    wide = smooth_width(pair.grid, parameters)  # the default's, which the trees do not know
    units = learn_units(pair, read_sample(pair, parameters.threads, hider(unseen)), radius, smooth)
    halo = max(units.halo_px, default.halo_px) + radius + wide
    inner, parts = np.s_[halo:-halo, halo:-halo], [[] for _ in wanted]
    for window in focused(pair.grid, parameters.block_px, None):
        sides = pair.block(window, halo, whiten=True)
        corner = np.array([window.row - halo, window.col - halo, unseen.factor], np.int64)
        hide(sides[0], unseen.before, unseen.after, corner)
        values = pixel_features(*sides, units)[0][(slice(None), *inner)]
        score = default.score(*sides, radius, wide, EVERYTHING)[inner]
        here = np.s_[window.row : window.row + window.rows, window.col : window.col + window.cols]
        seen = np.isfinite(values).all(axis=0) & np.isfinite(score)
        for part, raster in zip(parts, wanted, strict=True):
            mask = raster[here] & seen
            part.append((values[:, mask].T, labels[here][mask] == 1, score[mask]))
    return [tuple(np.concatenate(p) for p in zip(*part, strict=True)) for part in parts]
