"""The detectors: how blocks become a score. `robust` needs nothing but the block; the others
also know what look-alike ground did (`context`), learnt from the scene's sample tiles.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from ecoredline.change.context import (
    Context,
    conditional_residual,
    fit_context,
    ring_residual,
    scene_units,
)
from ecoredline.change.pair import Pair, add_nodes
from ecoredline.change.sample import SampleTile
from ecoredline.change.score import (
    SEGMENT_PX,
    WIDE_PX,
    block_score,
    box_mean,
    box_mean_where,
    cut_rim,
    search,
    wanted_segments,
)
from ecoredline.errors import InputError

ROBUST, GATED, FUSED = "robust", "gated", "fused"
METHODS = {
    ROBUST: "robust change vector analysis, noise-whitened, fixed threshold",
    GATED: "robust change vector analysis, noise-whitened, gated by the cluster-conditional"
    " residual, fixed threshold",
    FUSED: "sum of robust change vector analysis, ring-context and cluster-conditional residual,"
    " each standardised within the scene, fixed threshold",
}  # fmt: skip
GATE = np.float32(1.0)  # noise units of the gated score to one deviation of the residual
WIDE_GATE = np.float32(2.0)  # below a wide mean: to one upper deviation
WIDE_GAIN = np.float32(6.5 / 5.5)  # a wide mean is lower at its peaks; so one threshold serves both
UPPER, UPPER_Z = 95, 1.645  # percentile of the upper deviation, and where a normal one has it
LARGEST_Z = np.float32(30.0)
INNER_M, OUTER_M = 80.0, 250.0  # half sides of the ring around a pixel
LEARNT_PIXELS = 60_000
LEVEL_TILES = 16
ROBUST_MAP, RING_MAP, CONDITIONAL_MAP, SUM_MAP = range(4)


@dataclass(frozen=True)
class Scorer:
    """A detector that knows its scene; `levels` (4, 2): median and deviation of each map."""

    name: str
    context: Context | None = None
    levels: np.ndarray | None = None
    ring_px: tuple[int, int] = (0, 0)

    @property
    def method(self) -> str:
        """The detector in words, for the run record."""
        return METHODS[self.name]

    def measured(self, before, after, radius: int, smooth: int, low, corner=(0, 0)) -> tuple:
        """`score`, which is both what decides and how strong the change is (None: the same).

        `corner` (row, col of the block in the grid) is for detectors that halve the grid.
        """
        return self.score(before, after, radius, smooth, low), None

    @property
    def halo_px(self) -> int:
        """Pixels around a block that the score looks at beyond radius and smoothing."""
        return self.ring_px[1]

    def score(self, before, after, radius: int, smooth: int, low) -> np.ndarray:
        """Score float32 (rows, cols) of whitened blocks (bands, rows, cols); NaN = unseen.

        Below `low` the values are upper bounds only.
        """
        if self.name != FUSED:
            gain = WIDE_GAIN if smooth >= WIDE_PX else np.float32(1)
            return gain * self.own_score(before, after, radius, smooth, np.float32(low / gain))
        c = self.context
        covers = (c.centres, c.middle, c.spread)
        scaled = [scene_units(side, c.low, c.high, c.scale) for side in (before, after)]
        maps = three_maps(*scaled, *covers, radius, smooth, *self.ring_px)
        return summed(*maps, self.levels, low)

    def own_score(self, before, after, radius: int, smooth: int, low) -> np.ndarray:
        """The robust score in units of the scene's noise, gated where the detector is."""
        score = block_score(before, after, radius, smooth, low)
        if self.name == GATED:
            c = self.context
            level = self.levels[CONDITIONAL_MAP]
            gate(score, before, after, c.units, c.centres, c.middle, c.spread, smooth, low, level)
        return score


