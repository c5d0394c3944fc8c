"""Labelled pixels out of folders of pairs and out of reviewed runs."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ecoredline.errors import InputError
from ecoredline.learn import LabelledPair, Place, place_of, read_pair, run_pair
from ecoredline.learn.net_places import NetPlace, net_place
from ecoredline.learn.samples import read_verdicts
from ecoredline.patches.table import read_table
from ecoredline.pipeline.audits import audit_labels
from ecoredline.record import Job, read_record


def pixel_places(pairs, runs, sensor: str = "", audits=(), job: Job | None = None) -> list[Place]:
    """The places of labelled pairs (folders), of runs with their verdict files and with audits.

    `sensor` is used where images do not name theirs. Raises `InputError` when a place has none,
    `SourceError`, `Cancelled`.
    """
    return read_places(wanted_pairs(pairs, runs, sensor, audits), place_of, job or Job())


def net_places(
    pairs, runs, work: Path, sensor: str = "", audits=(), job: Job | None = None
) -> list[NetPlace]:
    """As `pixel_places`, for the net: rasters kept in `work`."""

    def read(one: LabelledPair) -> NetPlace:
        return net_place(one, Path(work))

    return read_places(wanted_pairs(pairs, runs, sensor, audits), read, job or Job())


def wanted_pairs(pairs, runs, sensor: str, audits) -> list[LabelledPair]:
    """The labelled pairs of folders, and of runs with their verdict files."""
    wanted = [read_pair(folder, sensor) for folder in pairs]
    return wanted + [run_place(folder, runs, audits, sensor) for folder in folders_of(runs, audits)]


def read_places(wanted: list[LabelledPair], read, job: Job) -> list:
    """Each pair read to a place; `InputError` when one has no sensor."""
    found = []
    for k, one in enumerate(wanted):
        job.at("read", k / len(wanted), one.name)
        found.append(read(one))
    silent = [p.name for p in found if not p.sensor]
    if silent:
        raise InputError(
            f"got no sensor for {', '.join(silent)}; wanted it, as a model is only used on sensors "
            "it was trained on: give --sensor"
        )
    return found


def folders_of(runs, audits) -> list[Path]:
    """The run folders named, each once, in order."""
    return list(dict.fromkeys(Path(folder) for folder, _ in (*runs, *audits)))


def run_place(folder: Path, runs, audits, sensor: str) -> LabelledPair:
    """One run with everything that was said of it: patches judged, and places audited."""
    record = read_record(folder)
    told = record["inputs"]["before"].get("sensor") or sensor
    said = [read_verdicts(path) for one, path in runs if Path(one) == folder]
    verdicts = (
        pd.concat(said) if said else pd.DataFrame({"truth": []}, index=pd.Index([], dtype=str))
    )
    found = run_pair(folder, record, verdicts, outlines(folder), told)
    squares = [audit_labels(one, form) for one, form in audits if Path(one) == folder]
    if not squares:
        return found
    return replace(found, labels=pd.concat([found.labels, *squares], ignore_index=True))


def outlines(folder: Path) -> gpd.GeoDataFrame:
    """All patches of a run that can have a verdict."""
    tables = [read_table(folder, name)[["patch_id", "geometry"]] for name in ("patches", "dropped")]
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)
