"""Outlines of wide pixels through the pixels: how much of each pixel at the rim has changed.

At 10 m half an outline's pixels are mixed, and a patch of half a hectare is nearly all rim. A rim
pixel's share is its change over that of patch pixels beside it which changed the same way.
"""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from rasterio import features
from scipy import ndimage

from ecoredline.change import ChangeMap
from ecoredline.change.detect import WIDE_PIXEL_M
from ecoredline.patches.extract import place
from ecoredline.patches.outline import refined_outlines

MARGIN_PX = 8
RING_PX = (3, 6)  # where the ground beside a patch shows what the season did
LEAST_RING = 8  # pixels of it
REACH_PX = 2  # how far a rim pixel looks for its like
ALIKE_COS = np.cos(np.radians(20.0))  # changed the same way
FAINT = 0.1  # of its like: what the noise alone brings
PARTS = 2  # the outline is drawn in halves of a pixel
LEAST_LEFT = 0.3  # a patch that shrinks below this share of its pixels keeps its outline
LARGEST_WINDOW_PX = 4_000_000  # beyond it the rim hardly counts
EIGHT = np.ones((3, 3), bool)

Read = Callable[[tuple[int, int, int, int]], tuple[np.ndarray, np.ndarray]]


def refine_wide(found: gpd.GeoDataFrame, change: ChangeMap, read: Read) -> gpd.GeoDataFrame:
    """Patches (grid's CRS) of wide pixels with outlines through the pixels; finer ones as they are.

    `read(row, col, rows, cols)` gives both dates, normalised (as `change.open_aligned` does).
    Only `geometry` changes: exact pixels (`geometry_raw`), pixel counts and shape columns stay.
    Patches too small to list are left alone.
    """
    grid = change.grid
    if grid.pixel_size_m < WIDE_PIXEL_M or not len(found):
        return found
    shapes = found.geometry.to_numpy().copy()
    for k in np.flatnonzero(~found["too_small"].to_numpy()):
        shapes[k] = refined(shapes[k], found["geometry_raw"].iloc[k], change, read)
    return found.set_geometry(gpd.GeoSeries(shapes, index=found.index, crs=found.crs))


def refined(shape, raw, change: ChangeMap, read: Read):
    """One patch's outline; the given one where the pixels beside it tell nothing."""
    window = window_of(raw, change.grid)
    row, col, rows, cols = window
    if rows * cols > LARGEST_WINDOW_PX:
        return shape
    at = change.grid.transform * Affine.translation(col, row)
    patch = features.rasterize([raw], out_shape=(rows, cols), transform=at) > 0
    before, after = read(window)
    noise = np.asarray(change.radiometry.noise, np.float32)[:, None, None]
    share = changed_share((after - before) / noise, patch, window_mask(change.runs, window))
    if share is None or share.sum() < LEAST_LEFT * patch.sum():
        return shape
    return place(np.array([outline_of(share)]), at)[0]


def window_of(raw, grid) -> tuple[int, int, int, int]:
    """Row, column, rows, columns of the patch with its margin, inside the grid."""
    x0, y0, x1, y1 = raw.bounds
    cols, rows = (~grid.transform) * (np.array([x0, x1, x0, x1]), np.array([y0, y0, y1, y1]))
    first = max(0, round(rows.min()) - MARGIN_PX), max(0, round(cols.min()) - MARGIN_PX)
    last = min(grid.rows, round(rows.max()) + MARGIN_PX), min(grid.cols, round(cols.max()) + MARGIN_PX)  # fmt: skip
    return *first, last[0] - first[0], last[1] - first[1]


def window_mask(runs, window) -> np.ndarray:
    """The changed pixels of a window (rows, cols), of whatever patch."""
    row, col, rows, cols = window
    low, high = np.searchsorted(runs.row, (row, row + rows))
    edges = np.zeros((rows, cols + 1), np.int32)
    for values, step in ((runs.start, 1), (runs.stop, -1)):
        at = np.clip(values[low:high] - col, 0, cols)
        np.add.at(edges, (runs.row[low:high] - row, at), step)
    return np.cumsum(edges, axis=1)[:, :cols] > 0