def fit_scorer(pair: Pair, tiles: list[SampleTile], name: str, radius: int, smooth: int) -> Scorer:
    """The detector called `name`, made to know this scene by its sample tiles.

    Raises `InputError` when there is none of that name.
    """
    if name not in METHODS:
        raise InputError(f"got detector {name!r}; wanted one of {', '.join(METHODS)}")
    if name == ROBUST:
        return Scorer(name)
    context = fit_context(*thinned(tiles, pair))
    blocks = [whitened(tile, pair) for tile in tiles[:: max(1, len(tiles) // LEVEL_TILES)]]
    levels = np.tile(np.array([0, 1], np.float32), (4, 1))
    if name == GATED:  # the other maps are not asked
        maps = [conditional_map(*b, context, smooth) for b in blocks]
        levels[CONDITIONAL_MAP] = upper_level(maps) if smooth >= WIDE_PX else level(maps)
        return Scorer(name, context, levels)
    pixel_m = pair.grid.pixel_size_m
    ring = tuple(max(2 + i, round(m / pixel_m)) for i, m in enumerate((INNER_M, OUTER_M)))
    maps = [
        three_maps(
            *(scene_units(side, context.low, context.high, context.scale) for side in block),
            context.centres, context.middle, context.spread, radius, smooth, *ring,
        )
        for block in blocks
    ]  # fmt: skip
    for k, of_map in enumerate(zip(*maps, strict=True)):
        if k < SUM_MAP:
            levels[k] = level(of_map)
    levels[SUM_MAP] = level([summed(*m, levels, np.float32(np.inf)) for m in maps])
    return Scorer(name, context, levels, ring)


def conditional_map(before, after, context: Context, smooth: int) -> np.ndarray:
    """Smoothed conditional residual (rows, cols) of a whole whitened block."""
    rows, cols = before.shape[1:]
    wanted = np.ones((rows, -(-cols // SEGMENT_PX)), bool)
    raw, mean = np.zeros((rows, cols), np.float32), np.empty((rows, cols), np.float32)
    covers = (context.centres, context.middle, context.spread)
    conditional_residual(before, after, context.units, *covers, wanted, raw)
    box_mean(raw, smooth, mean)
    return mean


def whitened(tile: SampleTile, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Both dates of a sample tile as `Pair.block` would give them, whitened."""
    known = pair.radiometry
    gain, bias, noise = (
        v[:, None, None].astype(np.float32) for v in (known.gain, known.offset, known.noise)
    )
    after = np.ascontiguousarray(tile.aligned(pair.field) * gain + bias, np.float32)
    if known.local is not None:
        w, grid = tile.window, pair.grid
        add_nodes(known.local, np.array([w.row, w.col, grid.rows, grid.cols], np.int64), after)
    return (tile.before / noise).astype(np.float32), after / noise


def thinned(tiles: list[SampleTile], pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """About `LEARNT_PIXELS` whitened pixels (bands, n) of both dates, spread evenly over all tiles."""
    total = sum(tile.before[0].size for tile in tiles)
    step = max(1, total // LEARNT_PIXELS) | 1
    parts = [
        [side.reshape(len(side), -1)[:, ::step].copy() for side in whitened(tile, pair)]
        for tile in tiles  # one at a time: all of them whitened would be the peak of memory
    ]
    return tuple(np.concatenate(side, axis=1) for side in zip(*parts, strict=True))


def level(maps) -> np.ndarray:
    """Median and robust deviation (2) of the seen values of all maps together.

    >>> level([np.array([1.0, 2.0, 3.0, np.nan])]).astype(float).round(2).tolist()
    [2.0, 1.48]
    """
    values = seen_values(maps)
    middle = np.median(values)
    return np.array([middle, max(1.4826 * np.median(np.abs(values - middle)), 1e-6)], np.float32)


def upper_level(maps) -> np.ndarray:
    """Median and deviation (2) of the upper tail of the seen values of all maps together.

    Where a season moves a tenth of the scene this deviation grows with it, and the scene
    stays silent; where a hundredth was built on it does not.

    >>> upper_level([np.arange(101.0), np.array([np.nan])]).astype(float).round(2).tolist()
    [50.0, 27.36]
    """
    values = seen_values(maps)
    middle = np.median(values)
    return np.array(
        [middle, max((np.percentile(values, UPPER) - middle) / UPPER_Z, 1e-6)], np.float32
    )


def seen_values(maps) -> np.ndarray:
    """All values of the maps that are not NaN; 0 and 1 where there are none."""
    values = np.concatenate([m[np.isfinite(m)] for m in maps]) if len(maps) else np.empty(0)
    return values if len(values) else np.array([0.0, 1.0])


@njit(nogil=True, cache=True)
def gate(score, before, after, units, centres, middle, spread, smooth, low, level):
    """Lower `score`, where it reaches `low`, to the standardised conditional residual."""
    wanted = wanted_segments(score, low, smooth)
    if not wanted.any():
        return
    unit = WIDE_GATE if smooth >= WIDE_PX else GATE
    rows, cols = score.shape
    residual, mean = np.zeros((rows, cols), np.float32), np.empty((rows, cols), np.float32)
    conditional_residual(before, after, units, centres, middle, spread, wanted, residual)
    box_mean_where(residual, smooth, wanted, mean)
    for y in range(rows):
        for x in range(cols):
            if score[y, x] >= low:
                score[y, x] = min(score[y, x], unit * (mean[y, x] - level[0]) / level[1])


@njit(nogil=True, cache=True)
def three_maps(before, after, centres, middle, spread, radius, smooth, inner, outer):
    """Smoothed robust, ring and conditional maps of a block in scene units, and the robust map
    where each outline's rim is cut off (0).
    """
    _, rows, cols = before.shape
    wanted = np.ones((rows, (cols + 31) // 32), np.bool_)
    raw = np.zeros((rows, cols), np.float32)
    for y in range(rows):
        for x in range(cols):
            raw[y, x] = before[0, y, x] - after[0, y, x]  # NaN where unseen
    search(before, after, radius, wanted, raw)
    robust, rim = np.empty((rows, cols), np.float32), np.empty((rows, cols), np.float32)
    box_mean(raw, smooth, robust)
    rim[:] = robust
    cut_rim(rim, raw, np.float32(0), smooth)
    ring = np.zeros((rows, cols), np.float32)
    if outer > 0:
        box_mean(ring_residual(before, after, inner, outer), smooth, ring)
    units = np.ones((3, before.shape[0]), np.float32)  # they are in scene units already
    units[0], units[1] = -np.inf, np.inf
    conditional_residual(before, after, units, centres, middle, spread, wanted, raw)
    conditional = np.empty((rows, cols), np.float32)
    box_mean(raw, smooth, conditional)
    return robust, ring, conditional, rim


@njit(nogil=True, cache=True)
def summed(robust, ring, conditional, rim, levels, low):
    """Sum of the three standardised maps, standardised again; 0 on rims at or above `low`."""
    rows, cols = robust.shape
    out = np.empty((rows, cols), np.float32)
    for y in range(rows):
        for x in range(cols):
            total = np.float32(0)
            for k, value in enumerate((robust[y, x], ring[y, x], conditional[y, x])):
                step = (value - levels[k, 0]) / levels[k, 1]
                total += min(step, LARGEST_Z)
            total = (total - levels[3, 0]) / levels[3, 1]
            out[y, x] = 0 if total >= low and rim[y, x] == 0 else total
    return out
