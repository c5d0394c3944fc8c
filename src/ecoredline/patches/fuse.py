"""Patches of several sources in one queue: one place seen twice is one patch, the other is logged.

Two patches are one when their outlines agree (`SAME_IOU`) and both looks could have seen the same
change: their spans from before to after share a day. What has no after date is never merged.
"""

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.codes import code_list
from ecoredline.geodesy import areas_ha
from ecoredline.patches.identity import SAME_IOU

SEEN_BY_OTHER = "seen_by_other"  # codes/drop_reasons
TWICE_IOU = 0.95  # one source that names one outline twice
SECOND_WEIGHT = 0.5  # a second source is seldom independent of the first
MOST_CONFIDENCE = 0.99
SIGHTING_COLUMNS = (
    "patch_id", "found_by", "other_id", "other_found_by", "other_sensor", "other_after_on", "iou",
    "days", "other_confidence", "raised",
)  # fmt: skip


@dataclass(frozen=True)
class Fused:
    """The queue, what another patch of it stands for (`reason`, `reason_detail`), who saw what."""

    kept: gpd.GeoDataFrame
    merged: gpd.GeoDataFrame
    sightings: pd.DataFrame


def sensor_kind(*words: str) -> str:
    """`radar` or `optical`, by the names of sensor and source.

    >>> sensor_kind("Sentinel-1A"), sensor_kind("GF-2", "省遥感中心")
    ('radar', 'optical')
    """
    text = " ".join(w for w in words if w).casefold()
    aliases = code_list("sensors")["radar"]["aliases"].split(";")
    return "radar" if any(a.casefold() in text for a in aliases) else "optical"


def second_opinion(own: float, others: list[float]) -> float:
    """Confidence after other sources agreed: 1 − (1 − own) · Π(1 − ½ other); NaN own stays NaN.

    Not calibrated: sources that look at the same imagery are not independent, hence the half.

    >>> round(second_opinion(0.6, [0.8]), 2), second_opinion(0.6, [])
    (0.76, 0.6)
    """
    known = [o for o in others if o == o]
    left = np.prod([1 - SECOND_WEIGHT * o for o in known]) if known else 1.0
    return float(min(MOST_CONFIDENCE, 1 - (1 - own) * left)) if known else own


def one_event(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """May two looks (before, after as ISO dates, before may be blank) have seen one change?

    >>> one_event(("2023-05-01", "2024-05-01"), ("2024-04-01", "2024-06-01"))
    True
    >>> one_event(("2022-05-01", "2023-05-01"), ("2023-06-01", "2024-06-01")), one_event(("", ""), ("", "2024-01-01"))
    (False, False)
    """
    (start, stop), (begin, end) = first, second
    if not stop or not end:
        return False
    return max(start, begin) <= min(stop, end)


def fuse(tables: list[gpd.GeoDataFrame]) -> Fused:
    """One queue of several patch tables (EPSG:4490), the first table's patches before the next's.

    Each table has patch_id, found_by, sensor, confidence, before_on, after_on. A kept patch lists
    in `also_seen_by` who else saw it; optical sources raise the confidence of optical ones only:
    radar stands beside and changes no number. The order of rows within a table does not matter.

    Returns `Fused`; every row of the tables is in `kept` or in `merged`.
    """
    whole = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)
    rank = np.repeat(np.arange(len(tables)), [len(t) for t in tables])
    shapes = shapely.make_valid(whole.geometry.to_numpy(), method="structure", keep_collapsed=False)
    sure = -whole["confidence"].fillna(0).to_numpy(float)
    order = np.lexsort((whole["patch_id"].astype(str), sure, rank))
    lead, ratio = leads(whole, shapes, order)
    is_kept = lead == np.arange(len(whole))
    sightings = sighting_table(whole, lead, ratio)
    kept = opinions(whole[is_kept].copy(), sightings)
    merged = whole[~is_kept].copy()
    merged["reason"] = SEEN_BY_OTHER
    merged["reason_detail"] = [
        f"与 {whole.at[lead[i], 'patch_id']}（{whole.at[lead[i], 'found_by']}）为同一处："
        f"交并比 {ratio[i]:.2f}，后时相相差 {days_between(whole, i, lead[i])} 天"
        for i in merged.index
    ]
    return Fused(kept.reset_index(drop=True), merged.reset_index(drop=True), sightings)


