"""The trend of each redline polygon: its mean of every year, then Mann-Kendall and Theil-Sen."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ecoredline.errors import NotEnoughData
from ecoredline.record import Job
from ecoredline.series.trend import FEWEST, trends
from ecoredline.zonal import zonal_numbers

ENOUGH_SEEN = 0.8  # of a polygon's area: a year seen less is left out, or clouds would make trends


def zone_trends(
    yearly: dict[int, Path], zones: gpd.GeoDataFrame, *, enough_seen: float = ENOUGH_SEEN,
    job: Job | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row a zone: slope a year, s, z, p, used (years), and mean_YEAR for each year.

    `zones` is EPSG:4490. A year in which less than `enough_seen` of a zone has values does not
    count for it. Raises `NotEnoughData` below four years.
    """
    if len(yearly) < FEWEST:
        raise NotEnoughData(f"got {len(yearly)} years; wanted {FEWEST} or more for a trend")
    years, means = sorted(yearly), []
    for year in years:
        table = zonal_numbers(yearly[year], zones, total="none", job=job)
        seen = (table["seen_ha"] >= enough_seen * table["area_ha"]).to_numpy()
        means.append(np.where(seen, table["mean"].to_numpy(dtype=float), np.nan))
    found = trends(years, np.array(means)[:, :, None])
    columns = {name: getattr(found, name)[:, 0] for name in found._fields}
    columns |= {f"mean_{year}": mean for year, mean in zip(years, means, strict=True)}
    return pd.DataFrame(columns, index=zones.index)
