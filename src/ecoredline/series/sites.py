"""From pixels that changed to sites with a state: growing, active, idle, removed or recovering.

A site is what changed the same way side by side (8-connected), whatever the dates: its oldest
pixel says since when. The states are read off in this order, the first that fits counts.
"""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio import features
from scipy import ndimage

from ecoredline.change.history import STATES, History
from ecoredline.geodesy import areas_ha, geohashes, round_ha
from ecoredline.grid import STORAGE_CRS, Grid

SITE_STATES = {
    "removed": "已恢复原状", "recovering": "正在恢复", "growing": "扩大中", "active": "施工中",
    "idle": "停滞",
}  # fmt: skip
RECOVERED_SHARE = 0.8  # of the pixels are as the model expects again
RECOVERING_SHARE = 0.5  # of the pixels are, or begin to be
FADING = 0.6  # of the strongest deviation is left
GROWING_DAYS = 180
GROWING_SHARE = 0.1  # of the site changed within those days, after it had begun
UNREST = 2.0  # deviations by which the ground differs from one date to the next
LEAST_PIXELS = 4
COLUMNS = (
    "site_id", "state", "state_zh", "direction", "changed_on", "newest_on", "recovered_on",
    "confidence", "area_ha", "recovered_share", "grown_share", "unrest", "last_on", "dates",
)  # fmt: skip
EIGHT = np.ones((3, 3), int)


def find_sites(history: History, grid: Grid, least_px: int = LEAST_PIXELS) -> gpd.GeoDataFrame:
    """The sites of a history on its grid, EPSG:4490, columns `COLUMNS`, the oldest first.

    `direction` is loss (the index fell) or gain; `changed_on` the day on which a tenth of the site
    had changed, ISO text; areas in hectares on the ellipsoid. Pieces below `least_px` are left out.
    """
    report, rows, shapes = history.report(), [], []
    to_lonlat = grid.to_lonlat
    for sign, word in ((-1, "loss"), (1, "gain")):
        mask = (report["changed_on"] > 0) & (report["direction"] == sign)
        number, count = ndimage.label(mask, structure=EIGHT)
        sizes = np.bincount(number.ravel(), minlength=count + 1)
        number[(sizes < least_px)[number]] = 0
        outlines = outlines_of(number, grid)
        for k, shape in outlines.items():
            rows.append(site_row(history, report, number == k, word))
            shapes.append(shapely.transform(shape, to_lonlat.transform, interleaved=False))
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in ("site_id", "area_ha")]),
        geometry=gpd.GeoSeries(shapes, crs=STORAGE_CRS),
    )  # fmt: skip
    return named(frame)


def named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Areas and ids that last: geohash of a point inside; the oldest first."""
    shapes = frame.geometry.to_numpy()
    frame["area_ha"] = round_ha(areas_ha(shapes)) if len(frame) else []
    points = shapely.point_on_surface(shapes)
    frame["site_id"] = geohashes(shapely.get_x(points), shapely.get_y(points)) if len(frame) else []
    frame = frame.sort_values(["changed_on", "site_id"], kind="stable").reset_index(drop=True)
    return frame[[*COLUMNS, "geometry"]]


def outlines_of(number: np.ndarray, grid: Grid) -> dict[int, shapely.Geometry]:
    """Number → its outline in the grid's CRS."""
    parts: dict[int, list] = {}
    raster = number.astype(np.int32)
    for shape, value in features.shapes(raster, mask=raster > 0, transform=grid.transform):
        parts.setdefault(int(value), []).append(shapely.geometry.shape(shape))
    return {k: shapely.union_all(v) for k, v in sorted(parts.items())}


def site_row(history: History, report: dict, inside: np.ndarray, direction: str) -> dict:
    """What is known of one site, but its place and area."""
    changed = np.sort(report["changed_on"][inside])
    started, newest = int(changed[len(changed) // 10]), int(changed[-1])
    state = report["state"][inside]
    recovered = state == STATES.index("recovered")
    easing = recovered | (state == STATES.index("recovering"))
    peak = np.maximum(history.peak[inside], 1e-6)
    left = float(np.median(np.abs(history.level[inside]) / peak))
    late = changed > history.last - GROWING_DAYS
    grown = float(late.mean()) if started <= history.last - GROWING_DAYS else 0.0
    unrest = float(np.median(history.unrest[inside][~recovered])) if (~recovered).any() else 0.0
    facts = {
        "recovered_share": round(float(recovered.mean()), 3), "grown_share": round(grown, 3),
        "unrest": round(unrest, 2),
    }  # fmt: skip
    word = state_of(float(recovered.mean()), float(easing.mean()), left, grown, unrest, late.all())
    done = report["recovered_on"][inside][recovered]
    return facts | {
        "state": word, "state_zh": SITE_STATES[word], "direction": direction,
        "changed_on": iso(started), "newest_on": iso(newest),
        "recovered_on": iso(int(np.median(done))) if word == "removed" else "",
        "confidence": round(float(np.median(report["confidence"][inside])), 3),
        "last_on": iso(history.last), "dates": history.dates,
    }  # fmt: skip


def state_of(recovered, easing, left, grown, unrest, is_new) -> str:
    """The first state that fits; a site that began within `GROWING_DAYS` counts as growing.

    >>> state_of(0.9, 0.9, 0.1, 0.0, 0.1, False), state_of(0.0, 0.1, 0.9, 0.3, 3.0, False)
    ('removed', 'growing')
    >>> state_of(0.1, 0.2, 0.4, 0.0, 0.5, False), state_of(0, 0, 0.9, 0, 0.5, False)
    ('recovering', 'idle')
    """
    if recovered >= RECOVERED_SHARE:
        return "removed"
    if easing >= RECOVERING_SHARE or left <= FADING:
        return "recovering"
    if grown >= GROWING_SHARE or is_new:
        return "growing"
    return "active" if unrest >= UNREST else "idle"


def iso(day: int) -> str:
    """An ordinal day as ISO text; blank for 0."""
    return date.fromordinal(day).isoformat() if day else ""
