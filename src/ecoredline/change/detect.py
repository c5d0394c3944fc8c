"""`detect`: the block pass that ties registration, masks, normalisation and score together."""

import contextlib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np
import rasterio
from numba import njit
from shapely.geometry import box
from shapely.prepared import prep

from ecoredline.change.cluster import Cluster, Work
from ecoredline.change.detectors import Scorer, fit_scorer
from ecoredline.change.maps import UNSEEN_CODES, ChangeMap, UnseenMap
from ecoredline.change.mask import all_seen, mark_saturated, unseen_map
from ecoredline.change.normalise import fit_radiometry, local_offset
from ecoredline.change.overview import Overview, read_overview
from ecoredline.change.pair import Pair, Window
from ecoredline.change.parameters import DetectionParameters
from ecoredline.change.runs import block_runs, count_runs, join_runs, sum_runs
from ecoredline.change.sample import (
    SampleTile,
    measure_densely,
    read_sample,
    register,
    trust,
)
from ecoredline.change.tiles import SATURATED
from ecoredline.change.warp import no_shift
from ecoredline.grid import Grid
from ecoredline.raster import GREY_SCALES, Scene, common_bands
from ecoredline.record import Job

GDAL_CACHE_MB = 64
WIDE_PIXEL_M = 7.5  # from here on the score is averaged over 5 × 5, below over 3 × 3
FINE_PIXEL_M = 2.5  # up to here the neighbourhood is 2 px, above it 1 px
TOLERANT_EXTRA_PX = 2
SAMPLED_PIXELS = 60_000  # of the invariant-pixel fit
UNSEEN_SHARE = 0.5  # of a cell's pixels
TILE_ROWS_KEPT = 3
SNOW_BANDS = ("swir1",)
SCORED = ("blue", "green", "red", "nir")
LEAST_SCORED = 3


def detect(
    before: Scene,
    after: Scene,
    grid: Grid,
    parameters: DetectionParameters = DetectionParameters(),
    *,
    focus=None,
    job: Job | None = None,
    cluster: Cluster | None = None,
    learned=None,
) -> ChangeMap:
    """Find what changed between two scenes on `grid`, as runs of pixels above a fixed threshold.

    `focus` (a geometry in the grid's CRS) limits the work to blocks that meet it. With a
    `cluster` the blocks are scored there. The result does not depend on who scores them.
    `learned` is a trained detector: its `fit(pair, tiles, radius, smooth)` gives what stands in
    for `Scorer`, and its decision is a probability, to which the thresholds then refer. Raises `NotComparable`,
    `SourceError`, `InputError` (bands), `Cancelled`.
    """
    job = job or Job()
    names = scored_bands(common_bands(before, after))
    with (
        rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB << 20),
        Pair(before, after, grid, names, parameters.cache_mb << 20) as pair,
    ):
        job.at("overview", 0.0)
        overview, unseen = look_over(before, after, grid, names, parameters, focus)
        job.at("register", 0.0)
        found, notes, scorer = prepare(pair, overview, unseen, parameters, job, learned)
        del overview
        job.at("score", 0.0)
        runs = block_pass(pair, unseen, parameters, focus, job, scorer, cluster)
        return ChangeMap(
            grid=grid, runs=runs, unseen=unseen, band_names=names, method=scorer.method,
            threshold=parameters.threshold, low_threshold=parameters.low_threshold,
            shift=pair.field, radiometry=pair.radiometry, registration=found,
            normalisation=pair.radiometry.as_record(names),
            notes=[*before.notes, *after.notes, *notes],
        )  # fmt: skip


def look_over(
    before: Scene, after: Scene, grid: Grid, names, parameters: DetectionParameters, focus=None
):
    """Both dates small, and what could not be seen on them."""
    shared = common_bands(before, after)
    extra = tuple(name for name in SNOW_BANDS if name in shared and name not in names)
    overview = read_overview(before, after, grid, names + extra, parameters.threads, focus)
    unseen = all_seen(overview)
    if parameters.mask_clouds:
        calibrated = not any(scene.scale in GREY_SCALES for scene in (before, after))
        cell_m = grid.pixel_size_m * overview.factor
        unseen = unseen_map(overview, cell_m, calibrated)
    levels = tuple(highest_level(scene) for scene in (before, after))
    mark_saturated(unseen, overview, levels)
    return overview, unseen


