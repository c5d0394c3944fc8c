"""`ChangeMap` → patches: components, near pieces grouped, outlined and described."""

from collections import Counter
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

from ecoredline.change import ChangeMap, ChangeRuns
from ecoredline.errors import InputError
from ecoredline.grid import ELLIPSOID, Grid
from ecoredline.patches.label import fill_pinholes, group_pieces, label_runs
from ecoredline.patches.outline import raw_outlines, refined_outlines
from ecoredline.patches.shape import measure_shapes
from ecoredline.record import Job

FINE_PIXEL_M = 2.5
MINIMUM_AREA_FINE_M2 = 400.0  # issue 2, step 5
MINIMUM_AREA_COARSE_PX = 10  # change-detection.md, section 5: patch rules at 10 m
MERGE_GAP_PX = 3
KEPT_SHARE = (
    0.25  # smaller than the minimum but above this share of it: kept, to be dropped by name
)
PINHOLE_SHARE = 0.25  # holes up to this share of the minimum mapping area are filled
LEAST_STRONG_PX = 2
MERGE_AGREEMENT = 0.5  # cosine of two pieces' change: they must have changed alike to be one patch
AREA_SLACK = 1e-3  # 100 pixels of 2 m are 400 m², whatever the projection does to the last digits
GREENING_NDVI = 0.1
AREA_KNOTS = 33


@dataclass(frozen=True)
class ExtractParameters:
    """The sizes used, in ground units; `extract_patches` keeps them in `frame.attrs`."""

    minimum_area_m2: float
    merge_gap_m: float
    pinhole_m2: float
    least_strong_px: int = LEAST_STRONG_PX
    kept_share: float = KEPT_SHARE


def extract_patches(
    change: ChangeMap,
    *,
    minimum_area_m2: float | None = None,
    merge_gap_m: float | None = None,
    pinhole_m2: float | None = None,
    job: Job | None = None,
) -> gpd.GeoDataFrame:
    """Patches of a change map in the grid's CRS, in the order of their first pixels.

    Pixels that became much greener are taken apart from all others. Components (8-connected)
    without enough strong pixels are left out; those with at most
    `merge_gap_m` of free ground between them that changed alike become one patch. Patches below
    the minimum mapping area are marked `too_small`; those below a quarter of it are only counted, in
    `frame.attrs["counts"]`. Columns: geometry (refined), geometry_raw (exact pixels), pixels,
    area_m2_grid, too_small, score, strong_share, tolerant_ratio, probability (of a trained detector only), before_<band>, after_<band>
    (mean reflectance), before_spread, after_spread (of brightness from row to row), ndvi_before,
    ndvi_after (NaN without red and nir), and the shape columns. Raises `InputError` on negative sizes.
    """
    job = job or Job()
    sizes = choose_sizes(change.grid, minimum_area_m2, merge_gap_m, pinhole_m2)
    green = is_greening(change.runs, change.band_names)
    frames, counts = [], Counter()
    for step, kind in enumerate((~green, green)):
        job.at("patches", step / 2)
        frame, found = extract_kind(change, select(change.runs, kind), sizes)
        frames.append(frame)
        counts.update(found)
    table = pd.concat(frames, ignore_index=True).sort_values("first", kind="stable")
    table = table.drop(columns="first").reset_index(drop=True)
    frame = gpd.GeoDataFrame(table, geometry="geometry", crs=change.grid.crs.to_wkt())
    frame.attrs = {"counts": dict(counts), "sizes": vars(sizes)}
    job.at("patches", 1.0)
    return frame


