"""A candidate beside the redline in force: what is kept, what is missing, what is more, and why."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.delineation.shapes import polygons_of
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.grid import STORAGE_CRS

KEPT, MISSING, SURPLUS = "kept", "missing", "surplus"
STATE_ZH = {KEPT: "保留", MISSING: "现行有而候选无", SURPLUS: "候选有而现行无"}
SNAP_DEGREES = 1e-11  # a micrometre: overlays on it do not fail where cells meet at corners
BELOW, TOO_SMALL, SHAPED = "未达极重要或极敏感", "斑块过小被剔除", "合并、填洞、贴合形成"


def compare_with_redline(
    candidate: gpd.GeoDataFrame, in_force: gpd.GeoDataFrame, reasons: gpd.GeoDataFrame,
    removed: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Rows state, state_zh, reason, area_ha: kept and missing make up the redline in force,
    kept and surplus the candidate. All frames are EPSG:4490; `reasons` and `removed` have `reason`.
    """
    new, old = (only_polygons(f.geometry.union_all()) for f in (candidate, in_force))
    pieces = by_reason(KEPT, both(new, old), reasons, SHAPED)
    pieces += by_reason(SURPLUS, less(new, old), reasons, SHAPED)
    gone = removed.assign(reason=TOO_SMALL)[["reason", "geometry"]]
    pieces += by_reason(MISSING, less(old, new), gone, BELOW)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(pieces, columns=["state", "reason", "geometry"]),
        geometry="geometry",
        crs=STORAGE_CRS,
    )
    frame.insert(1, "state_zh", frame["state"].map(STATE_ZH))
    frame["area_ha"] = round_ha(areas_ha(frame.geometry.to_numpy())) if len(frame) else []
    return frame


def by_reason(state: str, area, reasons: gpd.GeoDataFrame, rest: str) -> list[tuple]:
    """An area cut by reasons, the first that fits; what no reason covers gets `rest`."""
    rows = []
    for words, geometry in zip(reasons["reason"], reasons.geometry, strict=True):
        geometry = only_polygons(geometry)
        part = both(area, geometry)
        if not part.is_empty:
            rows.append((state, words, part))
            area = less(area, geometry)
    return rows if area.is_empty else [*rows, (state, rest, area)]


def both(one, other):
    """The polygons two geometries in degrees share."""
    return only_polygons(shapely.intersection(one, other, grid_size=SNAP_DEGREES))


def less(one, other):
    """The polygons of one geometry in degrees that the other has not."""
    return only_polygons(shapely.difference(one, other, grid_size=SNAP_DEGREES))


def only_polygons(geometry):
    """The polygons of a geometry as one; may be empty."""
    return shapely.union_all(np.array(polygons_of(geometry), dtype=object))
