"""An adjustment proposal: which functions go with what is taken out, which come with what is put in."""

import math
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from ecoredline.geodesy import area_ha, round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import Job
from ecoredline.zonal import zonal_numbers

SEEN = 99.9  # per cent: below it a part is not covered whole


def evaluate_adjustment(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, services: Mapping[str, Path],
    *, required: gpd.GeoDataFrame | None = None, job: Job | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row a service: total before, lost, gained, after, change in per cent; means of both parts.

    `before` and `after` are redlines in EPSG:4490; `services` names → maps. `unit` is that of the
    totals, `map_unit` that of the means; seen_before, seen_lost, seen_gained tell how much of each
    part the map covers, in per cent: a part no cell of which has a value is NaN, never 0. `attrs` has
    the areas taken out and put in (ha), and how much of `required` would leave the redline. The
    numbers describe the proposal; whether it may be made is not for a program to say.
    """
    old, new = before.geometry.union_all(), after.geometry.union_all()
    parts = {"before": old, "lost": shapely.difference(old, new), "gained": shapely.difference(new, old)}  # fmt: skip
    zones = gpd.GeoDataFrame(
        {"part": list(parts)}, geometry=list(parts.values()), crs=STORAGE_CRS
    ).set_index("part", drop=False)
    rows = [
        service_row(name, zonal_numbers(path, zones, job=job)) for name, path in services.items()
    ]
    found = pd.DataFrame(rows)
    found.attrs = {
        "out_ha": round_ha(area_ha(parts["lost"])), "in_ha": round_ha(area_ha(parts["gained"])),
        "required_out_ha": round_ha(
            area_ha(shapely.intersection(parts["lost"], required.geometry.union_all()))
        ) if required is not None else 0.0,
    }  # fmt: skip
    return found


def service_row(name: str, table: pd.DataFrame) -> dict:
    """What one service has in the redline, loses and gains."""
    unit, means = table.attrs["unit"], table["mean"]
    sums, total_unit = table["total"], table.attrs["total_unit"]
    if table.attrs["rule"] == "none":  # a bare index: value × area
        sums = means * table["seen_ha"]
        total_unit = "hm²" if unit in ("", "1") else f"{unit}·hm²"
    seen = seen_percent(table)
    sums = sums.where(table["area_ha"] > 0, 0.0)  # no part is no loss; an unseen one is not known
    after = sums["before"] - sums["lost"] + sums["gained"]
    known = sums["before"] != 0
    return {
        "service": name, "unit": total_unit, "before": sums["before"], "lost": sums["lost"],
        "gained": sums["gained"], "after": after, "map_unit": unit, "mean_lost": means["lost"],
        "mean_gained": means["gained"], "mean_before": means["before"],
        "change_percent": (after / sums["before"] - 1) * 100 if known else math.nan,
        **{f"seen_{part}": share for part, share in seen.items()},
    }  # fmt: skip


def seen_percent(table: pd.DataFrame) -> dict[str, float]:
    """How much of each part a map covers, per cent; 100 of a part that is empty."""
    whole = table["area_ha"].where(table["area_ha"] > 0)
    share = (table["seen_ha"] / whole * 100).clip(upper=100.0).fillna(100.0)
    return {str(part): round(float(v), 2) for part, v in share.items()}


def unseen(row: Mapping) -> str:
    """In words, which parts of a proposal a map does not cover whole; empty when it does.

    >>> unseen({"seen_before": 100.0, "seen_lost": 40.0, "seen_gained": 100.0})
    '调出部分只有 40 % 有数据'
    """
    zh = {"seen_before": "调整前红线", "seen_lost": "调出部分", "seen_gained": "调入部分"}
    said = [f"{words}只有 {row[k]:g} % 有数据" for k, words in zh.items() if row.get(k, 100) < SEEN]
    return "；".join(said)
