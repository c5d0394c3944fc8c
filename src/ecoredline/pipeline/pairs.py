"""Which two images show a patch best: free of cloud, of one season, seen from one side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from ecoredline.errors import EcoredlineError, NotEnoughData
from ecoredline.files import whole_file
from ecoredline.patches.table import read_table
from ecoredline.pipeline.gates import season_gap
from ecoredline.raster import Reader, Scene, open_scene
from ecoredline.raster.stac import find_images, outline

LEAST_SEEN = 0.9  # of the patch on each date
SEASON_GOOD, SEASON_BAD = 20, 90  # days (change-detection.md, section 3, row 1)
ANGLE_BAD = 30.0  # degrees between two views
WEIGHTS = {"seen": 0.5, "season": 0.3, "angle": 0.1, "near": 0.1}
PROBE_PX = 64


@dataclass(frozen=True)
class Pair:
    """Two scenes, how good they are together (0..1), and why in words."""

    before: Scene
    after: Scene
    score: float
    reason: str


def best_pair(
    scenes: Sequence[Scene],
    shape,
    changed_by: date,
    *,
    angles: dict[str, float] | None = None,
    hidden: dict[str, float] | None = None,
) -> Pair:
    """The best pair for a patch (EPSG:4490) whose change was seen on `changed_by`.

    Before is earlier than `changed_by`, after is of that day or later. Scored by the share of
    the patch both show, by the gap of their seasons, by the angle between their views (`angles`:
    image id → degrees off nadir; unknown counts half) and by how near the after image is. `hidden`:
    image id → share of the patch known to lie under cloud, shadow or snow there.
    Ties go to the newest before. Raises `NotEnoughData` with what each side lacks.
    """
    angles = angles or {}
    seen = seen_shares(scenes, shape, hidden or {})
    good = [s for s in scenes if seen.get(s.image_id, 0) >= LEAST_SEEN]
    before = [s for s in good if s.acquired_on < changed_by]
    after = [s for s in good if s.acquired_on >= changed_by]
    if not before or not after:
        dark = sum(0 < v < LEAST_SEEN for v in seen.values())
        raise NotEnoughData(
            f"got {len(before)} clear images before {changed_by} and {len(after)} from then on "
            f"({dark} more show it only in part); wanted one of each"
        )
    found = [scored(b, a, seen, changed_by, angles) for b, a in product(before, after)]
    return max(found, key=lambda p: (round(p.score, 6), p.before.acquired_on, p.before.image_id))


def seen_shares(scenes: Sequence[Scene], shape, hidden: dict[str, float]) -> dict[str, float]:
    """By image id the share of a patch that each dated scene shows."""
    return {
        s.image_id: seen_share(s, shape) * (1 - hidden.get(s.image_id, 0.0))
        for s in scenes
        if s.acquired_on
    }


def scored(before: Scene, after: Scene, seen: dict, changed_by: date, angles: dict) -> Pair:
    """One pair with its score and its reason."""
    gap = season_gap(before.acquired_on, after.acquired_on)
    both = [angles.get(s.image_id) for s in (before, after)]
    apart = None if None in both else abs(both[0] - both[1])
    late = (after.acquired_on - changed_by).days
    least = min(seen[before.image_id], seen[after.image_id])
    parts = {
        "seen": float(np.clip((least - LEAST_SEEN) / (1 - LEAST_SEEN), 0, 1)),
        "season": float(np.clip((SEASON_BAD - gap) / (SEASON_BAD - SEASON_GOOD), 0, 1)),
        "angle": 0.5 if apart is None else float(np.clip(1 - apart / ANGLE_BAD, 0, 1)),
        "near": float(np.clip(1 - late / 365, 0, 1)),
    }
    view = "视角未知" if apart is None else f"视角相差 {apart:.0f}°"
    reason = f"{before.acquired_on} 与 {after.acquired_on}：图斑可见 {least:.0%}，季节相差 {gap} 天，{view}"
    return Pair(before, after, sum(WEIGHTS[k] * v for k, v in parts.items()), reason)


def pair_table(folder: Path | str, run: Path | str, out: Path | str) -> pd.DataFrame:
    """Write and give one row a patch of a run: patch_id, before, after, score, reason.

    `folder` holds the images; those that cannot be opened or have no date are left out. A patch
    without a fitting pair keeps blank names and says why.
    """
    scenes = []
    for path in find_images(Path(folder)):
        try:
            scenes.append(open_scene(path))
        except EcoredlineError:
            continue
    rows = []
    for patch in read_table(run).itertuples():
        if not patch.after_on:
            rows.append((patch.patch_id, "", "", None, "图斑没有后时相日期"))
            continue
        try:
            found = best_pair(scenes, patch.geometry, date.fromisoformat(patch.after_on))
        except NotEnoughData as fault:
            rows.append((patch.patch_id, "", "", None, str(fault)))
            continue
        names = found.before.image_id, found.after.image_id
        rows.append((patch.patch_id, *names, round(found.score, 3), found.reason))
    table = pd.DataFrame(rows, columns=["patch_id", "before", "after", "score", "reason"])
    with whole_file(Path(out)) as part:
        table.to_csv(part, index=False, encoding="utf-8-sig")
    return table


def seen_share(scene: Scene, shape) -> float:
    """Share of the patch the scene shows: inside the image, not nodata, not under its own mask."""
    if not outline(scene.grid).intersects(shape):
        return 0.0
    points = points_in(shape)
    to_grid = scene.grid.to_lonlat
    x, y = to_grid.transform(points[:, 0], points[:, 1], direction="INVERSE")
    cols, rows = (np.floor(v).astype(int) for v in ~scene.grid.transform * (x, y))
    inside = (rows >= 0) & (rows < scene.grid.rows) & (cols >= 0) & (cols < scene.grid.cols)
    if not inside.any():
        return 0.0
    top, left = int(rows[inside].min()), int(cols[inside].min())
    down, across = int(rows[inside].max()) - top + 1, int(cols[inside].max()) - left + 1
    shape_px = min(down, PROBE_PX), min(across, PROBE_PX)
    with Reader(scene, scene.grid, list(scene.bands)[:1]) as reader:
        values = reader.reflectance(top, left, down, across, shape_px)[0]
    r = ((rows[inside] - top) * shape_px[0] // down).astype(int)
    c = ((cols[inside] - left) * shape_px[1] // across).astype(int)
    return float(np.isfinite(values[r, c]).sum() / len(points))


def points_in(shape) -> np.ndarray:
    """Points (n, 2) evenly within a shape; one inside at least."""
    west, south, east, north = shape.bounds
    lon, lat = np.meshgrid(np.linspace(west, east, 24), np.linspace(south, north, 24))
    inside = shapely.contains_xy(shape, lon, lat)
    if not inside.any():
        point = shapely.point_on_surface(shape)
        return np.array([[point.x, point.y]])
    return np.column_stack([lon[inside], lat[inside]])
