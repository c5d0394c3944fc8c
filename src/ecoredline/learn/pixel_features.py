"""What the pixel trees know of a pixel: both dates, their difference, texture, context, and the
three scores that need no weights, all in units of the scene, so that they mean the same elsewhere.

Blocks are whitened (reflectance ÷ the scene's noise), as in `change.score`. Every figure is a sum
over a small window, added in an order that does not depend on the block: tiles agree to the last bit.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecoredline.change.context import Context, conditional_residual, fit_context
from ecoredline.change.detectors import level, thinned, whitened
from ecoredline.change.pair import Pair
from ecoredline.change.sample import SampleTile
from ecoredline.change.score import SEGMENT_PX, box_mean, search
from ecoredline.errors import InputError

WITH_NIR, COLOURS = ("blue", "green", "red", "nir"), ("blue", "green", "red")
TAILS = (1, 99)  # percent, cut before scaling
RING_M, LEAST_RING_PX, LARGEST_RING_PX = 250.0, 4, 32
NEAR_PX, TEXTURE_PX = (2, 5), (1, 4)  # half sides of windows
LEVEL_TILES = 16
SCORES = ("robust", "ring", "conditional")
LARGEST_Z = np.float32(30.0)
DEFAULT_FEATURE = "sum_2px"  # the weight-free score the trees correct


@dataclass(frozen=True)
class SceneUnits:
    """What turns whitened values of one scene into features; learnt from its sample tiles.

    `noise` (bands) makes whitened values reflectance, `units` (3, bands: low, high, scale) and
    `middle` (bands) make them deviations of the scene, `context` knows the covers, `levels`
    (3, 2) hold median and deviation of each of `SCORES`. `ring_px` bounds the wide window.
    """

    names: tuple[str, ...]
    noise: np.ndarray
    units: np.ndarray
    middle: np.ndarray
    context: Context
    levels: np.ndarray
    radius: int
    smooth: int
    ring_px: int

    @property
    def halo_px(self) -> int:
        """Pixels around a block that its features look at."""
        return max(self.ring_px, self.radius) + self.smooth + max(NEAR_PX)


def feature_names(bands: tuple[str, ...]) -> tuple[str, ...]:
    """The features in their order, for these bands.

    >>> len(feature_names(WITH_NIR)), feature_names(WITH_NIR)[0]
    (56, 'blue_before')
    """
    dates = ("before", "after")
    names = [f"{b}_{what}" for b in bands for what in (*dates, "change")]
    names += [f"{b}_change_{r}px" for b in bands for r in NEAR_PX]
    names += [f"{i}_{what}" for i in index_names(bands) for what in (*dates, "change")]
    texture = ("brightness", bands[-1])
    names += [f"{i}_texture_{r}px_{d}" for i in texture for r in TEXTURE_PX for d in dates]
    names += ["sum", *SCORES, "own"]
    names += [f"{s}_{r}px" for s in ("sum", *SCORES) for r in NEAR_PX]
    return (*names, "angle", "own_share", "sum_edge")


def index_names(bands: tuple[str, ...]) -> tuple[str, ...]:
    """The indices these bands allow."""
    cover = ("ndvi", "ndwi") if "nir" in bands else ("greenness", "blueness")
    return (*cover, "brightness", "blue_ratio")


def check_bands(names: tuple[str, ...]) -> None:
    """Raise `InputError` unless these are bands that features can be made of."""
    if tuple(names) not in (WITH_NIR, COLOURS):
        raise InputError(
            f"got images with the bands {', '.join(names)}; wanted {', '.join(WITH_NIR)}, or "
            f"{', '.join(COLOURS)} for a model trained on colours alone"
        )


def learn_units(pair: Pair, tiles: list[SampleTile], radius: int, smooth: int) -> SceneUnits:
    """The units of a scene, from its sample tiles. Raises `InputError` (bands)."""
    check_bands(pair.names)
    one, other = thinned(tiles, pair)
    both = np.concatenate([one, other], axis=1)
    both = both[:, np.isfinite(both).all(axis=0)].T
    low, high = np.percentile(both, TAILS, axis=0)
    cut = np.clip(both, low, high)
    scale = 1 / np.maximum(cut.std(axis=0), 1e-6)
    ring = round(RING_M / pair.grid.pixel_size_m)
    found = SceneUnits(
        tuple(pair.names), pair.radiometry.noise.astype(np.float32),
        np.stack([low, high, scale]).astype(np.float32),
        (cut.mean(axis=0) * scale).astype(np.float32), fit_context(one, other),
        np.tile(np.array([0, 1], np.float32), (len(SCORES), 1)), radius, smooth,
        min(max(ring, LEAST_RING_PX), LARGEST_RING_PX),
    )  # fmt: skip
    some = tiles[:: max(1, len(tiles) // LEVEL_TILES)]
    maps = [score_maps(*whitened(tile, pair), found)[0] for tile in some]
    levels = [level([m[k] for m in maps]) for k in range(len(SCORES))]
    return replace(found, levels=np.stack(levels))


def score_maps(before, after, units: SceneUnits) -> tuple[np.ndarray, np.ndarray]:
    """The three scores (3, rows, cols), smoothed, and each pixel's own robust distance."""
    c, (_, rows, cols) = units.context, before.shape
    wanted = np.ones((rows, -(-cols // SEGMENT_PX)), bool)
    own = np.ascontiguousarray(before[0] - after[0])  # NaN where unseen
    search(before, after, units.radius, wanted, own)
    raw = np.zeros((rows, cols), np.float32)
    conditional_residual(before, after, c.units, c.centres, c.middle, c.spread, wanted, raw)
    ring = ring_length(before, after, units.ring_px)
    return np.stack([window_mean(v, units.smooth) for v in (own, ring, raw)]), own


def ring_length(before, after, reach: int) -> np.ndarray:
    """Length of each pixel's change less the mean change within `reach` pixels."""
    total = np.zeros(before.shape[1:], np.float32)
    for one, other in zip(before, after, strict=True):
        change = other - one
        total += (change - window_mean(change, reach)) ** 2
    return np.sqrt(total)


def pixel_features(before, after, units: SceneUnits) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 (features, rows, cols) of whitened blocks (bands, rows, cols), NaN = unseen,
    and the robust score (rows, cols) in units of noise. The outer `halo_px` pixels are not right.
    """
    names, scaled = units.names, [deviations(side, units) for side in (before, after)]
    change = scaled[1] - scaled[0]
    out = [v for k in range(len(names)) for v in (scaled[0][k], scaled[1][k], change[k])]
    out += [window_mean(change[k], r) for k in range(len(names)) for r in NEAR_PX]
    indices = [index_maps(side * units.noise[:, None, None], names) for side in (before, after)]
    for one, other in zip(*indices, strict=True):
        out += [one, other, other - one]
    for pick in (lambda side: side.mean(axis=0), lambda side: side[-1]):
        out += [window_deviation(pick(side), r) for r in TEXTURE_PX for side in scaled]
    maps, own = score_maps(before, after, units)
    middle, spread = units.levels.T[:, :, None, None]
    steps = np.minimum((maps - middle) / spread, LARGEST_Z)
    total = steps.sum(axis=0)
    near = [window_mean(m, r) for m in (total, *steps) for r in NEAR_PX]
    out += [total, *steps, own, *near]
    out += [cosine(before, after), own / np.maximum(maps[0], np.float32(1e-3)), total - near[0]]
    return np.stack(out), maps[0]


def deviations(block, units: SceneUnits) -> np.ndarray:
    """A whitened block cut at the tails, as deviations from the scene's mean."""
    low, high, scale = units.units[:, :, None, None]
    return np.clip(block, low, high) * scale - units.middle[:, None, None]


def index_maps(block, names) -> list[np.ndarray]:
    """The maps of `index_names`, of reflectance (bands, rows, cols)."""
    band = {n: np.maximum(block[k], np.float32(1e-3)) for k, n in enumerate(names)}
    blue, green, red = (band[name] for name in COLOURS)
    if "nir" in band:
        nir = band["nir"]
        cover = [(nir - red) / (nir + red), (green - nir) / (green + nir)]
    else:
        cover = [(green - red) / (green + red), (blue - red) / (blue + red)]
    return [*cover, (blue + green + red) / 3, np.minimum(blue / red, np.float32(4))]


def cosine(before, after) -> np.ndarray:
    """Cosine of the angle between both spectra."""
    both = (before * after).sum(axis=0)
    return both / np.sqrt((before**2).sum(axis=0) * (after**2).sum(axis=0) + np.float32(1e-6))


def window_mean(values, reach: int) -> np.ndarray:
    """Mean of the seen values within `reach` pixels; NaN stays NaN."""
    out = np.empty(values.shape, np.float32)
    box_mean(np.ascontiguousarray(values, np.float32), reach, out)
    return out


def window_deviation(values, reach: int) -> np.ndarray:
    """Standard deviation of the seen values within `reach` pixels."""
    square = window_mean(values * values, reach) - window_mean(values, reach) ** 2
    return np.sqrt(np.maximum(square, 0))
