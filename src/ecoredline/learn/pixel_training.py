"""Train the pixel trees: the same number of pixels a place, and figures from unseen places only."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ecoredline import __version__
from ecoredline.errors import InputError, NotEnoughData
from ecoredline.learn.measure import INTERVAL, RESAMPLES, SEED, average_precision, isotonic
from ecoredline.learn.model import lightgbm
from ecoredline.learn.pixel_features import DEFAULT_FEATURE, feature_names
from ecoredline.learn.pixel_model import (
    ANY_SENSOR,
    KIND,
    PIXEL_FORMAT,
    PRIOR_WEIGHT,
    PixelModel,
    log_odds,
    tree_arrays,
)

LEAST_PLACES = 3
LEAST_CHANGED = 200  # labelled changed pixels over all places
FOLDS = 5
ROUNDS = 150
CHANGED_SHARE = 0.1  # of a place's weight: prevalence differs more between places than looks do
LOW_SHARE = 0.6  # low threshold to the high one
KNOTS = 200
SETTINGS = {
    "objective": "binary", "learning_rate": 0.06, "num_leaves": 4, "min_data_in_leaf": 100,
    "feature_fraction": 0.3, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 20.0,
    "max_bin": 63, "seed": 1, "deterministic": True, "force_row_wise": True, "num_threads": 1,
    "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Labelled pixels of one place: `chosen` (n, features) with as many changed ones as there are
    (to a limit) for learning; `even` (m, features) as they fall, for every figure.
    """

    name: str
    sensor: str
    bands: tuple[str, ...]
    pixel_m: float
    chosen: np.ndarray
    chosen_truth: np.ndarray
    even: np.ndarray
    even_truth: np.ndarray
    even_default: np.ndarray


def train_pixels(places: list[Place]) -> PixelModel:
    """A model, not yet approved. Each place is predicted by trees that have not seen it.

    Raises `InputError` (bands differ), `NotEnoughData`.
    """
    check(places)
    bands = places[0].bands
    held = held_out(places, fold_trees(places))
    curves = calibrate(places, held)
    sizes = tuple(float(f(p.pixel_m for p in places)) for f in (min, max))
    return PixelModel(
        PIXEL_FORMAT, KIND, bands, sizes, grown(places, bands), curves,
        thresholds(places, held, curves[ANY_SENSOR]), card_of(places, held),
    )  # fmt: skip


def check(places: list[Place]) -> None:
    """Raise when places cannot be learnt from together, or are too few to hold any out."""
    kinds = {p.bands for p in places}
    if len(kinds) > 1:
        raise InputError(f"got places with different bands: {sorted(kinds)}; wanted the same ones")
    changed = sum(int(p.even_truth.sum()) for p in places)
    if len(places) < LEAST_PLACES or changed < LEAST_CHANGED:
        raise NotEnoughData(
            f"got {len(places)} places with {changed} changed pixels among those sampled; wanted "
            f"{LEAST_PLACES} places and {LEAST_CHANGED} pixels to train at all"
        )
    names = [p.name for p in places]
    if len(set(names)) < len(names):
        raise InputError(f"got a place twice among {', '.join(sorted(names))}")


def grown(places: list[Place], bands) -> dict:
    """Boosted trees on all these places, each place of the same weight, as plain lists."""
    rows = np.concatenate([p.chosen for p in places])
    truth = np.concatenate([p.chosen_truth for p in places]).astype(int)
    data = lightgbm().Dataset(
        rows, truth, weight=np.concatenate([weights(p.chosen_truth) for p in places])
    )
    booster = lightgbm().train(SETTINGS, data, num_boost_round=ROUNDS)
    return as_lists(booster.dump_model()["tree_info"])


def weights(truth: np.ndarray) -> np.ndarray:
    """The changed pixels of a place weigh `CHANGED_SHARE` of it, the others the rest."""
    changed = max(int(truth.sum()), 1), max(int((~truth).sum()), 1)
    return 1e4 * np.where(truth, CHANGED_SHARE / changed[0], (1 - CHANGED_SHARE) / changed[1])


