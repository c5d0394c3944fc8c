"""Labelled pixels out of folders of pairs and out of reviewed runs."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from ecoredline.errors import InputError
from ecoredline.learn import Place, place_of, read_pair, run_pair
from ecoredline.learn.samples import read_verdicts
from ecoredline.patches.table import read_table
from ecoredline.record import Job, read_record


def pixel_places(pairs, runs, sensor: str = "", job: Job | None = None) -> list[Place]:
    """The places of labelled pairs (folders) and of runs with their verdict files.

    `sensor` is used where images do not name theirs. Raises `InputError` when a place has none,
    `SourceError`, `Cancelled`.
    """
    wanted = [read_pair(folder, sensor) for folder in pairs]
    for folder, path in runs:
        record = read_record(folder)
        told = record["inputs"]["before"].get("sensor") or sensor
        wanted.append(run_pair(folder, record, read_verdicts(path), outlines(folder), told))
    job, found = job or Job(), []
    for k, one in enumerate(wanted):
        job.at("read", k / len(wanted), one.name)
        found.append(place_of(one))
    silent = [p.name for p in found if not p.sensor]
    if silent:
        raise InputError(
            f"got no sensor for {', '.join(silent)}; wanted it, as a model is only used on sensors "
            "it was trained on: give --sensor"
        )
    return found


def outlines(folder: Path) -> gpd.GeoDataFrame:
    """All patches of a run that can have a verdict."""
    tables = [read_table(folder, name)[["patch_id", "geometry"]] for name in ("patches", "dropped")]
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)
