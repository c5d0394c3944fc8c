"""Train the ranker on verdicts, by place: every figure comes from places it has not seen."""

import hashlib
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from ecoredline import __version__
from ecoredline.errors import InputError, NotEnoughData
from ecoredline.learn.features import FEATURES, RISING, relative
from ecoredline.learn.measure import average_precision, difference_interval, isotonic
from ecoredline.learn.model import MODEL_FORMAT, RankModel, lightgbm

LEAST_PLACES = 3
LEAST_OF_A_KIND = 20
FOLDS = 10
ROUNDS = 150
SETTINGS = {
    "objective": "binary", "learning_rate": 0.04, "num_leaves": 4, "min_data_in_leaf": 20,
    "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0,
    "monotone_constraints": [int(name in RISING) for name in FEATURES],
    "seed": 1, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip
DEFAULT_RANKINGS = ("score", "confidence")  # what the list can be ordered by without a model
AUDIT = "audit"  # reason of a verdict that stems from an audited place
TOP = (50, 100, 200)


def train(samples: pd.DataFrame) -> RankModel:
    """A model, not yet approved, from a table of features with scene, place, sensor, truth.

    `truth` is 1 for a confirmed and 0 for a rejected patch. Each place is predicted by a model
    that has not seen it (`FOLDS` groups of places); calibration per sensor and all figures of
    the card rest on these predictions. Raises `InputError`, `NotEnoughData`.
    """
    check(samples)
    truth, place = samples["truth"].to_numpy(int), samples["place"].astype(str).to_numpy()
    held_out = held_out_scores(samples, truth, place)
    rankings = {n: samples[n].fillna(0).to_numpy(float) for n in DEFAULT_RANKINGS}
    default = max(rankings, key=lambda name: average_precision(rankings[name], truth))
    sensors = samples["sensor"].astype(str).to_numpy()
    calibration = {}
    for sensor in np.unique(sensors):
        rows = sensors == sensor
        xs, ys = isotonic(held_out[rows], truth[rows])
        calibration[sensor] = {"score": xs.round(6).tolist(), "probability": ys.round(6).tolist()}
    card = card_of(samples, truth, place, held_out, default, rankings[default])
    booster = boosted(samples, truth).model_to_string()
    return RankModel(MODEL_FORMAT, tuple(FEATURES), booster, calibration, card)


def check(samples: pd.DataFrame) -> None:
    """Raise when columns are missing, or samples or places are too few to hold any out."""
    missing = [n for n in (*FEATURES, "scene", "place", "sensor", "truth") if n not in samples]
    if missing:
        raise InputError(f"the samples lack {', '.join(missing)}")
    if not samples["truth"].isin([0, 1]).all():
        raise InputError("got a truth that is neither 0 nor 1")
    places, kinds = samples["place"].nunique(), samples["truth"].value_counts()
    if places < LEAST_PLACES or min(kinds.get(0, 0), kinds.get(1, 0)) < LEAST_OF_A_KIND:
        raise NotEnoughData(
            f"got {kinds.get(1, 0)} confirmed and {kinds.get(0, 0)} rejected patches of {places} "
            f"places; wanted {LEAST_OF_A_KIND} of each kind and {LEAST_PLACES} places to train at all"
        )


def boosted(samples: pd.DataFrame, truth: np.ndarray):
    """Boosted trees on ranks within the scene; places with fewer patches weigh more a patch."""
    weight = 1 / samples.groupby("place")["truth"].transform("size")
    data = lightgbm().Dataset(
        relative(samples, samples["scene"]), truth,
        weight=(weight / weight.mean()).to_numpy() ** 0.5, feature_name=list(FEATURES),
    )  # fmt: skip
    return lightgbm().train(SETTINGS, data, num_boost_round=ROUNDS)


def held_out_scores(samples: pd.DataFrame, truth: np.ndarray, place: np.ndarray) -> np.ndarray:
    """For each row the score (0..1) of a model that has seen no row of its place."""
    names = np.unique(place)
    fold = {name: k % min(FOLDS, len(names)) for k, name in enumerate(names)}
    folds = np.array([fold[p] for p in place])
    out = np.empty(len(samples))
    for k in np.unique(folds):
        rest, here = folds != k, folds == k
        model = boosted(samples[rest], truth[rest])
        out[here] = model.predict(relative(samples[here], samples.loc[here, "scene"]))
    return out


def card_of(samples, truth, place, held_out, default: str, default_score) -> dict:
    """The model card: data, figures by place on held-out places, and the gain with its interval."""
    gain, low, high = difference_interval(held_out, default_score, truth, place)
    by_place = {
        str(p): {
            "patches": int((place == p).sum()), "true": int(truth[place == p].sum()),
            "ap": round(average_precision(held_out[place == p], truth[place == p]), 4),
            "ap_default": round(average_precision(default_score[place == p], truth[place == p]), 4),
        }
        for p in np.unique(place)
    }  # fmt: skip
    digest = hashlib.sha256(pd.util.hash_pandas_object(samples, index=False).to_numpy().tobytes())
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"), "ecoredline": __version__,
        "verdicts": len(samples), "true": int(truth.sum()), "places": len(by_place),
        "audited": int((samples["reason"] == AUDIT).sum()) if "reason" in samples else 0,
        "sensors": sorted(samples["sensor"].astype(str).unique()),
        "samples_sha256": digest.hexdigest(), "settings": SETTINGS | {"rounds": ROUNDS},
        "default_ranking": default,
        "held_out": {
            "ap": round(average_precision(held_out, truth), 4),
            "ap_default": round(average_precision(default_score, truth), 4),
            "ap_gain": round(gain, 4), "ap_gain_interval": [round(low, 4), round(high, 4)],
            "precision_of_top": top_precision(held_out, truth),
            "precision_of_top_default": top_precision(default_score, truth),
        },
        "by_place": by_place,
    }  # fmt: skip


def top_precision(score: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Share of true ones among the first of the ranking."""
    ranked = truth[np.argsort(-score, kind="stable")]
    return {str(n): round(float(ranked[:n].mean()), 4) for n in TOP if n <= len(ranked)}
