"""An adjustment proposal: which functions go with what is taken out, which come with what is put in."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from ecoredline.geodesy import area_ha, round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import Job
from ecoredline.zonal import zonal_numbers


def evaluate_adjustment(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, services: Mapping[str, Path],
    *, required: gpd.GeoDataFrame | None = None, job: Job | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row a service: total before, lost, gained, after, change in per cent; means of both parts.

    `before` and `after` are redlines in EPSG:4490; `services` names → maps. `attrs` has the areas
    taken out and put in (ha), and how much of `required` would leave the redline. The numbers
    describe the proposal; whether it may be made is not for a program to say.
    """
    old, new = before.geometry.union_all(), after.geometry.union_all()
    parts = {"before": old, "lost": shapely.difference(old, new), "gained": shapely.difference(new, old)}  # fmt: skip
    zones = gpd.GeoDataFrame(
        {"part": list(parts)}, geometry=list(parts.values()), crs=STORAGE_CRS
    ).set_index("part", drop=False)
    rows = []
    for name, path in services.items():
        table = zonal_numbers(path, zones, job=job)
        measure = "total" if table.attrs["rule"] != "none" else "quantity"
        if measure == "quantity":  # a bare index: value × area
            table["quantity"] = table["mean"] * table["seen_ha"]
        sums = table[measure].fillna(0.0)
        rows.append({
            "service": name, "unit": table.attrs["unit"], "before": sums["before"],
            "lost": sums["lost"], "gained": sums["gained"],
            "after": sums["before"] - sums["lost"] + sums["gained"],
            "mean_lost": table["mean"]["lost"], "mean_gained": table["mean"]["gained"],
            "mean_before": table["mean"]["before"],
        })  # fmt: skip
    found = pd.DataFrame(rows)
    if len(found):
        found["change_percent"] = (found["after"] / found["before"] - 1) * 100
    found.attrs = {
        "out_ha": round_ha(area_ha(parts["lost"])), "in_ha": round_ha(area_ha(parts["gained"])),
        "required_out_ha": round_ha(
            area_ha(shapely.intersection(parts["lost"], required.geometry.union_all()))
        ) if required is not None else 0.0,
    }  # fmt: skip
    return found