def extract_kind(change: ChangeMap, runs: ChangeRuns, sizes: "ExtractParameters"):
    """Patches of the runs given, as a table with shapes in grid coordinates, and the counts."""
    grid = change.grid
    runs, counts = strong_components(runs, sizes.least_strong_px)
    row, start, stop, into = fill_pinholes(
        runs.row, runs.start, runs.stop, sizes.pinhole_m2 / grid.pixel_area_m2
    )
    piece, pieces = label_runs(row, start, stop)
    direction = change_direction(runs, piece[into], pieces)
    group, groups = group_pieces(
        row, start, stop, piece, sizes.merge_gap_m, grid.pixel_m, direction, MERGE_AGREEMENT
    )
    patch = group[piece[into]] if len(into) else into
    area = np.bincount(patch, runs.pixels * pixel_areas(grid, runs.row), groups)
    large = area >= sizes.kept_share * sizes.minimum_area_m2
    counts |= {"pieces": pieces, "patches": int(large.sum()), "below_floor": int((~large).sum())}
    runs, patch = select(runs, large[patch]), renumber(patch, large)
    filled = large[group[piece]] if len(piece) else np.zeros(0, bool)
    filled_patch = renumber(group[piece] if len(piece) else piece, large)
    frame = statistics(runs, patch, int(large.sum()), change.band_names)
    frame["area_m2_grid"] = area[large]
    frame["too_small"] = area[large] < sizes.minimum_area_m2 * (1 - AREA_SLACK)
    frame["first"] = first_pixels(runs, patch, grid.cols)
    raw = gather(*raw_outlines(runs.row, runs.start, runs.stop), patch)
    smooth = gather(*refined_outlines(row[filled], start[filled], stop[filled]), filled_patch)
    shapes = measure_shapes(place(smooth, Affine.scale(*grid.pixel_m)))
    frame = pd.concat([frame, shapes], axis=1)
    frame["geometry_raw"] = place(raw, grid.transform)
    frame["geometry"] = place(smooth, grid.transform)
    return frame, counts


def is_greening(runs: ChangeRuns, bands) -> np.ndarray:
    """Which runs became much greener: kept apart, so that regrowth does not swallow damage beside it."""
    if "red" not in bands or "nir" not in bands:
        return np.zeros(len(runs), bool)
    red, nir = list(bands).index("red"), list(bands).index("nir")
    ndvi = [
        (s[:, nir] - s[:, red]) / np.maximum(s[:, nir] + s[:, red], 1e-6)
        for s in (runs.before, runs.after)
    ]
    return ndvi[1] - ndvi[0] > GREENING_NDVI


def first_pixels(runs: ChangeRuns, patch: np.ndarray, cols: int) -> np.ndarray:
    """Number of each patch's first pixel, counted row by row: patches are listed in this order."""
    _, first = np.unique(patch, return_index=True)
    return runs.row[first].astype(np.int64) * cols + runs.start[first]


def choose_sizes(grid: Grid, minimum_area_m2=None, merge_gap_m=None, pinhole_m2=None):
    """The sizes to use on this grid; `None` means the default for its pixel."""
    given = {"minimum area": minimum_area_m2, "merge gap": merge_gap_m, "pin-hole": pinhole_m2}
    for name, value in given.items():
        if value is not None and not value >= 0:
            raise InputError(f"got a {name} of {value}; wanted 0 or more (metres or square metres)")
    if minimum_area_m2 is None:
        fine = grid.pixel_size_m < FINE_PIXEL_M
        minimum_area_m2 = (
            MINIMUM_AREA_FINE_M2 if fine else MINIMUM_AREA_COARSE_PX * grid.pixel_area_m2
        )
    if merge_gap_m is None:
        merge_gap_m = MERGE_GAP_PX * grid.pixel_size_m
    if pinhole_m2 is None:
        pinhole_m2 = PINHOLE_SHARE * minimum_area_m2
    return ExtractParameters(float(minimum_area_m2), float(merge_gap_m), float(pinhole_m2))


def strong_components(runs: ChangeRuns, least_strong_px: int) -> tuple[ChangeRuns, dict]:
    """Hysteresis: the runs of components with enough strong pixels, and how many there were."""
    component, count = label_runs(runs.row, runs.start, runs.stop)
    strong = np.bincount(component, runs.strong, count) >= least_strong_px
    counts = {"components": count, "weak": int(count - strong.sum())}
    return select(runs, strong[component]), counts


def select(runs: ChangeRuns, keep: np.ndarray) -> ChangeRuns:
    """The runs where `keep` is true."""
    return ChangeRuns(**{n: v if v is None else v[keep] for n, v in vars(runs).items()})


