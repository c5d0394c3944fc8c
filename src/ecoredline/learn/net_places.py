"""Labelled pairs as rasters the net learns from; kept on disk, so that memory does not grow with them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecoredline.change.detect import (
    focused,
    hide,
    hider,
    look_over,
    prepare,
    search_radius,
    smooth_width,
)
from ecoredline.change.pair import Pair
from ecoredline.change.parameters import DetectionParameters
from ecoredline.change.sample import read_sample
from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.learn.labelled import UNKNOWN, LabelledPair, choose_pixels, label_raster, opened
from ecoredline.learn.net_inputs import channels, net_input, net_units
from ecoredline.record import Job


@dataclass(frozen=True)
class NetPlace:
    """A labelled pair ready to learn from.

    `inputs` float16 (channels, rows, cols), 0 = unseen; `labels` uint8 (rows, cols): 0, 1, or 255
    where nothing is known or seen; `even` bool: the pixels that give the figures, as they fall;
    `default` float32: the default's score.
    """

    name: str
    sensor: str
    bands: tuple[str, ...]
    pixel_m: float
    inputs: np.ndarray
    labels: np.ndarray
    even: np.ndarray
    default: np.ndarray

    @property
    def even_truth(self) -> np.ndarray:
        """Truth of the even pixels (n), bool."""
        return self.labels[self.even] == 1

    @property
    def even_default(self) -> np.ndarray:
        """The default's score of the even pixels (n)."""
        return np.asarray(self.default[self.even], np.float32)


def net_place(
    one: LabelledPair, folder: Path, parameters: DetectionParameters = DetectionParameters()
) -> NetPlace:
    """The rasters of a labelled pair, made in `folder` or, when they are there already, opened.

    Raises `InputError`, `SourceError`, `NotComparable`.
    """
    made = folder / f"{one.name}-{facts(one)}"
    if not (made / "place.json").exists():
        make(one, made, parameters)
    told = json.loads((made / "place.json").read_text("utf-8"))
    rasters = {
        n: np.load(made / f"{n}.npy", mmap_mode="r")
        for n in ("inputs", "labels", "even", "default")
    }
    return NetPlace(one.name, told["sensor"], tuple(told["bands"]), told["pixel_m"], **rasters)


def facts(one: LabelledPair) -> str:
    """A word for the files of a pair as they are now: paths, sizes, times of change; labels whole."""
    digest = hashlib.sha256(repr((one.sensor, one.before_on, one.after_on, one.bands)).encode())
    for path in (one.before, one.after, one.labels):
        if isinstance(path, str | Path):
            here = Path(path).stat()
            digest.update(f"{Path(path).absolute()} {here.st_size} {here.st_mtime_ns}".encode())
        else:
            digest.update(path.to_json().encode())
    return digest.hexdigest()[:12]


def make(one: LabelledPair, made: Path, parameters: DetectionParameters) -> None:
    """Write the rasters of a pair block by block, and last `place.json`."""
    scenes, grid, names = opened(one)
    labels = label_raster(one.labels, grid)
    if (labels == UNKNOWN).all():
        raise InputError(f"{one.name}: no labelled pixel lies on the images")
    even = choose_pixels(labels)[1]
    made.mkdir(parents=True, exist_ok=True)
    shape = grid.rows, grid.cols
    inputs = open_raster(made / "inputs.npy", np.float16, (len(channels(names)), *shape))
    default = open_raster(made / "default.npy", np.float32, shape)
    with Pair(*scenes, grid, names, parameters.cache_mb << 20) as pair:
        for here, ready, score in input_blocks(pair, scenes, parameters):
            inputs[(slice(None), *here)], default[here] = ready, score
            unseen = ~np.isfinite(score)
            labels[here][unseen], even[here][unseen] = UNKNOWN, False
    inputs.flush(), default.flush()
    np.save(made / "labels.npy", labels)
    np.save(made / "even.npy", even)
    sensor = one.sensor or scenes[0].sensor or scenes[1].sensor
    with whole_file(made / "place.json") as part:
        told = {"sensor": sensor, "bands": list(names), "pixel_m": grid.pixel_size_m}
        part.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def open_raster(path: Path, kind, shape) -> np.memmap:
    """A new raster on disk."""
    return np.lib.format.open_memmap(path, "w+", kind, shape)


def input_blocks(pair: Pair, scenes, parameters: DetectionParameters):
    """Of each block: its slices of the grid, the net's input, the default's score (NaN = unseen)."""
    overview, unseen = look_over(*scenes, pair.grid, pair.names, parameters)
    prepare(pair, overview, unseen, parameters, Job())
    radius, wide = search_radius(pair.grid, parameters), smooth_width(pair.grid, parameters)
    tiles = read_sample(pair, parameters.threads, hider(unseen))  # as `find` learns a scene
    known = net_units(pair, tiles, radius, parameters.smooth_px, wide)
    halo = known.halo_px
    inner = np.s_[halo:-halo, halo:-halo]
    for window in focused(pair.grid, parameters.block_px, None):
        sides = pair.block(window, halo, whiten=True)
        corner = np.array([window.row - halo, window.col - halo, unseen.factor], np.int64)
        hide(sides[0], unseen.before, unseen.after, corner)
        ready, _, default = net_input(*sides, known)
        here = np.s_[window.row : window.row + window.rows, window.col : window.col + window.cols]
        yield here, ready[(slice(None), *inner)], default[inner]
