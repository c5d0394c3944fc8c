"""Priors out of reviewed runs, and what they do to a new run's patches."""

from pathlib import Path

import pandas as pd
import pyogrio

from ecoredline.files import sha256, whole_file
from ecoredline.learn.features import feature_table, read_features
from ecoredline.learn.priors import (
    CLOSED,
    LAWFUL,
    LAWFUL_REASON,
    Priors,
    cells,
    known_places,
    learn_priors,
    load_priors,
)
from ecoredline.learn.samples import read_verdicts, sensor_of
from ecoredline.patches.table import read_table
from ecoredline.pipeline.rank import DETECTORS
from ecoredline.record import RunRecord, read_record

PRIORS_NAME = "priors.csv"


def priors_of(runs: list[tuple[Path, Path]]) -> Priors:
    """Learn from runs and their verdict files (as `ecoredline train` reads them).

    A verdict row with reason `lawful_known` makes its place known (column `valid_to` ends it);
    one with `closed_on` makes it a closed place. Raises `SourceError`, `InputError`.
    """
    tables, places, shapes = [], [], []
    for folder, path in runs:
        record, verdicts = read_record(folder), read_verdicts(path)
        rows = read_features(folder).join(verdicts, how="inner")
        found = run_cells(rows, record)
        found["truth"] = rows["truth"]
        tables.append(found)
        for row, shape in places_of(folder, path, verdicts):
            places.append(row)
            shapes.append(shape)
    sources = [f"{Path(folder).absolute().name}: {sha256(path)[:12]}" for folder, path in runs]
    return learn_priors(pd.concat(tables, ignore_index=True), known_places(places, shapes), sources)


def run_cells(features: pd.DataFrame, record: dict) -> pd.DataFrame:
    """The cells of a run's patches."""
    days = [record["inputs"][role].get("acquired_on") or "" for role in ("before", "after")]
    detector = record["parameters"]["detection"]["detector"]
    if "pixel_model" in record:
        detector = DETECTORS[record["pixel_model"].get("kind", "pixels")]
    return cells(features, sensor_of(record), detector, *days)


def places_of(folder, path: Path, verdicts: pd.DataFrame) -> list[tuple]:
    """((kind, patch_id, until), outline) of the places a verdict file makes known."""
    path = Path(path)
    if path.suffix.lower() == ".csv":
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").fillna("")
    else:
        table = pyogrio.read_dataframe(path, read_geometry=False).fillna("").astype(str)
    table = table.set_index("patch_id")
    outlines = read_table(folder, "patches").set_index("patch_id").geometry
    found = []
    for name in [n for n in verdicts.index if n in outlines.index]:
        row = table.loc[name]
        if verdicts.at[name, "reason"] == LAWFUL_REASON:
            found.append(((LAWFUL, name, row.get("valid_to", "")), outlines[name]))
        elif row.get("closed_on", ""):
            found.append(((CLOSED, name, row["closed_on"]), outlines[name]))
    return found


def read_priors(path, record: RunRecord) -> Priors | None:
    """The priors of a run, noted in its record; None without."""
    if not path:
        return None
    priors = load_priors(path)
    record.add_input("priors", path, card=priors.card)
    return priors


def drop_known(kept, dropped, priors: Priors | None):
    """Move patches of known lawful and closed places to the dropped, with the reason."""
    if priors is None or not len(kept):
        return kept, dropped
    reason, words = priors.known(kept)
    gone = kept[reason != ""].copy()
    gone["reason"], gone["reason_detail"] = reason[reason != ""], words[reason != ""]
    kept = kept[reason == ""].reset_index(drop=True)
    return kept, (pd.concat([dropped, gone], ignore_index=True) if len(gone) else dropped)


def rank_by_priors(kept, priors: Priors | None, record: RunRecord):
    """What was said of like patches, the likeliest first; kept ones say so in the remark."""
    if priors is None or not len(kept):
        return None
    features = feature_table(kept)
    table = run_cells(features, record.data)
    found = priors.rank(table, features["confidence"].to_numpy())
    for row in kept.index:
        one = found.loc[row]
        said = f"同类图斑属实率 {one['prior']:.2f}（{int(one['verdicts'])} 条核查）"
        had = kept.at[row, "remark"]
        kept.at[row, "remark"] = f"{had}；{said}" if had else said
    found = pd.concat([kept["patch_id"].astype(str), table, found], axis=1)
    return found.sort_values("probability", ascending=False, kind="stable")


def write_priors_table(out: Path, ranked) -> list[Path]:
    """Write `priors.csv` when there are ranks."""
    if ranked is None:
        return []
    with whole_file(out / PRIORS_NAME) as part:
        ranked.to_csv(part, index=False, float_format="%.4f")
    return [out / PRIORS_NAME]
