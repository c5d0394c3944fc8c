"""Audited places as labels: what somebody saw at random places of a run, listed or not."""

import json
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.errors import InputError
from ecoredline.files import sha256
from ecoredline.grid import STORAGE_CRS
from ecoredline.learn.samples import read_verdicts
from ecoredline.learn.training import AUDIT
from ecoredline.patches.table import read_table
from ecoredline.pipeline.sampling import key_path, read_responses
from ecoredline.record import RECORD_NAME, read_record

AROUND_PX = 1.5  # half side of the ground a judge looks at, as the form says
METRES_PER_DEGREE = 111_320.0


def audited(run: Path | str, form: Path | str) -> gpd.GeoDataFrame:
    """The clear answers of a filled form (its key beside it): stratum, truth (1, 0), point (EPSG:4490).

    Raises `InputError` when the form is of another run or faulty, `SourceError`.
    """
    key = json.loads(key_path(Path(form)).read_text(encoding="utf-8"))
    if key["run_sha256"] != sha256(Path(run) / RECORD_NAME):
        raise InputError(f"got a form of another run than {run}; wanted the one it was drawn from")
    said = read_responses(Path(form), key["stratum"], key.get("points"))
    points = np.array([key["points"][i] for i in said.index]).reshape(-1, 2)
    table = {"stratum": [key["stratum"][i] for i in said.index], "truth": said.to_numpy(int)}
    return gpd.GeoDataFrame(table, geometry=shapely.points(points), crs=STORAGE_CRS)


def audit_verdicts(run: Path | str, form: Path | str) -> pd.DataFrame:
    """Verdicts (patch_id; truth, reason) of the listed and dropped patches that hold a place.

    A patch with a change at one of its places is true: a dropped one is then a missed positive.
    """
    places = audited(run, form)
    tables = [read_table(run, n)[["patch_id", "geometry"]] for n in ("patches", "dropped")]
    patches = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=tables[0].crs)
    hit = gpd.sjoin(places, patches, predicate="within")
    found = hit.groupby(hit["patch_id"].astype(str))["truth"].max().to_frame()
    return found.assign(reason=AUDIT)


def outside(run: Path | str, form: Path | str) -> tuple[int, int]:
    """Of the places in no patch, listed or dropped: how many were judged, how many show a change."""
    rest = audited(run, form).query("stratum == 'nothing'")
    return len(rest), int(rest["truth"].sum())


def audit_labels(run: Path | str, form: Path | str) -> gpd.GeoDataFrame:
    """The ground looked at around each place as squares with truth: labels for `train --pixels`."""
    places, pixel_m = audited(run, form), read_record(run)["grid"]["pixel_m"]
    half = AROUND_PX * max(pixel_m) / METRES_PER_DEGREE
    x, y = shapely.get_x(places.geometry), shapely.get_y(places.geometry)
    across = half / np.cos(np.radians(y))
    squares = shapely.box(x - across, y - half, x + across, y + half)
    return gpd.GeoDataFrame({"truth": places["truth"]}, geometry=squares, crs=places.crs)


def verdicts_by_run(runs: Sequence, audits: Sequence) -> list[tuple[Path, pd.DataFrame]]:
    """For each run folder its verdicts: a person's word on a patch before that of an audited place."""
    found: dict[Path, list[pd.DataFrame]] = {}
    for folder, path in runs:
        found.setdefault(Path(folder), []).append(read_verdicts(path))
    for folder, form in audits:
        found.setdefault(Path(folder), []).append(audit_verdicts(folder, form))
    out = []
    for folder, tables in found.items():
        every = pd.concat(tables)
        out.append((folder, every[~every.index.duplicated()]))
    return out
