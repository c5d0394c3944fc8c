"""A sample of the scene at full resolution: what shift, radiometry and noise are learnt from."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ecoredline.change.pair import Pair, Window, paste
from ecoredline.change.register import TileShift, fit_field, rms, tile_shift
from ecoredline.change.warp import ShiftField, no_shift, resample
from ecoredline.errors import NotComparable
from ecoredline.grid import Grid

TILES_PER_SIDE = 7
DENSE_PER_SIDE = 12  # when the shift bends from place to place
BENT_PX = 0.3  # root mean square of what one affine leaves, from which on it counts as bent
TILE_SIDES_PX = (256, 128, 64, 32, 16)
MARGIN_PX = 16  # around a tile of after, so that it can be moved
REGISTER_BANDS = 4  # more add time and no certainty
LARGEST_SHIFT_PX = 12.0  # beyond it the files are placed wrongly; correcting would be a guess
GOOD_RESIDUAL_PX = 2.0
TORN_SHARE = 0.25  # of the tiles with a clear peak; the real pairs at hand have at most 0.08
DOUBTFUL_SHARE = 0.10
LEAST_CLEAR_TILES = 4


@dataclass(frozen=True)
class SampleTile:
    """One window of both dates, reflectance float32; after reaches `MARGIN_PX` farther."""

    window: Window
    before: np.ndarray
    after: np.ndarray

    def aligned(self, field: ShiftField) -> np.ndarray:
        """After moved by the field, on the window itself."""
        inner = self.after[:, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        if field.still:
            return inner
        out = np.empty_like(self.before)
        w = self.window
        resample(self.after, w.row - MARGIN_PX, w.col - MARGIN_PX, field, w.row, w.col, out)
        return out


def sample_windows(
    grid: Grid, tile=(1, 1), origin=(0, 0), per_side: int = TILES_PER_SIDE
) -> list[Window]:
    """Square windows spread evenly over the grid; they overlap when it is small.

    Each is moved into one `tile` (rows, cols) of the file, when tiles are large enough, so
    that few are decoded; `origin` is the file's place of the grid's first pixel.
    """
    shorter = min(grid.rows, grid.cols)
    side = next(s for s in TILE_SIDES_PX if 2 * s <= shorter or s == TILE_SIDES_PX[-1])
    starts = []
    for length, unit, begin in zip((grid.rows, grid.cols), tile, origin, strict=True):
        count = min(per_side, max(1, int(length / side * 1.6)))
        even = np.linspace(0, length - side, count)
        starts.append([snapped(round(v), length, side, unit, begin) for v in even])
    return [Window(r, c, side, side) for r in starts[0] for c in starts[1]]


def snapped(start: int, length: int, side: int, tile: int, origin: int) -> int:
    """The nearest start for which the window and its margin lie in one tile, if one can hold it.

    >>> snapped(500, 10_000, 256, 512, 0), snapped(500, 10_000, 256, 1, 0)
    (528, 500)
    """
    if tile < side + 2 * MARGIN_PX:
        return start
    number = (start + origin + side // 2) // tile
    low = number * tile - origin + MARGIN_PX
    high = (number + 1) * tile - origin - side - MARGIN_PX
    return max(0, min(length - side, max(low, min(start, high))))


def read_tile(pair: Pair, window: Window, hidden=None) -> SampleTile:
    """Read one window of both dates; `hidden(window)` gives pixels to leave out."""
    bands = len(pair.names)
    before = np.empty((bands, window.rows, window.cols), np.float32)
    after = np.empty((bands, window.rows + 2 * MARGIN_PX, window.cols + 2 * MARGIN_PX), np.float32)
    ones, zeros = np.ones(bands), np.zeros(bands)
    paste(pair.before, window.row, window.col, ones, zeros, before)
    paste(pair.after, window.row - MARGIN_PX, window.col - MARGIN_PX, ones, zeros, after)
    if hidden is not None:
        before[:, hidden(window)] = np.nan
    return SampleTile(window, before, after)


def read_sample(pair: Pair, threads: int, hidden=None) -> list[SampleTile]:
    """Read the sample windows of both dates."""
    windows = sample_windows(pair.grid, pair.before.tile, pair.before.origin)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda window: read_tile(pair, window, hidden), windows))


def measure_densely(pair: Pair, field: ShiftField, threads: int, hidden=None) -> list[TileShift]:
    """Whole shifts on a denser lattice of windows; none is kept in memory."""
    windows = sample_windows(
        pair.grid, pair.before.tile, pair.before.origin, per_side=DENSE_PER_SIDE
    )
    with ThreadPoolExecutor(threads) as pool:
        return list(
            pool.map(lambda window: measured(read_tile(pair, window, hidden), field), windows)
        )


def measured(tile: SampleTile, field: ShiftField) -> TileShift:
    """The whole shift of a tile: what `field` says plus what is left after it."""
    w = tile.window
    shift, peak = tile_shift(tile.before[:REGISTER_BANDS], tile.aligned(field)[:REGISTER_BANDS])
    row, col = w.row + (w.rows - 1) / 2, w.col + (w.cols - 1) / 2
    base = field.at([row], [col])[0]
    return TileShift(row, col, (shift[0] + base[0], shift[1] + base[1]), peak)


def measure(tiles: list[SampleTile], field: ShiftField, threads: int) -> list[TileShift]:
    """The whole shift of each tile."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda tile: measured(tile, field), tiles))