def renumber(patch: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Numbers of the kept patches, counted again from 0; entries of the others are left out."""
    return (np.cumsum(keep) - 1)[patch[keep[patch]]]


def change_direction(runs: ChangeRuns, piece: np.ndarray, pieces: int) -> np.ndarray:
    """Unit vector of each piece's mean change of reflectance (pieces, bands)."""
    change = band_sums(runs.after - runs.before, piece, pieces)
    return change / np.maximum(np.linalg.norm(change, axis=1, keepdims=True), 1e-12)


def band_sums(values: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Sums by label of values (runs, bands): (labels, bands)."""
    columns = [np.bincount(label, values[:, k], count) for k in range(values.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros((count, 0))


def statistics(runs: ChangeRuns, patch: np.ndarray, count: int, bands) -> pd.DataFrame:
    """Means by patch of what the runs carry."""
    pixels = np.bincount(patch, runs.pixels, count).astype(np.int64)
    score = np.bincount(patch, runs.score, count)
    frame = pd.DataFrame({"pixels": pixels, "score": score / pixels})
    frame["strong_share"] = np.bincount(patch, runs.strong, count) / pixels
    frame["tolerant_ratio"] = np.bincount(patch, runs.tolerant, count) / np.maximum(score, 1e-9)
    if runs.probability is not None:
        frame["probability"] = np.bincount(patch, runs.probability, count) / pixels
    for date, sums in (("before", runs.before), ("after", runs.after)):
        means = band_sums(sums, patch, count) / pixels[:, None]
        for k, band in enumerate(bands):
            frame[f"{date}_{band}"] = means[:, k]
    for date, sums in (("before", runs.before), ("after", runs.after)):
        frame[f"ndvi_{date}"] = ratio(frame, f"{date}_nir", f"{date}_red")
        frame[f"{date}_spread"] = spread(sums, runs.pixels, patch, count)
    return frame


def spread(sums: np.ndarray, pixels: np.ndarray, patch: np.ndarray, count: int) -> np.ndarray:
    """How much a patch's rows differ in brightness (mean of the bands): standard deviation."""
    value = sums.mean(axis=1) / pixels
    weight = np.maximum(np.bincount(patch, pixels, count), 1)
    mean = np.bincount(patch, value * pixels, count) / weight
    return np.sqrt(np.bincount(patch, (value - mean[patch]) ** 2 * pixels, count) / weight)


def ratio(frame: pd.DataFrame, one: str, other: str) -> np.ndarray:
    """(one − other) / (one + other), -1..1; NaN where a band is missing or the sum is not positive.

    >>> ratio(pd.DataFrame({"nir": [0.4], "red": [0.1]}), "nir", "red").round(1).tolist()
    [0.6]
    """
    if one not in frame or other not in frame:
        return np.full(len(frame), np.nan)
    a, b = np.maximum(frame[one].to_numpy(), 0), np.maximum(frame[other].to_numpy(), 0)
    return np.where(a + b > 0, (a - b) / np.where(a + b > 0, a + b, 1), np.nan)


def pixel_areas(grid: Grid, rows: np.ndarray) -> np.ndarray:
    """Ground area in m² of a pixel in each of `rows`; on a degree grid it shrinks towards the pole."""
    if not grid.crs.is_geographic:
        return np.full(len(rows), grid.pixel_area_m2)
    knots = np.linspace(0, grid.rows - 1, min(grid.rows, AREA_KNOTS))
    areas = []
    for row in knots:
        corners = [grid.transform * p for p in ((0, row), (1, row), (1, row + 1), (0, row + 1))]
        lon, lat = grid.to_lonlat.transform(*zip(*corners, strict=True))
        areas.append(abs(ELLIPSOID.polygon_area_perimeter(lon, lat)[0]))
    return np.interp(rows, knots, areas)


def gather(polygons: np.ndarray, piece: np.ndarray, patch: np.ndarray) -> np.ndarray:
    """One multipolygon a patch from outlines a piece; `piece` and `patch` are given for each run."""
    if not len(polygons):
        return np.empty(0, object)
    patch_of_piece = np.zeros(len(polygons), np.int64)
    patch_of_piece[piece] = patch
    order = np.argsort(patch_of_piece, kind="stable")
    return shapely.multipolygons(polygons[order], indices=patch_of_piece[order])


def place(geometry: np.ndarray, transform: Affine) -> np.ndarray:
    """Pixel coordinates (col, row) → ground coordinates."""
    a, b, c, d, e, f = list(transform)[:6]
    return shapely.transform(geometry, lambda xy: xy @ np.array([[a, d], [b, e]]) + (c, f))
