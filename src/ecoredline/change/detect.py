"""`detect`: the block pass that ties registration, masks, normalisation and score together."""

from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
import rasterio
from shapely.geometry import box
from shapely.prepared import prep

from ecoredline.change.maps import ChangeMap, UnseenMap, coarse_grid
from ecoredline.change.normalise import fit_radiometry
from ecoredline.change.pair import Pair, Window
from ecoredline.change.parameters import DetectionParameters
from ecoredline.change.runs import block_runs, count_runs, join_runs
from ecoredline.change.score import robust_distance, smooth
from ecoredline.grid import Grid
from ecoredline.raster import Scene, common_bands
from ecoredline.record import Job

METHOD = "robust change vector analysis, noise-whitened, fixed threshold"
GDAL_CACHE_MB = 64
FINE_PIXEL_M = 2.5  # up to here the neighbourhood is 2 px
COARSE_SIDE = 2048
SAMPLE_TILES = 7
SAMPLE_PX = 256
TOLERANT_EXTRA_PX = 2


def detect(
    before: Scene,
    after: Scene,
    grid: Grid,
    parameters: DetectionParameters = DetectionParameters(),
    *,
    focus=None,
    job: Job | None = None,
) -> ChangeMap:
    """Find what changed between two scenes on `grid`, as runs of pixels above a fixed threshold.

    `focus` (a geometry in the grid's CRS) limits the work to blocks that meet it. The
    result does not depend on the number of threads. Raises `NotComparable`,
    `SourceError`, `InputError` (bands), `Cancelled`.
    """
    job = job or Job()
    names = common_bands(before, after)
    with (
        rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB),
        Pair(before, after, grid, names, parameters.cache_mb << 20) as pair,
    ):
        job.at("normalise", 0.0)
        pixels = [pair.block(window) for window in sample_windows(grid)]
        flat = [
            np.concatenate([blocks[side].reshape(len(names), -1)[:, ::7] for blocks in pixels], 1)
            for side in (0, 1)
        ]
        pair.radiometry = fit_radiometry(*flat, normalise=parameters.normalise)
        runs, unseen = block_pass(pair, parameters, focus, job)
    return ChangeMap(
        grid=grid, runs=runs, unseen=unseen, band_names=names, method=METHOD,
        threshold=parameters.threshold, low_threshold=parameters.low_threshold,
        registration={}, normalisation=pair.radiometry.as_record(names),
        notes=[*before.notes, *after.notes],
    )  # fmt: skip


def sample_windows(grid: Grid) -> list[Window]:
    """Windows spread evenly over the grid, to learn the scene's statistics from."""
    rows, cols = min(SAMPLE_PX, grid.rows), min(SAMPLE_PX, grid.cols)
    down, across = min(SAMPLE_TILES, grid.rows // rows), min(SAMPLE_TILES, grid.cols // cols)
    return [
        Window(round(r), round(c), rows, cols)
        for r in np.linspace(0, grid.rows - rows, down)
        for c in np.linspace(0, grid.cols - cols, across)
    ]


def block_pass(pair: Pair, parameters: DetectionParameters, focus, job: Job):
    """Score every block that meets `focus`; give the joined runs and the unseen map."""
    grid = pair.grid
    factor = -(-max(grid.rows, grid.cols) // COARSE_SIDE)
    coarse = coarse_grid(grid, factor)
    unseen = UnseenMap(
        coarse, factor, *(np.zeros((coarse.rows, coarse.cols), np.uint8) for _ in range(2))
    )
    radius = parameters.radius_px or (2 if grid.pixel_size_m <= FINE_PIXEL_M else 1)
    windows = focused(grid, parameters.block_px, focus)
    found = [None] * len(windows)
    with ThreadPoolExecutor(parameters.threads) as pool:
        tasks = {
            pool.submit(score_block, pair, window, radius, parameters): i
            for i, window in enumerate(windows)
        }
        try:
            for done, task in enumerate(as_completed(tasks), start=1):
                found[tasks[task]] = task.result()
                job.at("score", done / len(windows))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return join_runs(found, len(pair.names)), unseen


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


def score_block(pair: Pair, window: Window, radius: int, parameters: DetectionParameters):
    """Runs of one block: whole numbers (n, 4) and sums (n, 2 + 2 bands), in grid coordinates."""
    wide = radius + TOLERANT_EXTRA_PX
    halo = max(radius + parameters.smooth_px, wide)
    before, after = pair.block(window, halo, whiten=True)
    squared = np.empty(before.shape[1:], np.float32)
    robust_distance(before, after, radius, squared)
    score = np.empty_like(squared)
    smooth(squared, parameters.smooth_px, np.float32(0), np.float32(1), score)
    inner = score[halo:-halo, halo:-halo]
    low, high = np.float32(parameters.low_threshold), np.float32(parameters.threshold)
    n = count_runs(inner, low)
    whole, real = np.zeros((n, 4), np.int32), np.zeros((n, 2 + 2 * len(before)), np.float64)
    block_runs(
        inner, before, after, halo, low, high, wide, np.float32(0), np.float32(1), whole, real
    )
    whole[:, 0] += window.row
    whole[:, 1:3] += window.col
    noise = pair.radiometry.noise
    real[:, 2:] *= np.concatenate([noise, noise])
    return whole, real


def aligned_pair(
    before: Scene, after: Scene, change_map: ChangeMap, window, *, normalise: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Both dates (bands, rows, cols) float32 on a window (row, col, rows, cols) of the change map.

    Co-registered as in detection, NaN = nodata; after keeps its own colours unless `normalise`.
    """
    with (
        rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB),
        Pair(before, after, change_map.grid, change_map.band_names, GDAL_CACHE_MB << 20) as pair,
    ):
        return pair.block(Window(*window), normalise=normalise)
