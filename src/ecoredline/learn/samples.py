"""Training samples: the verdicts of people joined to what the detector measured."""

from pathlib import Path

import pandas as pd
import pyogrio

from ecoredline.errors import InputError, SourceError
from ecoredline.learn.features import read_features
from ecoredline.record import read_record

CONFIRMED = {"1", "true", "yes", "confirmed", "属实", "是", "确认"}
REJECTED = {"0", "false", "no", "rejected", "不属实", "否", "误报", "排除"}
NOT_JUDGED = {"", "nan", "none", "pending", "未判", "待核查"}


def read_verdicts(path: Path | str) -> pd.DataFrame:
    """Verdicts of a CSV or vector file: patch_id, truth (1, 0) and reason; unjudged rows left out.

    Raises `SourceError`, or `InputError` that names every row it cannot understand.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
        else:
            table = pyogrio.read_dataframe(path, read_geometry=False)
    except Exception as fault:
        raise SourceError(f"could not read {path}: {fault}") from fault
    missing = [name for name in ("patch_id", "verdict") if name not in table]
    if missing:
        raise InputError(f"{path} lacks the column {', '.join(missing)}")
    said = table["verdict"].fillna("").astype(str).str.strip().str.lower()
    known = said.isin(CONFIRMED | REJECTED | NOT_JUDGED)
    faults = [f"row {i + 2}: {table['verdict'][i]!r}" for i in table.index[~known]]
    twice = table.index[table["patch_id"].duplicated()]
    faults += [f"row {i + 2}: {table['patch_id'][i]} comes twice" for i in twice]
    if faults:
        raise InputError(
            f"{path}: {'; '.join(faults)}; wanted verdict 属实 or 不属实, once a patch"
        )
    found = pd.DataFrame({"patch_id": table["patch_id"].astype(str), "truth": said.isin(CONFIRMED)})
    found["truth"] = found["truth"].astype(int)
    found["reason"] = table["reason"].astype(str) if "reason" in table else ""
    return found[~said.isin(NOT_JUDGED)].set_index("patch_id")


def run_samples(folder: Path | str, verdicts: pd.DataFrame, place: str = "") -> pd.DataFrame:
    """The judged patches of one run, as `train` wants them; the folder's name is the place by default.

    `train` ranks features among the rows it is given: judge a random share of a run, or all of it,
    not only its strongest patches.
    """
    record, features = read_record(folder), read_features(folder)
    rows = features.join(verdicts, how="inner")
    scene = f"{record['inputs']['before']['image_id']}→{record['inputs']['after']['image_id']}"
    rows["scene"], rows["place"] = scene, place or Path(folder).absolute().name
    rows["sensor"] = sensor_of(record)
    return rows


def sensor_of(record: dict) -> str:
    """The sensors of a run's two images as one name; 'A→B' when they differ, '' when unknown."""
    one, other = (record["inputs"][role].get("sensor", "") for role in ("before", "after"))
    return one if one == other else f"{one}→{other}"