def leads(whole, shapes, order) -> tuple[np.ndarray, np.ndarray]:
    """For each row the row that stands for it (itself when kept) and their overlap over union."""
    near = overlaps(shapes)
    sources = whole["found_by"].astype(str).to_numpy()
    spans = list(zip(whole["before_on"].astype(str), whole["after_on"].astype(str), strict=True))
    lead, ratio = np.full(len(whole), -1), np.ones(len(whole))
    for i in order:
        fitting = [
            (-iou, str(whole.at[j, "patch_id"]), j)
            for j, iou in near.get(i, ())
            if lead[j] == j
            and iou >= (TWICE_IOU if sources[i] == sources[j] else SAME_IOU)
            and one_event(spans[i], spans[j])
        ]
        if fitting:
            best = min(fitting)
            lead[i], ratio[i] = best[2], -best[0]
        else:
            lead[i] = i
    return lead, ratio


def overlaps(shapes: np.ndarray) -> dict[int, list[tuple[int, float]]]:
    """Row → rows it shares ground with, and the overlap over union of their areas."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one != other], other[one != other]
    area = areas_ha(shapes)
    shared = areas_ha(shapely.intersection(shapes[one], shapes[other]))
    both = area[one] + area[other] - shared
    found: dict[int, list] = {}
    for i, j, s, b in zip(one.tolist(), other.tolist(), shared, both, strict=True):
        if s > 0 and b > 0:
            found.setdefault(i, []).append((j, float(s / b)))
    return found


def days_between(whole, i: int, j: int) -> int:
    """Days between the after dates of two rows."""
    one, other = (date.fromisoformat(str(whole.at[k, "after_on"])) for k in (i, j))
    return abs((one - other).days)


def sighting_table(whole, lead, ratio) -> pd.DataFrame:
    """One row a merged patch: who else saw which kept one, and whether that raised its confidence."""
    rows = []
    for i in np.flatnonzero(lead != np.arange(len(whole))):
        kept, other = whole.loc[lead[i]], whole.loc[i]
        kinds = {sensor_kind(str(r["sensor"]), str(r["found_by"])) for r in (kept, other)}
        raised = kinds == {"optical"} and kept["found_by"] != other["found_by"]
        rows.append((
            kept["patch_id"], kept["found_by"], other["patch_id"], other["found_by"], other["sensor"],
            other["after_on"], round(float(ratio[i]), 4), days_between(whole, i, lead[i]),
            other["confidence"], raised,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=SIGHTING_COLUMNS)


def opinions(kept: gpd.GeoDataFrame, sightings: pd.DataFrame) -> gpd.GeoDataFrame:
    """The kept patches with `also_seen_by` and, where optical sources agree, a higher confidence."""
    groups = dict(list(sightings.groupby("patch_id")))
    own = kept["confidence"].astype(float).tolist()
    said, sure = [], []
    for name, value in zip(kept["patch_id"], own, strict=True):
        seen = groups.get(name)
        if seen is None:
            said.append([])
            sure.append(value)
            continue
        others = seen[seen["other_found_by"] != seen["found_by"]].to_dict("records")
        said.append([sighting_words(row) for row in others])
        best = {}
        for row in others:  # one opinion a source
            if row["raised"] and row["other_confidence"] == row["other_confidence"]:
                before = best.get(row["other_found_by"], 0.0)
                best[row["other_found_by"]] = max(before, row["other_confidence"])
        sure.append(second_opinion(value, list(best.values())))
    kept["also_seen_by"], kept["confidence"] = said, np.round(np.array(sure, float), 3)
    return kept


def sighting_words(row: dict) -> str:
    """Another source in words, as the review shows it."""
    facts = [str(row["other_sensor"]), str(row["other_after_on"])]
    if row["other_confidence"] == row["other_confidence"]:
        facts.append(f"置信度 {row['other_confidence']:.2f}")
    if not row["raised"]:
        facts.append("不计入置信度")
    return f"{row['other_found_by']}（{'，'.join(f for f in facts if f)}）"