def highest_level(scene: Scene) -> float:
    """Reflectance at which a scene's 16-bit numbers end; infinite when they do not saturate."""
    if scene.dtype not in SATURATED:
        return float("inf")
    return SATURATED[scene.dtype] * scene.scale + scene.offset


def scored_bands(names: tuple[str, ...]) -> tuple[str, ...]:
    """Visible and near-infrared bands when there are enough of them, else all.

    On ten OSCD training cities the four bands rank change better than six with the
    short-wave infrared (mean average precision 0.27 against 0.24), and cost less.
    """
    chosen = tuple(name for name in names if name in SCORED)
    return chosen if len(chosen) >= LEAST_SCORED else names


def prepare(pair: Pair, overview: Overview, unseen: UnseenMap, parameters, job: Job, learned=None):
    """Learn shift, radiometry and covers from a sample; the registration's record, notes, scorer."""
    hidden = hider(unseen)
    tiles = read_sample(pair, parameters.threads, hidden)
    found, notes = {"corrected": False}, []
    pair.field = no_shift(pair.grid.rows, pair.grid.cols)
    if parameters.register:
        field, found = register(
            tiles, pair.grid, parameters.threads,
            lambda field: measure_densely(pair, field, parameters.threads, hidden),
        )  # fmt: skip
        pair.field, notes = trust(field, found, pair.grid)
    job.at("normalise", 0.0)
    pixels = paired_pixels(tiles, pair)
    pair.radiometry = fit_radiometry(*pixels, normalise=parameters.normalise)
    if parameters.local_offset and parameters.normalise:
        masked = (unseen.before > 0) | (unseen.after > 0)
        count = len(pair.names)  # the overview may hold more bands
        sides = [
            np.where(masked, np.nan, side[:count]) for side in (overview.before, overview.after)
        ]
        cell_m = pair.grid.pixel_size_m * overview.factor
        local = local_offset(*sides, pair.radiometry, cell_m)
        pair.radiometry = replace(pair.radiometry, local=local)
    radius = search_radius(pair.grid, parameters)
    if learned is not None:  # its trees know the narrow mean
        scorer = learned.fit(pair, tiles, radius, parameters.smooth_px)
    else:
        smooth = smooth_width(pair.grid, parameters)
        scorer = fit_scorer(pair, tiles, parameters.detector, radius, smooth)
    return found, notes, scorer


def search_radius(grid: Grid, parameters: DetectionParameters) -> int:
    """How far, in pixels, a neighbour may explain a change."""
    if parameters.radius_px is not None:
        return parameters.radius_px
    return 2 if grid.pixel_size_m <= FINE_PIXEL_M else 1


def smooth_width(grid: Grid, parameters: DetectionParameters) -> int:
    """Half side, in pixels, of the box over which the score is averaged."""
    wide = grid.pixel_size_m >= WIDE_PIXEL_M
    return parameters.smooth_px + wide


def hider(unseen: UnseenMap):
    """A function of a window: which of its pixels (rows, cols) lie in cells not seen."""
    masked = (unseen.before > 0) | (unseen.after > 0)

    def hidden(window: Window) -> np.ndarray:
        rows = np.clip(np.arange(window.row, window.row + window.rows), 0, None) // unseen.factor
        cols = np.clip(np.arange(window.col, window.col + window.cols), 0, None) // unseen.factor
        last = masked.shape[0] - 1, masked.shape[1] - 1
        return masked[np.ix_(np.minimum(rows, last[0]), np.minimum(cols, last[1]))]

    return hidden


