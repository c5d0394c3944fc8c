"""Features of a run's candidates, and the figures of an approved model beside them."""

from pathlib import Path

import pandas as pd

from ecoredline.files import sha256, whole_file
from ecoredline.learn import load_model, write_features
from ecoredline.learn.features import feature_table
from ecoredline.learn.samples import sensor_of
from ecoredline.pipeline.inputs import FindOptions
from ecoredline.record import RunRecord

RANKING_NAME = "ranking.csv"


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


def candidates_of(kept, dropped):
    """All patches of the scene above the minimum size, kept or dropped: what features rank among."""
    both = pd.concat([kept, dropped], ignore_index=True)
    return both[~both["too_small"].astype(bool)].reset_index(drop=True)


def rank_patches(kept, dropped, model, record: RunRecord):
    """The candidates, and their ranks by the model (None without one); kept ones say so in the remark."""
    candidates = candidates_of(kept, dropped)
    if model is None:
        return candidates, None
    ranked = model.rank(feature_table(candidates), sensor_of(record.data))
    ranked.insert(0, "patch_id", candidates["patch_id"].astype(str))
    ranked["reasons"] = ranked["reasons"].map("；".join)
    known = ranked.set_index("patch_id")
    for row in kept.index:
        said = known.loc[str(kept.at[row, "patch_id"])]
        words = f"核查模型：{said['level_zh']}（{said['probability']:.2f}）：{said['reasons']}"
        had = kept.at[row, "remark"]
        kept.at[row, "remark"] = f"{had}；{words}" if had else words
    record.data["counts"]["model_levels"] = known["level"].value_counts().to_dict()
    return candidates, ranked


def write_ranking(out: Path, candidates, ranked) -> list[Path]:
    """Write `features.csv` and, where there are ranks, `ranking.csv`, the likeliest first."""
    paths = [write_features(out, candidates)]
    if ranked is None:
        return paths
    with whole_file(out / RANKING_NAME) as part:
        ranked.sort_values("probability", ascending=False, kind="stable").to_csv(part, index=False)
    return [*paths, out / RANKING_NAME]
