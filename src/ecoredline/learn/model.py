"""The model file: JSON with the trees as text and a card; approved by a person or not used."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ecoredline.errors import InputError, SourceError
from ecoredline.files import whole_file
from ecoredline.learn.features import FEATURES, relative

MODEL_FORMAT = 1
LEAST_VERDICTS, LEAST_PLACES = 500, 8  # change-detection.md 5.6: below it the default is better
LEVELS = (
    ("high", "高", 0.8),
    ("medium", "中", 0.5),
    ("low", "低", 0.0),
)  # from this probability on
REASONS = 3


@dataclass(frozen=True)
class RankModel:
    """Trees as text, calibration by sensor, the card, and who approved it (None = nobody)."""

    format: int
    features: tuple[str, ...]
    booster: str
    calibration: dict
    card: dict
    approved: dict | None = field(default=None)

    def rank(self, features: pd.DataFrame, sensor: str) -> pd.DataFrame:
        """Probability 0..1, level, level_zh and reasons (list, Chinese) on the index of `features`.

        `features` are all candidates of one scene: the model goes by ranks within it. Raises `InputError` when the model is not approved or has not been trained on this sensor.
        """
        self.check(sensor)
        booster = lightgbm().Booster(model_str=self.booster)
        raw, values = features[list(self.features)].to_numpy(float), relative(features)
        if not len(values):
            empty = {"probability": float, "level": str, "level_zh": str, "reasons": object}
            return pd.DataFrame({k: pd.Series(dtype=v) for k, v in empty.items()})
        known = self.calibration[sensor]
        score = booster.predict(values)
        probability = np.interp(score, known["score"], known["probability"])
        share = booster.predict(values, pred_contrib=True)[:, :-1]
        level = [next(one for one in LEVELS if p >= one[2]) for p in probability]
        return pd.DataFrame(
            {
                "probability": probability.round(4), "score": score.round(6),
                "level": [one[0] for one in level], "level_zh": [one[1] for one in level],
                "reasons": [self.words(*row) for row in zip(share, raw, values, strict=True)],
            },
            index=features.index,
        )  # fmt: skip

    def check(self, sensor: str) -> None:
        """Raise `InputError` unless a person approved the model and it knows this sensor."""
        if not self.approved:
            raise InputError(
                "got a model that nobody approved; wanted one: `ecoredline train --approve MODEL`"
            )
        if sensor not in self.calibration:
            raise InputError(
                f"got a model for {', '.join(self.calibration)} and images of {sensor or '?'}; "
                "wanted a model trained on this sensor: leave --model out, or train on its verdicts"
            )

    def words(self, share: np.ndarray, raw: np.ndarray, rank: np.ndarray) -> list[str]:
        """The strongest reasons: feature, its figure and rank, and which way it speaks."""
        order = np.argsort(-np.abs(share), kind="stable")[:REASONS]
        return [
            f"{FEATURES[self.features[k]]} {raw[k]:.2f}（高于本景 {rank[k]:.0%} 图斑，"
            f"{'支持' if share[k] > 0 else '不支持'}）"
            for k in order
        ]


def lightgbm():
    """The library of the trees; raises `InputError` with what to install."""
    try:
        import lightgbm as library
    except ImportError as fault:
        raise InputError(
            "the ranker needs LightGBM, which is not installed: pip install 'ecoredline[learn]'"
        ) from fault
    return library


def approve(model: RankModel, person: str, on: str | None = None) -> RankModel:
    """The model, approved by a person. Refused unless its held-out AP beats the default's.

    The whole 5–95 % interval of the gain must lie above 0, with at least 500 verdicts of 8 places.
    Raises `InputError` with every reason.
    """
    held, card = model.card["held_out"], model.card
    faults = []
    if not person.strip():
        faults.append("no name of the person who approves")
    if not held["ap_gain_interval"][0] > 0:
        faults.append(
            f"held-out AP {held['ap']} against the default's {held['ap_default']}: the interval "
            f"of the gain {held['ap_gain_interval']} is not wholly above 0"
        )
    if card["verdicts"] < LEAST_VERDICTS:
        faults.append(f"{card['verdicts']} verdicts; wanted {LEAST_VERDICTS}")
    if card["places"] < LEAST_PLACES:
        faults.append(f"{card['places']} places; wanted {LEAST_PLACES}")
    if faults:
        raise InputError("the model may not be switched on: " + "; ".join(faults))
    day = on or datetime.now(UTC).date().isoformat()
    return replace(model, approved={"by": person.strip(), "on": day})


def save_model(model, path: Path | str) -> Path:
    """Write a `RankModel` or `PixelModel` as JSON, with a hash over all but the approval."""
    data = asdict(model) | {"sha256": digest(model)}
    with whole_file(path) as part:
        part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    return Path(path)


def read_model(path: Path | str, build: Callable[[dict], object], wanted: int):
    """Read a model file; `build` makes the model of its data, `wanted` is the format read.

    Raises `SourceError` when it is not one, or was changed by hand.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        had = data.pop("sha256")
        model = build(data)
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise SourceError(
            f"could not read {path}: {fault}; wanted a model of `ecoredline train`"
        ) from fault
    if model.format != wanted:
        raise SourceError(f"{path} has format {model.format}; this version reads {wanted}")
    if digest(model) != had:
        raise SourceError(f"{path} was changed after training; train again or take another file")
    return model


def load_model(path: Path | str) -> RankModel:
    """Read the file of a ranker; raises `SourceError` when it is not one, or was changed by hand."""
    return read_model(
        path, lambda data: RankModel(**data | {"features": tuple(data["features"])}), MODEL_FORMAT
    )


def model_kind(path: Path | str) -> str:
    """`pixels` or `net` for a trained detector, `rank` for a ranker. Raises `SourceError`."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8")).get("kind", "rank")
    except (OSError, ValueError, AttributeError) as fault:
        raise SourceError(
            f"could not read {path}: {fault}; wanted a model of `ecoredline train`"
        ) from fault


def digest(model) -> str:
    """Hash of what was trained; the approval is not part of it."""
    told = json.dumps(asdict(replace(model, approved=None)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()