def paired_pixels(tiles: list[SampleTile], pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Reflectance of before and moved after (bands, n) at a thinned set of sampled pixels."""
    total = sum(t.window.rows * t.window.cols for t in tiles)
    step = max(1, total // SAMPLED_PIXELS) | 1  # odd, so that columns do not line up
    sides = ([t.before for t in tiles], [t.aligned(pair.field) for t in tiles])
    bands = len(pair.names)
    return tuple(
        np.concatenate([block.reshape(bands, -1)[:, ::step].copy() for block in side], axis=1)
        for side in sides
    )


@dataclass(frozen=True)
class Found:
    """What one block gives: its runs, and how many pixels of each coarse cell are nodata."""

    whole: np.ndarray
    real: np.ndarray
    missing: tuple[np.ndarray, np.ndarray] | None


def block_pass(
    pair: Pair, unseen: UnseenMap, parameters: DetectionParameters, focus, job: Job,
    scorer: Scorer, cluster: Cluster | None = None,
):  # fmt: skip
    """Score every block that meets `focus`; give the joined runs, and add nodata to `unseen`."""
    windows = focused(pair.grid, parameters.block_px, focus)
    swath = swath_px(pair, parameters)
    windows.sort(key=lambda w: (w.col // swath, w.row, w.col))
    if cluster is None:
        halo = reach_px(pair.grid, parameters, scorer)[2]
        for store in (pair.before, pair.after):
            store.expect(windows, halo)
        found = scored_here(pair, unseen, windows, parameters, job, scorer)
    else:
        scenes = pair.before.scene, pair.after.scene
        known = pair.field, pair.radiometry
        work = Work(*scenes, pair.grid, pair.names, *known, unseen, parameters, scorer)
        found = cluster.blocks(work, windows, job)
    add_missing(unseen, pair.grid, windows, found)
    return join_runs([(f.whole, f.real) for f in found], len(pair.names))


def scored_here(pair: Pair, unseen: UnseenMap, windows, parameters, job: Job, scorer: Scorer):
    """What each window gives, by threads of this process."""
    found: list[Found | None] = [None] * len(windows)
    with ThreadPoolExecutor(parameters.threads) as pool:
        tasks = {
            pool.submit(score_block, pair, unseen, w, parameters, job, scorer): i
            for i, w in enumerate(windows)
        }
        try:
            for done, task in enumerate(as_completed(tasks), start=1):
                found[tasks[task]] = task.result()
                job.at("score", done / len(windows))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return found


def swath_px(pair: Pair, parameters: DetectionParameters) -> int:
    """Width of the swaths in which blocks are taken, so that tiles shared by rows stay in memory.

    `TILE_ROWS_KEPT` rows of tiles of both files must fit into the cache.
    """
    pixel_bytes = sum(
        len(pair.names) * np.dtype(store.scene.dtype).itemsize * max(store.tile[0], 1)
        for store in (pair.before, pair.after)
    )
    fit = (parameters.cache_mb << 20) // (TILE_ROWS_KEPT * pixel_bytes)
    return max(parameters.block_px, fit // parameters.block_px * parameters.block_px)


def focused(grid: Grid, size: int, focus) -> list[Window]:
    """Blocks of the grid, row by row, that meet `focus`."""
    windows = [
        Window(row, col, min(size, grid.rows - row), min(size, grid.cols - col))
        for row in range(0, grid.rows, size)
        for col in range(0, grid.cols, size)
    ]
    if focus is None:
        return windows
    area = prep(focus)
    return [
        w
        for w in windows
        if area.intersects(box(*grid.window(w.row, w.col, w.rows, w.cols).bounds))
    ]


def reach_px(grid: Grid, parameters: DetectionParameters, scorer) -> tuple[int, int, int]:
    """Search radius, half side of the mean, and what a block is read wider for them, in pixels."""
    radius = search_radius(grid, parameters)
    plain = isinstance(scorer, Scorer)
    smooth = smooth_width(grid, parameters) if plain else parameters.smooth_px
    return radius, smooth, max(radius, scorer.halo_px) + max(smooth, TOLERANT_EXTRA_PX)


def score_block(
    pair: Pair, unseen: UnseenMap, window: Window, parameters, job: Job, scorer: Scorer
) -> Found:
    """Runs of one block, in grid coordinates, and its nodata counts."""
    if job.cancelled():
        job.at("score")
    radius, smooth, halo = reach_px(pair.grid, parameters, scorer)
    wide = radius + TOLERANT_EXTRA_PX
    before, after = pair.block(window, halo, whiten=True)
    missing = count_missing(before, after, halo, window, unseen.factor)
    place = np.array([window.row - halo, window.col - halo, unseen.factor], np.int64)
    if any_hidden(unseen, window, halo):
        hide(before, unseen.before, unseen.after, place)
    low, high = np.float32(parameters.low_threshold), np.float32(parameters.threshold)
    inner = np.s_[halo:-halo, halo:-halo]
    score, strength = scorer.measured(before, after, radius, smooth, low, tuple(place[:2]))
    score = score[inner]
    n = count_runs(score, low)
    whole, real = np.zeros((n, 4), np.int32), np.zeros((n, 2 + 2 * len(before)))
    block_runs(score, before, after, halo, low, high, wide, whole, real)
    if strength is not None:
        real = np.column_stack([real, real[:, 0]])
        sum_runs(np.ascontiguousarray(strength[inner]), whole, real[:, 0])
    whole[:, 0] += window.row
    whole[:, 1:3] += window.col
    noise = pair.radiometry.noise
    real[:, 2 : 2 + 2 * len(noise)] *= np.concatenate([noise, noise])
    return Found(whole, real, missing)


@njit(nogil=True, cache=True)
def hide(block, before_codes, after_codes, place):
    """Make the pixels of a block NaN whose coarse cell was not seen on either date."""
    row, col, factor = place
    bands, rows, cols = block.shape
    down, across = before_codes.shape
    for y in range(rows):
        i = min(max(row + y, 0) // factor, down - 1)
        for x in range(cols):
            j = min(max(col + x, 0) // factor, across - 1)
            if before_codes[i, j] > 0 or after_codes[i, j] > 0:
                for k in range(bands):
                    block[k, y, x] = np.nan


def any_hidden(unseen: UnseenMap, window: Window, halo: int) -> bool:
    """Does any cell under a window and its halo bear a code?"""
    factor = unseen.factor
    rows = slice(
        max(0, window.row - halo) // factor, (window.row + window.rows + halo) // factor + 1
    )
    cols = slice(
        max(0, window.col - halo) // factor, (window.col + window.cols + halo) // factor + 1
    )
    return bool(unseen.before[rows, cols].any() or unseen.after[rows, cols].any())


def count_missing(before, after, halo: int, window: Window, factor: int):
    """Nodata pixels of both dates per coarse cell that the window meets; None when there are none."""
    inner = slice(halo, -halo)
    masks = [np.isnan(side[0, inner, inner]) for side in (before, after)]
    if not (masks[0].any() or masks[1].any()):
        return None
    first_row, first_col = window.row // factor, window.col // factor
    rows = (np.arange(window.row, window.row + window.rows) // factor) - first_row
    cols = (np.arange(window.col, window.col + window.cols) // factor) - first_col
    row_starts = np.flatnonzero(np.diff(rows, prepend=-1))
    col_starts = np.flatnonzero(np.diff(cols, prepend=-1))
    return tuple(
        np.add.reduceat(np.add.reduceat(m, row_starts, 0, dtype=np.int32), col_starts, 1)
        for m in masks
    )


def add_missing(unseen: UnseenMap, grid: Grid, windows: list[Window], found: list[Found]) -> None:
    """Mark the cells as nodata of which at least half the pixels are."""
    factor, shape = unseen.factor, unseen.before.shape
    totals = [np.zeros(shape, np.int32) for _ in range(2)]
    for window, one in zip(windows, found, strict=True):
        if one.missing is None:
            continue
        i, j = window.row // factor, window.col // factor
        for total, counts in zip(totals, one.missing, strict=True):
            total[i : i + counts.shape[0], j : j + counts.shape[1]] += counts
    rows = np.minimum(factor, grid.rows - np.arange(shape[0]) * factor)
    cols = np.minimum(factor, grid.cols - np.arange(shape[1]) * factor)
    pixels = rows[:, None] * cols[None]
    for codes, total in zip((unseen.before, unseen.after), totals, strict=True):
        codes[(codes == 0) & (total > 0) & (total >= UNSEEN_SHARE * pixels)] = UNSEEN_CODES[
            "nodata"
        ]


@contextlib.contextmanager
def open_aligned(before: Scene, after: Scene, change_map: ChangeMap, *, normalise: bool = False):
    """A function of a window (row, col, rows, cols) that gives both dates as `aligned_pair` does.

    For many windows: the files are opened once.
    """
    with Pair(before, after, change_map.grid, change_map.band_names, GDAL_CACHE_MB << 20) as pair:
        if change_map.shift is not None:
            pair.field = change_map.shift
        pair.radiometry = change_map.radiometry

        def read(window) -> tuple[np.ndarray, np.ndarray]:
            with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB << 20):
                return pair.block(Window(*window), normalise=normalise)

        yield read


def aligned_pair(
    before: Scene, after: Scene, change_map: ChangeMap, window, *, normalise: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Both dates (bands, rows, cols) float32 on a window (row, col, rows, cols) of the change map.

    Co-registered as in detection, NaN = nodata; after keeps its own colours unless `normalise`.
    """
    with open_aligned(before, after, change_map, normalise=normalise) as read:
        return read(window)