def as_lists(dumped: list[dict]) -> dict:
    """LightGBM's trees as the arrays of `PixelModel.trees`."""
    out = {n: [] for n in ("feature", "threshold", "left", "right", "value", "roots")}

    def put(node: dict) -> int:
        if "leaf_value" in node:
            out["value"].append(float(np.float32(node["leaf_value"])))
            return ~(len(out["value"]) - 1)
        here = len(out["feature"])
        out["feature"].append(int(node["split_feature"]))
        # rounded down, so that float32 features fall on the side they were trained on
        cut = np.float32(node["threshold"])
        if cut > node["threshold"]:
            cut = np.nextafter(cut, np.float32(-np.inf))
        out["threshold"].append(float(cut))
        out["left"].append(0)
        out["right"].append(0)
        out["left"][here], out["right"][here] = put(node["left_child"]), put(node["right_child"])
        return here

    for tree in dumped:
        out["roots"].append(put(tree["tree_structure"]))
    return out


def fold_trees(places: list[Place]) -> list[tuple[list[str], dict]]:
    """`FOLDS` times: names of places, and trees that have not seen them."""
    return [
        (fold, grown([p for p in places if p.name not in fold], places[0].bands))
        for fold in folds_of(places)
    ]


def folds_of(places: list) -> list[list[str]]:
    """The names of the places in up to `FOLDS` groups, each held out once."""
    names = sorted(p.name for p in places)
    return [names[k::FOLDS] for k in range(min(FOLDS, len(names)))]


def held_out(places: list[Place], folds) -> dict[str, np.ndarray]:
    """Log-odds of each place's `even` pixels by the trees of `fold_trees` that have not seen it."""
    column = feature_names(places[0].bands).index(DEFAULT_FEATURE)
    by_name, found = {p.name: p for p in places}, {}
    for fold, trees in folds:
        for name in fold:
            even = by_name[name].even
            found[name] = log_odds(even.T, even[:, column], tree_arrays(trees))
    return found


def thresholds(places: list[Place], held: dict, curve: dict) -> tuple[float, float]:
    """High and low probability of a patch: where pixel F1 is highest, and `LOW_SHARE` of it."""
    pooled = np.concatenate([held[p.name] for p in places])
    high = best_threshold(pooled, np.concatenate([p.even_truth for p in places]))
    level = float(np.interp(high, curve["score"], curve["probability"]))
    return round(level, 4), round(LOW_SHARE * level, 4)


def calibrate(places: list[Place], held: dict) -> dict:
    """Probability by log-odds, for each sensor and for all (`*`), from held-out places."""
    curves, sensors = {}, {p.sensor for p in places} | {ANY_SENSOR}
    for sensor in sorted(sensors):
        some = [p for p in places if sensor in (ANY_SENSOR, p.sensor)]
        score = np.concatenate([held[p.name] for p in some])
        xs, ys = isotonic(score, np.concatenate([p.even_truth for p in some]))
        keep = np.unique(np.linspace(0, len(xs) - 1, KNOTS).round().astype(int))
        curves[sensor] = {
            "score": xs[keep].round(5).tolist(), "probability": ys[keep].round(5).tolist()
        }  # fmt: skip
    return curves


