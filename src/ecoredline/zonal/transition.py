"""From what to what: areas of every pair of classes in two maps, zone by zone."""

from pathlib import Path

import geopandas as gpd
import numpy as np

from ecoredline.errors import GridMismatch
from ecoredline.formula_rasters.sources import differences
from ecoredline.geodesy import M2_PER_HA, round_ha
from ecoredline.raster import open_dataset
from ecoredline.raster.layers import map_grid, read_part
from ecoredline.record import Job
from ecoredline.zonal.run import over_zones


def transition_areas(
    before: Path | str, after: Path | str, zones: gpd.GeoDataFrame, *, job: Job | None = None
) -> list[dict[tuple[float, float], float]]:
    """For each zone (class before, class after) → hectares, partial cells by their share.

    A cell that has no value in either map counts nowhere. Raises `GridMismatch`.
    """
    before, after = Path(before), Path(after)
    sums: list[dict] = [{} for _ in range(len(zones))]
    with open_dataset(before) as old, open_dataset(after) as new:
        grid, other = map_grid(old, before), map_grid(new, after)
        if not grid.same_as(other):
            raise GridMismatch(
                f"got {after} off the grid of {before}: {'; '.join(differences(grid, other))}"
            )
        held: dict = {"window": None}

        def take(window, areas, zone, covered):
            if held["window"] != window:
                maps = [
                    read_part(d, p, 1, window).ravel() for d, p in ((old, before), (new, after))
                ]
                held.update(window=window, maps=maps)
            pair = np.stack([m[covered.cells] for m in held["maps"]], axis=1)
            known = ~np.isnan(pair).any(axis=1)
            weight = (covered.share * areas[covered.cells])[known] / M2_PER_HA
            kinds, index = np.unique(pair[known], axis=0, return_inverse=True)
            for kind, area in zip(
                kinds, np.bincount(index.ravel(), weight, len(kinds)), strict=True
            ):
                key = (float(kind[0]), float(kind[1]))
                sums[zone][key] = sums[zone].get(key, 0.0) + float(area)

        over_zones(zones.geometry.to_numpy(), grid, job or Job(), take)
    return [{k: round_ha(v) for k, v in sorted(one.items())} for one in sums]


def as_matrix(pairs: dict[tuple[float, float], float]) -> tuple[list[float], np.ndarray]:
    """Classes, and the matrix of hectares (before in rows), for the formulas of `pattern`.

    >>> as_matrix({(11.0, 11.0): 6.0, (11.0, 63.0): 2.0})[1].tolist()
    [[6.0, 2.0], [0.0, 0.0]]
    """
    classes = sorted({c for pair in pairs for c in pair})
    matrix = np.zeros((len(classes), len(classes)))
    for (a, b), hectares in pairs.items():
        matrix[classes.index(a), classes.index(b)] = hectares
    return classes, matrix
