"""Later patches beside approved projects: approved, exceeding (by how much), unapproved."""

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.errors import UnsuitableCRS
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.overlay import merged, overlay

APPROVED, EXCEEDING, UNAPPROVED = "approved", "exceeding", "unapproved"
TOLERANCE_M2 = 100.0  # drawn edges differ by a pixel or so
TOLERANCE_SHARE = 0.05
M2_PER_HA = 10_000.0


def match_projects(
    patches: gpd.GeoDataFrame,
    projects: Sequence,
    *,
    tolerance_m2: float = TOLERANCE_M2,
    tolerance_share: float = TOLERANCE_SHARE,
    holds: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> pd.DataFrame:
    """For each patch (its index): match, project_codes, approved_ha, outside_ha, outside.

    A patch is `approved` where what lies outside all projects is at most `tolerance_m2` and at
    most `tolerance_share` of it, `exceeding` where it reaches farther out, `unapproved` where it
    shares no more than that with any.
    `projects` are `Project`s or mappings with code and shape; only approved ones should be given.
    `holds` says of pairs (row numbers of patches, of projects) which approvals held for the patch.

    Raises `UnsuitableCRS` when the patches are not in EPSG:4490.
    """
    if patches.crs != STORAGE_CRS:
        raise UnsuitableCRS("got patches outside EPSG:4490; wanted to_crs(4490)")
    shapes = np.array(patches.geometry.to_numpy(), dtype=object)
    sizes = areas_ha(shapes)
    areas = np.array([_get(p, "shape") for p in projects], dtype=object)
    codes = [str(_get(p, "code")) for p in projects]
    pieces = overlay(shapes, sizes, areas) if len(areas) and len(shapes) else None
    if pieces is not None and holds is not None:
        pieces = pieces.only(holds(pieces.patch, pieces.polygon))
    cover, cover_ha = merged(pieces, len(shapes)) if pieces is not None else _nothing(len(shapes))
    outside_ha = np.maximum(sizes - cover_ha, 0.0)
    limit = np.minimum(tolerance_m2 / M2_PER_HA, tolerance_share * sizes)
    touched = cover_ha > np.minimum(limit, sizes / 2)
    kinds = np.where(~touched, UNAPPROVED, np.where(outside_ha <= limit, APPROVED, EXCEEDING))
    outside = [
        shapely.difference(shape, part) if kind == EXCEEDING else None
        for shape, part, kind in zip(shapes, cover, kinds, strict=True)
    ]
    named: list[list[str]] = [[] for _ in shapes]
    if pieces is not None:
        for patch, project in zip(pieces.patch, pieces.polygon, strict=True):
            if touched[patch]:
                named[patch].append(codes[project])
    found = {
        "match": kinds, "project_codes": named, "approved_ha": round_ha(cover_ha),
        "outside_ha": round_ha(outside_ha), "outside": outside,
    }  # fmt: skip
    return pd.DataFrame({k: pd.Series(list(v), index=patches.index) for k, v in found.items()})


def _get(project, name: str):
    return project[name] if isinstance(project, dict) else getattr(project, name)


def _nothing(count: int):
    return np.full(count, None, dtype=object), np.zeros(count)