def best_threshold(score: np.ndarray, truth: np.ndarray) -> float:
    """The score from which on F1 is highest."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(truth) + 1) + max(int(truth.sum()), 1))
    return float(score[order][f1.argmax()])


def cut_counts(score: dict, truth: dict) -> np.ndarray:
    """Pixels that are both, found and true (places, 3), each place cut where the others had their best F1."""
    rows = []
    for name in score:
        rest = [n for n in score if n != name]
        cut = best_threshold(
            np.concatenate([score[n] for n in rest]), np.concatenate([truth[n] for n in rest])
        )
        here = score[name] >= cut
        rows.append([(here & truth[name]).sum(), here.sum(), truth[name].sum()])
    return np.array(rows, float)


def f1_of(counts: np.ndarray) -> np.ndarray:
    """Pixel F1 of counts (…, places, 3), all places together.

    >>> float(f1_of(np.array([[1.0, 2.0, 2.0]])))
    0.5
    """
    both, found, true = np.moveaxis(counts.sum(axis=-2), -1, 0)
    return 2 * both / np.maximum(found + true, 1)


def card_of(places: list[Place], held: dict) -> dict:
    """The model card: data, and figures by place on held-out places beside the default's."""
    digest = hashlib.sha256()
    for place in places:
        digest.update(np.ascontiguousarray(place.chosen).tobytes())
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"), "ecoredline": __version__,
        "places": len(places), "sensors": sorted({p.sensor for p in places}),
        "features": list(feature_names(places[0].bands)), "samples_sha256": digest.hexdigest(),
        "settings": SETTINGS | {"rounds": ROUNDS, "prior_weight": PRIOR_WEIGHT},
        **held_figures(places, held),
    }  # fmt: skip


def held_figures(places: list, held: dict) -> dict:
    """Figures on places not seen, beside the default's: `held_out`, and `by_place`.

    Needs of a place its name, `even_truth` and `even_default`; `held` are its log-odds by name.
    """
    truth = {p.name: p.even_truth for p in places}
    default = {p.name: p.even_default for p in places}
    held = {
        p.name: held[p.name] for p in places
    }  # the same order, or the gains are of other places
    by_place = {
        p.name: {
            "pixels": len(p.even_truth), "changed": int(p.even_truth.sum()),
            "ap": round(average_precision(held[p.name], p.even_truth), 4),
            "ap_default": round(average_precision(p.even_default, p.even_truth), 4),
        }
        for p in places
    }  # fmt: skip
    with_change = [v for v in by_place.values() if v["changed"]]
    ours, theirs = (np.array([v[n] for v in with_change]) for n in ("ap", "ap_default"))
    low, high = place_interval(ours - theirs)
    counts, plain = cut_counts(held, truth), cut_counts(default, truth)
    f1_low, f1_high = f1_interval(counts, plain)
    pooled = {
        n: round(average_precision(*(np.concatenate([d[p.name] for p in places]) for d in (s, truth))), 4)
        for n, s in (("pooled_ap", held), ("pooled_ap_default", default))
    }  # fmt: skip
    return {
        "held_out": {
            "ap": round(float(ours.mean()), 4), "ap_default": round(float(theirs.mean()), 4),
            "ap_gain": round(float((ours - theirs).mean()), 4),
            "ap_gain_interval": [low, high], **pooled,
            "f1": round(float(f1_of(counts)), 4), "f1_default": round(float(f1_of(plain)), 4),
            "f1_gain_interval": [f1_low, f1_high],
        },
        "by_place": by_place,
    }  # fmt: skip


def place_interval(gain: np.ndarray) -> tuple[float, float]:
    """5–95 % interval of the mean gain when places are drawn again.

    >>> place_interval(np.array([0.1, 0.1, 0.1]))
    (0.1, 0.1)
    """
    random = np.random.default_rng(SEED)
    drawn = gain[random.integers(0, len(gain), (RESAMPLES, len(gain)))].mean(axis=1)
    low, high = np.percentile(drawn, INTERVAL)
    return round(float(low), 4), round(float(high), 4)


def f1_interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """5–95 % interval of the gain of F1 over all places, when places are drawn again."""
    random = np.random.default_rng(SEED)
    drawn = random.integers(0, len(ours), (RESAMPLES, len(ours)))
    low, high = np.percentile(f1_of(ours[drawn]) - f1_of(theirs[drawn]), INTERVAL)
    return round(float(low), 4), round(float(high), 4)