def changed_share(change: np.ndarray, patch: np.ndarray, changed: np.ndarray) -> np.ndarray | None:
    """Share 0..1 of each pixel (rows, cols) that belongs to the patch; None without ground beside it.

    `change` (bands, rows, cols) is in noise units, NaN = unseen; `patch` marks the patch's pixels,
    `changed` those of every patch. The patch's inside is 1; beyond its rim one pixel may have a share.

    >>> change, patch = np.zeros((1, 20, 20)), np.zeros((20, 20), bool)
    >>> change[0, 8:12, 8:13], patch[8:12, 8:13] = 10, True
    >>> change[0, :, 12] /= 2
    >>> changed_share(change, patch, patch).sum().round(1).item()
    17.8
    """
    seen = np.isfinite(change).all(axis=0)
    away = ndimage.distance_transform_edt(~patch)
    ring = (away > RING_PX[0]) & (away <= RING_PX[1]) & seen & ~changed
    if ring.sum() < LEAST_RING:
        return None
    season = np.median(change[:, ring], axis=1)
    moved = np.where(seen, change - season[:, None, None], 0)
    inside = ndimage.binary_erosion(patch, EIGHT)
    others = ndimage.binary_dilation(changed & ~patch, EIGHT)  # a pixel between two is nobody's
    beside = ndimage.binary_dilation(patch, EIGHT) & ~patch & ~others
    rim = np.nonzero(((patch & ~inside) | beside) & seen)
    share = patch.astype(np.float64)  # unseen pixels of the patch count whole
    share[rim] = of_its_like(moved, patch & seen, rim)
    return share


def of_its_like(moved: np.ndarray, patch: np.ndarray, rim) -> np.ndarray:
    """Change of the rim's pixels over the median of patch pixels near them that changed alike, 0..1.

    Where there is no such pixel, a pixel of the patch counts whole, another not at all.
    """
    size = np.sqrt((moved**2).sum(axis=0))
    unit = moved / np.maximum(size, 1e-9)
    y, x = rim
    like = []
    for dy in range(-REACH_PX, REACH_PX + 1):
        for dx in range(-REACH_PX, REACH_PX + 1):
            if dy == dx == 0:
                continue
            i = np.clip(y + dy, 0, patch.shape[0] - 1)
            j = np.clip(x + dx, 0, patch.shape[1] - 1)
            same = (unit[:, y, x] * unit[:, i, j]).sum(axis=0) > ALIKE_COS
            like.append(np.where(patch[i, j] & same, size[i, j], np.nan))
    like = np.array(like)
    known = np.isfinite(like).any(axis=0)
    level = np.full(len(y), np.inf)
    level[known] = np.nanmedian(like[:, known], axis=0)
    share = np.clip(size[y, x] / np.maximum(level, 1e-9), 0, 1)
    share = np.where(known, share, patch[y, x])
    return np.clip((share - FAINT) / (1 - FAINT), 0, 1)


def outline_of(share: np.ndarray):
    """The multipolygon (pixel coordinates) that holds the greatest shares and has their sum as area.

    >>> share = np.zeros((4, 6)); share[1:3, 1:4] = 1; share[1:3, 4] = 0.5
    >>> outline_of(share).area.__round__(1)
    7.0
    """
    fine = ndimage.zoom(share, PARTS, order=1, mode="nearest", grid_mode=True)
    fine = np.where(np.kron(share > 0, np.ones((PARTS, PARTS), bool)), fine, 0)
    wanted = min(round(share.sum() * PARTS**2), int((fine > 0).sum()))
    order = np.argsort(-fine, axis=None, kind="stable")
    mask = np.zeros(fine.size, bool)
    mask[order[:wanted]] = True
    edge = np.diff(np.pad(mask.reshape(fine.shape), ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, start = np.nonzero(edge == 1)
    polygons, _ = refined_outlines(row, start, np.nonzero(edge == -1)[1])
    large = polygons[shapely.area(polygons) >= PARTS**2]
    shape = shapely.multipolygons(large if len(large) else polygons)
    return shapely.transform(shape, lambda xy: xy / PARTS)
