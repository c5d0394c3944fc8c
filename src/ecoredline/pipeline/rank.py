"""Features of a run's candidates, and the figures of an approved model beside them."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from ecoredline import change, raster
from ecoredline.errors import InputError
from ecoredline.files import sha256, whole_file
from ecoredline.learn import load_detector, load_model, model_kind, write_features
from ecoredline.learn.features import feature_table
from ecoredline.learn.model import LEVELS
from ecoredline.learn.samples import sensor_of
from ecoredline.patches.classify import type_table
from ecoredline.pipeline.inputs import FindOptions, Inputs
from ecoredline.record import RunRecord

DETECTORS = {
    "pixels": "trees",
    "net": "net",
}  # what a run calls a trained detector, by kind of model
RANKING_NAME, TYPES_NAME = "ranking.csv", "types.csv"


def check_model(options: FindOptions, record: RunRecord):
    """Load the model of the options and note its card; refuse it before any work is done.

    Returns None without one. Raises `SourceError`, `InputError` (not approved, other sensor).
    """
    if not options.model:
        return None
    model = load_model(options.model)
    model.check(sensor_of(record.data))
    record.data["model"] = {
        "path": str(Path(options.model).resolve()), "sha256": sha256(Path(options.model)),
        "approved": model.approved, "card": model.card,
    }  # fmt: skip
    return model


def models_by_kind(paths) -> dict:
    """The fields of `FindOptions` for model files: at most one detector and one ranker.

    Raises `SourceError`, `InputError` (two of a kind).
    """
    names, found = {"pixels": "pixel_model", "net": "pixel_model", "rank": "model"}, {}
    for path in paths:
        name = names.get(model_kind(path))
        if name is None or name in found:
            raise InputError(
                f"got {path} as a further model of its kind; wanted at most one that detects "
                "(train --pixels or --net) and one that ranks (train)"
            )
        found |= {name: str(path), f"{name}_sha256": sha256(Path(path))}
    return found


def with_pixel_model(inputs: Inputs, options: FindOptions, record: RunRecord) -> FindOptions:
    """Let an approved pixel model detect: sets `inputs.learned`; the options with its thresholds.

    Raises `SourceError`, `InputError` (not approved; other sensor, bands or pixel size).
    """
    if not options.pixel_model:
        check_gpu(options, "")
        return options
    model = load_detector(options.pixel_model)
    check_gpu(options, model.kind)
    bands = change.scored_bands(raster.common_bands(inputs.before, inputs.after))
    sensor, pixel_m = sensor_of(record.data), inputs.grid.pixel_size_m
    inputs.learned = model.detector(
        sensor, bands, pixel_m, options.model_anyway, options.pixel_model_sha256,
        **({"gpu": True} if options.gpu else {}),
    )  # fmt: skip
    record.data["pixel_model"] = {
        "path": str(Path(options.pixel_model).resolve()), "sha256": options.pixel_model_sha256,
        "approved": model.approved, "card": model.card, "thresholds": list(model.thresholds),
        "kind": model.kind, "gpu": options.gpu,
    }  # fmt: skip
    if sensor not in model.calibration:
        record.warn(f"像元模型未在传感器“{sensor or '未知'}”上训练，按用户要求使用：概率未校准")
    high, low = model.thresholds
    if options.threshold_given:
        high, low = options.detection.threshold, options.detection.threshold * low / high
        if not 0 < high <= 1:
            raise InputError(
                f"got --threshold {high:g}; with a pixel model it is a probability, 0..1"
            )
    return replace(
        options, detection=replace(options.detection, threshold=high, low_threshold=low, detector=DETECTORS[model.kind])
    )  # fmt: skip


def check_gpu(options: FindOptions, kind: str) -> None:
    """Raise `InputError` when a GPU was asked for and it is not a net that detects."""
    if options.gpu and kind != "net":
        raise InputError(
            "got --gpu without a net; wanted --model with a file of `ecoredline train --net`: only "
            "a net runs on a GPU"
        )


def candidates_of(kept, dropped):
    """All patches of the scene above the minimum size, kept or dropped: what features rank among."""
    both = pd.concat([kept, dropped], ignore_index=True)
    return both[~both["too_small"].astype(bool)].reset_index(drop=True)


def rank_patches(kept, dropped, model, record: RunRecord):
    """The candidates, and their ranks by the model (None without one); kept ones say so in the remark."""
    candidates = candidates_of(kept, dropped)
    note_probability(kept)
    if model is None:
        return candidates, None
    ranked = model.rank(feature_table(candidates), sensor_of(record.data))
    ranked.insert(0, "patch_id", candidates["patch_id"].astype(str))
    ranked["reasons"] = ranked["reasons"].map("；".join)
    known = ranked.set_index("patch_id")
    for row in kept.index:
        said = known.loc[str(kept.at[row, "patch_id"])]
        words = f"核查模型：{said['level_zh']}（{said['probability']:.2f}）：{said['reasons']}"
        add_remark(kept, row, words)
    record.data["counts"]["model_levels"] = known["level"].value_counts().to_dict()
    return candidates, ranked


def write_types(out: Path, candidates) -> Path:
    """Write `types.csv`: the cover of each candidate before and after, and the share of each type."""
    table = type_table(candidates)
    table.insert(0, "patch_id", candidates["patch_id"].astype(str))
    with whole_file(out / TYPES_NAME) as part:
        table.to_csv(part, index=False, encoding="utf-8")
    return out / TYPES_NAME


def note_probability(kept) -> None:
    """Say in the remark of each patch what the pixel model gave it; nothing without one."""
    if "probability" not in kept:
        return
    for row in kept.index:
        value = float(kept.at[row, "probability"])
        level = next(words for _, words, least in LEVELS if value >= least)
        add_remark(kept, row, f"像元模型：{level}（平均概率 {value:.2f}）")


def add_remark(kept, row, words: str) -> None:
    """Append words to a patch's remark."""
    had = kept.at[row, "remark"]
    kept.at[row, "remark"] = f"{had}；{words}" if had else words


def write_ranking(out: Path, candidates, ranked) -> list[Path]:
    """Write `features.csv`, `types.csv` and, where there are ranks, `ranking.csv`, the likeliest first."""
    paths = [write_features(out, candidates), write_types(out, candidates)]
    if ranked is None:
        return paths
    with whole_file(out / RANKING_NAME) as part:
        ranked.sort_values("probability", ascending=False, kind="stable").to_csv(part, index=False)
    return [*paths, out / RANKING_NAME]
