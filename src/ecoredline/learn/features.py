"""What the ranker knows of a patch: numbers the detector measured, kept beside each run."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ecoredline.errors import InputError, SourceError
from ecoredline.files import whole_file
from ecoredline.patches.classify import real_change, wider_facts
from ecoredline.patches.facts import column, neighbours, places_m

FEATURES_NAME = "features.csv"
NEAR_M = 500.0
# Name → Chinese words for the reasons
FEATURES = {
    "score": "变化强度", "strong_share": "强变化像元比例", "tolerant_ratio": "容许错位后的变化比例",
    "area_ha": "面积", "elongation": "长宽比", "mean_width_m": "平均宽度", "length_m": "长度",
    "rectangularity": "矩形度", "compactness": "紧凑度",
    "before_spread": "前时相明暗起伏", "after_spread": "后时相明暗起伏", "angle": "光谱夹角",
    "ndvi_before": "前时相植被指数", "ndvi_after": "后时相植被指数", "ndvi_change": "植被指数变化",
    "ndwi_before": "前时相水体指数", "ndwi_after": "后时相水体指数", "ndwi_change": "水体指数变化",
    "brightness_before": "前时相亮度", "brightness_after": "后时相亮度",
    "brightness_change": "亮度变化", "nir_before": "前时相近红外", "nir_after": "后时相近红外",
    "nir_change": "近红外变化", "red_change": "红光变化", "blue_ratio_before": "前时相蓝红比",
    "blue_ratio_after": "后时相蓝红比",
    "confidence": "规则置信度", "near_patches": "500 m 内图斑数", "probability": "像元模型概率",
}  # fmt: skip
# More of these never speaks against a change
RISING = ("score", "confidence", "strong_share", "tolerant_ratio", "area_ha", "probability")
LATER = ("probability",)  # not in the files of earlier versions, nor without a trained detector


def feature_table(patches: gpd.GeoDataFrame) -> pd.DataFrame:
    """The columns `FEATURES` of patches as `extract_patches` gives them, on their index.

    Missing bands give NaN, which the trees know how to treat. Only measures with many values: the
    rank of a yes or no would tell how common it is in the scene.
    """
    facts = wider_facts(patches)
    facts["confidence"] = real_change(facts)
    facts["probability"] = column(patches, "probability")
    everyone = np.ones(len(patches), bool)
    facts["near_patches"] = neighbours(places_m(patches), everyone, NEAR_M)
    return facts[list(FEATURES)].astype(float)


def relative(features: pd.DataFrame, scene=None) -> np.ndarray:
    """Each feature as its rank 0..1 within its scene (n, features): what trees are given.

    Scenes differ in light, season and noise more than patches do; ranks leave that out.
    `scene` names the scene of each row; None = all rows are of one.

    >>> relative(pd.DataFrame({n: [3.0, 1.0] for n in FEATURES}))[:, 0].tolist()
    [1.0, 0.5]
    """
    table = features[list(FEATURES)]
    grouped = table if scene is None else table.groupby(np.asarray(scene))
    return grouped.rank(pct=True).to_numpy(float)


def write_features(folder: Path, patches: gpd.GeoDataFrame) -> Path:
    """Write the features of a run's patches (with patch_id) as CSV; returns the path."""
    table = feature_table(patches)
    table.insert(0, "patch_id", patches["patch_id"].astype(str))
    with whole_file(Path(folder) / FEATURES_NAME) as part:
        table.to_csv(part, index=False, float_format="%.6g", encoding="utf-8")
    return Path(folder) / FEATURES_NAME


def read_features(folder: Path | str) -> pd.DataFrame:
    """The features of a run, by patch_id. Raises `SourceError`, `InputError`."""
    path = Path(folder) / FEATURES_NAME
    try:
        table = pd.read_csv(path, dtype={"patch_id": str}).set_index("patch_id")
    except (OSError, ValueError, KeyError) as fault:
        raise SourceError(
            f"could not read {path}: {fault}; wanted the --out folder of `ecoredline find`"
        ) from fault
    table = table.assign(**{name: np.nan for name in LATER if name not in table})
    missing = [name for name in FEATURES if name not in table]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}; run `ecoredline find` again")
    return table[list(FEATURES)]
