"""How sure a zone's mean is when its inputs are not: Monte-Carlo over declared input errors."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from ecoredline.errors import InputError
from ecoredline.formula import named
from ecoredline.formula_rasters.run import checked_block
from ecoredline.formula_rasters.sources import check_units, open_sources, shared_grid
from ecoredline.record import Job
from ecoredline.zonal.run import over_zones

INTERVAL = (5.0, 95.0)
SCALES = ("map", "cell")


@dataclass(frozen=True)
class Error:
    """Error of one input: standard deviation, as a share of the value or in its unit.

    `scale` map: one draw for the whole map (a biased sensor, a wrong coefficient), which averaging
    cannot take away; cell: every cell its own draw, which averaging nearly does.
    """

    deviation: float
    relative: bool = True
    scale: str = "map"

    def __post_init__(self):
        if self.deviation < 0 or self.scale not in SCALES:
            raise InputError(
                f"got error {self}; wanted a deviation of 0 or more, scale map or cell"
            )


def zonal_uncertainty(
    name: str, given: Mapping[str, str], errors: Mapping[str, Error], zones: gpd.GeoDataFrame,
    *, draws: int = 200, seed: int = 0, job: Job | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Mean of a formula in each zone over `draws` draws of its inputs: mean, sd, p5, p95, draws.

    Drawn inputs are kept in their declared range. `given` as in `run_formula`. The same seed gives
    the same table. Raises `InputError` for an error of an input that is not given.
    """
    formula = named(name)
    unknown = sorted(set(errors) - set(given))
    if unknown or draws < 2:
        raise InputError(
            f"got errors for {', '.join(unknown) or 'inputs'} and {draws} draws; wanted errors of "
            f"given inputs ({', '.join(given)}) and 2 draws or more"
        )
    with ExitStack() as files:
        sources = open_sources(formula, given, files)
        grid = shared_grid(formula, sources)
        check_units(formula, sources)
        sums, areas_seen = np.zeros((draws, len(zones))), np.zeros((draws, len(zones)))
        held = {"window": None, "maps": None}

        def take(window, areas, zone, covered):
            if held["window"] != window:
                values = checked_block(formula, sources, grid, window, ())
                maps = drawn_maps(formula, values, errors, draws, seed, window)
                held.update(window=window, maps=maps)
            picked = held["maps"][:, covered.cells]
            weight = np.where(np.isnan(picked), 0.0, covered.share * areas[covered.cells])
            sums[:, zone] += (np.nan_to_num(picked) * weight).sum(axis=1)
            areas_seen[:, zone] += weight.sum(axis=1)

        over_zones(zones.geometry.to_numpy(), grid, job or Job(), take)
    means = sums / np.where(areas_seen == 0, np.nan, areas_seen)
    low, high = np.percentile(means, INTERVAL, axis=0)
    found = {"mean": means.mean(axis=0), "sd": means.std(axis=0, ddof=1), "p5": low, "p95": high}
    return pd.DataFrame(found | {"draws": draws}, index=zones.index)


def drawn_maps(formula, values, errors, draws: int, seed: int, window) -> np.ndarray:
    """The formula on every draw of one window, (draws, cells)."""
    size = window.height * window.width
    maps = np.empty((draws, size))
    for draw in range(draws):
        shaken = {
            name: shake(value, errors[name], formula.inputs[name], seed, draw, k, window)
            if name in errors else value
            for k, (name, value) in enumerate(values.items())
        }  # fmt: skip
        made = np.asarray(formula.function(**shaken), dtype=float)
        maps[draw] = np.broadcast_to(made, (window.height, window.width)).ravel()
    return maps


def shake(value, error: Error, declared, seed: int, draw: int, number: int, window) -> np.ndarray:
    """One draw of an input, kept in its declared range."""
    place = (window.row_off, window.col_off) if error.scale == "cell" else ()
    rng = np.random.default_rng((seed, draw, number, *place))
    size = np.shape(value) if error.scale == "cell" else ()
    noise = error.deviation * rng.standard_normal(size)
    moved = value * (1 + noise) if error.relative else value + noise
    return np.clip(moved, declared.low, declared.high)
