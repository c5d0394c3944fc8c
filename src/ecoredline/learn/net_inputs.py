"""What the small net sees of a block: both dates in units of the scene, and the scores that need
no weights, the default's among them. Nothing here needs a library of nets.
"""

from dataclasses import dataclass

import numpy as np

from ecoredline.change.detectors import WIDE_GAIN, Scorer, fit_scorer
from ecoredline.change.pair import Pair
from ecoredline.change.parameters import DetectionParameters
from ecoredline.change.sample import SampleTile
from ecoredline.change.score import WIDE_PX
from ecoredline.learn.pixel_features import (
    LARGEST_Z,
    SCORES,
    SceneUnits,
    deviations,
    learn_units,
    score_maps,
    window_mean,
)

DEFAULT_DETECTOR = DetectionParameters().detector
MAPS = (*SCORES, "default")  # the score channels, in this order after those of both dates
PRIOR_SHIFT, LEAST_PRIOR = np.float32(3.0), np.float32(0.3)
PRIOR_MIDDLE = np.float32(1.5)
LARGEST_SAY = 2.0  # log-odds by which the net may correct the default
Z_UNIT = np.float32(0.2)  # a score's channel is its deviation times this


@dataclass(frozen=True)
class NetUnits:
    """What turns whitened blocks of one scene into the net's input: its units and its default."""

    scene: SceneUnits
    default: Scorer
    wide: int

    @property
    def halo_px(self) -> int:
        """Pixels around a block that its input looks at."""
        here = self.scene
        return max(here.halo_px, here.radius + max(self.wide, here.smooth) + self.default.halo_px)


def net_units(pair: Pair, tiles: list[SampleTile], radius: int, smooth: int, wide: int) -> NetUnits:
    """Learn a scene's units from its sample tiles; `wide` is the default's mean. Raises `InputError`."""
    return NetUnits(
        learn_units(pair, tiles, radius, smooth),
        fit_scorer(pair, tiles, DEFAULT_DETECTOR, radius, wide), wide,
    )  # fmt: skip


def channels(bands) -> tuple[str, ...]:
    """Names of the net's input channels, in their order.

    >>> channels(("red", "nir"))[:5]
    ('red_before', 'nir_before', 'red_after', 'nir_after', 'robust')
    """
    return (*(f"{b}_before" for b in bands), *(f"{b}_after" for b in bands), *MAPS)


def net_input(before, after, known: NetUnits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Input float32 (channels, rows, cols), 0 where unseen; the robust strength and the default's
    score (rows, cols), NaN = unseen. Blocks are whitened; the outer `halo_px` pixels are not right.
    """
    units = known.scene
    sides = [deviations(side, units) for side in (before, after)]
    maps, own = score_maps(before, after, units)
    middle, spread = units.levels.T[:, :, None, None]
    steps = np.minimum((maps - middle) / spread, LARGEST_Z) * Z_UNIT
    default = known.default.score(before, after, units.radius, known.wide, np.float32(0))
    ready = np.concatenate([*sides, steps, prior_channel(default)[None]])
    ready[:, ~np.isfinite(ready).all(axis=0)] = 0
    gain = WIDE_GAIN if known.wide >= WIDE_PX else np.float32(1)
    return ready, gain * window_mean(own, known.wide), default


def prior_channel(default: np.ndarray) -> np.ndarray:
    """The default's score as the net takes it: its logarithm, about 0 in the middle."""
    return np.log(np.maximum(default + PRIOR_SHIFT, LEAST_PRIOR)) - PRIOR_MIDDLE
