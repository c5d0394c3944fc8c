"""A trained net as a detector: its ONNX graph, run on the CPU by ONNX Runtime, tile by tile.

The file is JSON like that of the pixel trees: graph, calibration by sensor, thresholds, card,
approval. PyTorch is not needed to use it.
"""

import base64
import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from ecoredline.change.detect import smooth_width
from ecoredline.change.parameters import DetectionParameters
from ecoredline.errors import InputError
from ecoredline.learn.model import read_model
from ecoredline.learn.net_graph import INPUT
from ecoredline.learn.net_inputs import NetUnits, net_input, net_units
from ecoredline.learn.pixel_model import usable_curve

NET_FORMAT = 1
KIND = "net"
TILE_PX = 512  # of the grid, per call of the net: what bounds the memory
CPU, GPU = "CPUExecutionProvider", "CUDAExecutionProvider"
METHOD = "small Siamese net on both dates and the weight-free scores, calibrated probability, model {sha}"


@dataclass(frozen=True)
class NetModel:
    """What `ecoredline train --net` gives; `approved` None = nobody did.

    `graph` and `graph_half` are ONNX in base64, in single and half precision. A pixel's log-odds
    depend on at most `reach_px` pixels around it; tiles begin at multiples of `stride`.
    """

    format: int
    kind: str
    bands: tuple[str, ...]
    pixel_m: tuple[float, float]
    graph: str
    graph_half: str
    stride: int
    reach_px: int
    calibration: dict
    thresholds: tuple[float, float]
    card: dict
    approved: dict | None = field(default=None)

    def detector(
        self, sensor: str, bands, pixel_m: float, anyway: bool = False, sha: str = "", gpu: bool = False
    ) -> "NetDetector":  # fmt: skip
        """The detector for a pair of images, as `change.detect` wants it.

        Raises `InputError` as the pixel trees do, without ONNX Runtime, and with `gpu` where there is none.
        """
        curve = usable_curve(self, sensor, bands, pixel_m, anyway)
        check_runtime(gpu)
        net = Net(
            base64.b64decode(self.graph_half if gpu else self.graph),
            self.stride,
            self.reach_px,
            gpu,
        )
        return NetDetector(net, curve, sha)


@dataclass(frozen=True)
class Net:
    """A graph that can be run anywhere on a grid."""

    graph: bytes
    stride: int
    reach_px: int
    gpu: bool = False

    @property
    def halo_px(self) -> int:
        """Pixels of right input around the pixels wanted."""
        return self.reach_px + self.stride

    def odds(self, ready, corner: tuple[int, int], margin: int) -> np.ndarray:
        """Log-odds float32 of the inner part of an input (channels, rows, cols) at `corner` of the grid.

        `margin` pixels at each side are not asked for, but are right as input. Tiles lie where the
        grid says, not where the block begins: another block gives the same values.
        """
        rows, cols = (n - 2 * margin for n in ready.shape[1:])
        out = np.empty((rows, cols), np.float32)
        run = session(self.graph, self.gpu)
        for top, bottom in spans(corner[0] + margin, rows):
            for left, right in spans(corner[1] + margin, cols):
                (r0, r1), (c0, c1) = self.around(top, bottom), self.around(left, right)
                part = ready[:, r0 - corner[0] : r1 - corner[0], c0 - corner[1] : c1 - corner[1]]
                given = np.ascontiguousarray(part, np.float32)[None]
                found = run.run(None, {INPUT: given})[0][0, 0]
                to_row, to_col = top - corner[0] - margin, left - corner[1] - margin
                out[to_row : to_row + bottom - top, to_col : to_col + right - left] = found[
                    top - r0 : bottom - r0, left - c0 : right - c0
                ]
        return out

    def around(self, start: int, stop: int) -> tuple[int, int]:
        """The pixels to give so that [start, stop) come out right, at multiples of the stride."""
        s = self.stride
        return (start - self.reach_px) // s * s, -(-(stop + self.reach_px) // s) * s


def spans(start: int, count: int) -> list[tuple[int, int]]:
    """[start, start + count) cut at multiples of `TILE_PX`.

    >>> spans(500, 20)
    [(500, 512), (512, 520)]
    """
    stop = start + count
    cuts = [start, *range((start // TILE_PX + 1) * TILE_PX, stop, TILE_PX), stop]
    return list(itertools.pairwise(cuts))


@dataclass(frozen=True)
class NetDetector:
    """A net with the calibration of one sensor; `fit` makes it know a scene."""

    net: Net
    curve: dict
    sha: str = ""

    def fit(self, pair, tiles, radius: int, smooth: int) -> "NetScorer":
        """What scores blocks of this scene."""
        wide = smooth_width(pair.grid, DetectionParameters(smooth_px=smooth))
        known = net_units(pair, tiles, radius, smooth, wide)
        x, y = (np.array(self.curve[n], float) for n in ("score", "probability"))
        said = METHOD.format(sha=self.sha[:12]) + (", GPU, half precision" if self.net.gpu else "")
        return NetScorer(known, self.net, x, y, said)


@dataclass(frozen=True)
class NetScorer:
    """A net that knows its scene; stands in for `change.detectors.Scorer`."""

    units: NetUnits
    net: Net
    score_knots: np.ndarray
    probability_knots: np.ndarray
    method: str

    @property
    def halo_px(self) -> int:
        """Pixels around a block that a probability looks at."""
        return self.units.halo_px + self.net.halo_px

    def raw(self, before, after, corner) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds, and the robust score in noise units (rows, cols); NaN = unseen, or the outer rim."""
        ready, strength, default = net_input(before, after, self.units)
        rim = self.halo_px
        odds = np.full(strength.shape, np.nan, np.float32)
        odds[rim:-rim, rim:-rim] = self.net.odds(ready, corner, rim)
        odds[~np.isfinite(default)] = np.nan
        return odds, strength

    def measured(self, before, after, radius: int, smooth: int, low, corner=(0, 0)) -> tuple:
        """Probability 0..1, which decides, and the robust score, which says how strong."""
        odds, strength = self.raw(before, after, corner)
        found = np.interp(odds, self.score_knots, self.probability_knots)
        return np.where(np.isfinite(odds), found, np.nan).astype(np.float32), strength


def runtime():
    """ONNX Runtime; raises `InputError` with what to install."""
    try:
        import onnxruntime
    except ImportError as fault:
        raise InputError(
            "a net needs ONNX Runtime, which is not installed: pip install 'ecoredline[net-use]'"
        ) from fault
    return onnxruntime


def check_runtime(gpu: bool) -> None:
    """Raise `InputError` unless a net can be run here, on a GPU when that is asked for."""
    known = runtime().get_available_providers()
    if gpu and GPU not in known:
        raise InputError(
            f"got --gpu, and ONNX Runtime here knows {', '.join(known)}; wanted {GPU}: leave --gpu "
            "out, or install onnxruntime-gpu with a CUDA driver"
        )


@lru_cache(maxsize=4)
def session(graph: bytes, gpu: bool):
    """The graph ready to run; a thread of ours is a thread of the net's, blocks overlap."""
    library = runtime()
    options = library.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # tiles differ in size
    options.log_severity_level = 3
    return library.InferenceSession(graph, options, providers=[GPU, CPU] if gpu else [CPU])


def load_net(path: Path | str) -> NetModel:
    """Read the file of a net. Raises `SourceError` when it is not one, or was changed by hand."""

    def build(data: dict) -> NetModel:
        tuples = {n: tuple(data[n]) for n in ("bands", "pixel_m", "thresholds")}
        return NetModel(**data | tuples)

    return read_model(path, build, NET_FORMAT)
