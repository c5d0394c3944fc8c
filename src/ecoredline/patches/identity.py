"""Names that last: a patch keeps its id when the run is repeated, and is known again later."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.geodesy import areas_ha, geohashes

NO_DIVISION = "000000"
NO_MONTH = "000000"
METRES_PER_DEGREE = 111_320.0  # of latitude; a width in metres, turned roughly into degrees
SAME_IOU = 0.3  # overlap over union from which two outlines are one place


def patch_ids(patches: pd.DataFrame) -> list[str]:
    """Ids `{county code}-{YYYYMM of the after date}-{geohash}`, from columns of the table.

    Uses division_code, after_on (ISO date) and lon, lat; an unknown code or date is 000000.
    A patch that shares its id with an earlier row gets -2, -3 …

    >>> row = {"division_code": "510422", "after_on": "2024-05-01", "lon": 101.7, "lat": 26.58}
    >>> patch_ids(pd.DataFrame([row, row]))
    ['510422-202405-wk8r4nxxt', '510422-202405-wk8r4nxxt-2']
    """
    codes = _texts(patches, "division_code")
    months = [_month(v) for v in _texts(patches, "after_on")]
    hashes = geohashes(patches["lon"].to_numpy(), patches["lat"].to_numpy())
    seen: dict[str, int] = {}
    ids = []
    for code, month, place in zip(codes, months, hashes, strict=True):
        plain = f"{code[:6] or NO_DIVISION}-{month}-{place}"
        seen[plain] = seen.get(plain, 0) + 1
        ids.append(plain if seen[plain] == 1 else f"{plain}-{seen[plain]}")
    return ids


def match_previous(
    patches: gpd.GeoDataFrame, previous: gpd.GeoDataFrame, iou: float = SAME_IOU
) -> pd.DataFrame:
    """For each patch the patch of an earlier run that covers the same place.

    Returns a table on the index of `patches`: previous_id ('' if none), iou (intersection over
    union of the areas on the ellipsoid, 0 if none). Of several, the best; of equals, the lowest id.
    Both frames must be in EPSG:4490.
    """
    result = pd.DataFrame({"previous_id": "", "iou": 0.0}, index=patches.index)
    if not len(patches) or not len(previous):
        return result
    ours, theirs = _valid(patches), _valid(previous)
    old, new = shapely.STRtree(ours).query(theirs, predicate="intersects")
    shared = areas_ha(shapely.intersection(ours[new], theirs[old]))
    both = areas_ha(ours)[new] + areas_ha(theirs)[old] - shared
    ratio = np.divide(shared, both, out=np.zeros_like(shared), where=both > 0)
    pairs = pd.DataFrame(
        {"new": new, "ratio": ratio, "id": previous["patch_id"].astype(str).to_numpy()[old]}
    )
    pairs = pairs[pairs["ratio"] >= iou].sort_values(["ratio", "id"], ascending=[False, True])
    best = pairs.drop_duplicates("new")
    rows = best["new"].to_numpy()
    result.iloc[rows, 0] = best["id"].to_numpy()
    result.iloc[rows, 1] = best["ratio"].to_numpy()
    return result


def growth(
    patches: gpd.GeoDataFrame, previous: gpd.GeoDataFrame, *, jitter_m: float, least_ha: float
) -> pd.DataFrame:
    """For each patch the earlier patch of its place, and how far it reaches beyond all of them.

    Returns the table of `match_previous` with `grown_ha`: the area outside every earlier
    outline that is wider than twice `jitter_m` (two outlines of one thing never agree to the
    pixel), 0 where that is below `least_ha`. Both frames must be in EPSG:4490.
    """
    table = match_previous(patches, previous).assign(grown_ha=0.0)
    known = np.flatnonzero((table["previous_id"] != "").to_numpy())
    if not len(known):
        return table
    ours, theirs = _valid(patches)[known], _valid(previous)
    at, of = shapely.STRtree(theirs).query(ours, predicate="intersects")
    old = [shapely.union_all(theirs[of[at == i]]) for i in range(len(known))]
    jitter = jitter_m / METRES_PER_DEGREE
    new = shapely.buffer(shapely.buffer(shapely.difference(ours, old), -jitter), jitter)
    grown = areas_ha(shapely.intersection(new, ours))
    table.iloc[known, table.columns.get_loc("grown_ha")] = np.where(grown >= least_ha, grown, 0.0)
    return table


def _valid(frame: gpd.GeoDataFrame) -> np.ndarray:
    return shapely.make_valid(frame.geometry.to_numpy(), method="structure", keep_collapsed=False)


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    """A column as text; blank where it is missing."""
    if column not in frame:
        return [""] * len(frame)
    return ["" if v is None or v != v else str(v) for v in frame[column].tolist()]


def _month(date: str) -> str:
    digits = date.replace("-", "")[:6]
    return digits if len(digits) == 6 and digits.isdigit() else NO_MONTH