def register(
    tiles: list[SampleTile], grid: Grid, threads: int, dense=None
) -> tuple[ShiftField, dict]:
    """The shift field of the scene and what is said about it in the run record.

    The first pass measures, the second measures what the first left; where the shift
    bends, `dense(field)` gives more tiles for it. `reliable_tiles` of `tiles` carried the
    field; residuals are in pixels and metres. Of the `clear_tiles` (a sure peak) the
    `contradicting_tiles` say more than `GOOD_RESIDUAL_PX` otherwise than the field.
    """
    first = measure(tiles, no_shift(grid.rows, grid.cols), threads)
    field, kept = fit_field(first, grid.rows, grid.cols)
    before = np.array([t.shift for t in first])[kept]
    if dense is not None and bend_px(first, kept) > BENT_PX:
        last = dense(field)
    else:
        last = measure(tiles, field, threads)
    field, kept = fit_field(last, grid.rows, grid.cols)
    places = np.array([(t.row, t.col) for t in last])
    shifts = np.array([t.shift for t in last])
    left = shifts[kept] - field.at(places[kept, 0], places[kept, 1])
    pixel_m = grid.pixel_size_m
    clear = np.array([t.reliable for t in last], bool)
    off = np.hypot(*(shifts - field.at(places[:, 0], places[:, 1])).T)
    return field, {
        "tiles": len(last),
        "clear_tiles": int(clear.sum()),
        "reliable_tiles": int(kept.sum()),
        "contradicting_tiles": int((clear & (off > GOOD_RESIDUAL_PX)).sum()),
        "mean_shift_px": [round(float(v), 3) for v in np.mean(field.nodes, axis=(0, 1))],
        "largest_shift_px": round(float(np.abs(field.nodes).max()), 3),
        "residual_before_px": round(rms(before), 3),
        "residual_after_px": round(rms(left), 3),
        "residual_before_m": round(rms(before) * pixel_m, 3),
        "residual_after_m": round(rms(left) * pixel_m, 3),
    }


def bend_px(tiles: list[TileShift], kept: np.ndarray) -> float:
    """Root mean square of what the best affine leaves of the kept tiles' shifts."""
    chosen = [tile for tile, one in zip(tiles, kept, strict=True) if one]
    if len(chosen) <= 3:
        return 0.0
    places = np.array([(1.0, t.row, t.col) for t in chosen])
    shifts = np.array([t.shift for t in chosen])
    fitted = places @ np.linalg.lstsq(places, shifts, rcond=None)[0]
    return rms(shifts - fitted)


def trust(field: ShiftField, found: dict, grid: Grid) -> tuple[ShiftField, list[str]]:
    """Leave a field alone that rests on nothing, and say so in words.

    Raises `NotComparable` when more than `GOOD_RESIDUAL_PX` stay between the dates.
    """
    if found["reliable_tiles"] == 0:
        found["corrected"] = False
        return no_shift(grid.rows, grid.cols), ["没有可靠的配准点,未改正两期影像的相对位移。"]
    if found["largest_shift_px"] > LARGEST_SHIFT_PX:
        raise NotComparable(
            f"got images {found['largest_shift_px']:.1f} px apart; wanted at most "
            f"{LARGEST_SHIFT_PX:.0f}, which can be corrected: check their georeferencing"
        )
    if found["residual_after_px"] > GOOD_RESIDUAL_PX:
        raise NotComparable(
            f"got a residual of {found['residual_after_px']:.1f} px ({found['residual_after_m']:.1f} m) "
            f"after registration, {found['residual_before_px']:.1f} px before it, on "
            f"{found['reliable_tiles']} tiles; wanted at most {GOOD_RESIDUAL_PX:.0f} px: edges alone "
            "would fill the list. Orthorectify both images with one terrain model"
        )
    found["corrected"] = not field.still
    return field, contradictions(found)


def contradictions(found: dict) -> list[str]:
    """What to say of tiles that are sure of another shift than the field's.

    Raises `NotComparable` when a quarter of them is: what moved in pieces no smooth field mends.
    """
    clear, against = found["clear_tiles"], found["contradicting_tiles"]
    if clear < LEAST_CLEAR_TILES or against <= DOUBTFUL_SHARE * clear:
        return []
    if against > TORN_SHARE * clear:
        raise NotComparable(
            f"got {against} of {clear} measured places more than {GOOD_RESIDUAL_PX:.0f} px off the "
            f"common shift; wanted at most {TORN_SHARE:.0%} of them: the images moved in pieces (mosaic "
            "seams, another terrain model). Orthorectify both alike, or give another pair"
        )
    return [
        f"{clear} 个配准点中有 {against} 个与整体位移相差 {GOOD_RESIDUAL_PX:.0f} 像元以上："
        "这些地方的变化边缘不可靠。"
    ]
