"""Where a species could live: weighted logistic regression on presence and background points.

With background points weighted heavily it approaches MaxEnt (Fithian and Hastie 2013); scikit-learn
fits it. Blocks of land, not single points, are held out to judge it: neighbours are alike.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from ecoredline.errors import InputError, NotEnoughData

FEWEST_PRESENCES = 10
BACKGROUND_WEIGHT = 100.0
REGULARISATION = 1.0
BLOCKS = 5


@dataclass(frozen=True)
class Suitability:
    """A fitted model: AUC on the points it saw, AUC on blocks it did not (NaN when there were too few)."""

    model: Pipeline
    auc: float
    auc_held_out: float
    presences: int

    def predict(self, layers) -> np.ndarray:
        """Relative suitability 0..1 of (variables, rows, cols); NaN where a variable is NaN."""
        layers = np.asarray(layers, dtype=float)
        flat = layers.reshape(len(layers), -1).T
        seen = np.isfinite(flat).all(axis=1)
        found = np.full(len(flat), np.nan)
        if seen.any():
            found[seen] = relative(self.model, flat[seen])
        return found.reshape(layers.shape[1:])


def relative(model: Pipeline, values: np.ndarray) -> np.ndarray:
    """Odds against the background, brought to 0..1; equal odds give 0.5."""
    log_odds = model.decision_function(values) + np.log(BACKGROUND_WEIGHT)
    return 1 / (1 + np.exp(-np.clip(log_odds, -50, 50)))


def fit_distribution(presence, background, blocks=None) -> Suitability:
    """Fit the suitability of a species.

    Parameters
    ----------
    presence, background : (points, variables), environment where it was seen, and of the area.
    blocks : an integer a point (presences, then background), which block of land it lies in.

    Raises `NotEnoughData` below 10 presences or fewer background points than presences, `InputError`.
    """
    presence, background = np.asarray(presence, float), np.asarray(background, float)
    if presence.ndim != 2 or background.ndim != 2 or presence.shape[1] != background.shape[1]:
        raise InputError(
            f"got presences of {presence.shape}, background of {background.shape}; wanted (points, variables)"
        )
    if not (np.isfinite(presence).all() and np.isfinite(background).all()):
        raise InputError("got points without a value of some variable; leave them out first")
    if len(presence) < FEWEST_PRESENCES or len(background) < len(presence):
        raise NotEnoughData(
            f"got {len(presence)} presences and {len(background)} background points; wanted "
            f"{FEWEST_PRESENCES} or more, and at least as many of the background"
        )
    values = np.concatenate([presence, background])
    seen = np.arange(len(values)) < len(presence)
    model = fitted(values, seen)
    auc = roc_auc_score(seen, model.decision_function(values))
    held_out = float("nan") if blocks is None else auc_on_blocks(values, seen, np.asarray(blocks))
    return Suitability(model, float(auc), held_out, len(presence))


def fitted(values: np.ndarray, seen: np.ndarray) -> Pipeline:
    """The model on these points; background as a whole weighs `BACKGROUND_WEIGHT` times the presences."""
    model = make_pipeline(
        StandardScaler(), PolynomialFeatures(2, include_bias=False),
        LogisticRegression(C=REGULARISATION, max_iter=2000),
    )  # fmt: skip
    share = BACKGROUND_WEIGHT * seen.sum() / (~seen).sum()
    weights = np.where(seen, 1.0, share)
    return model.fit(values, seen, logisticregression__sample_weight=weights)


def auc_on_blocks(values, seen, blocks) -> float:
    """Mean AUC over groups of blocks that the model had not seen."""
    groups = np.unique(blocks, return_inverse=True)[1] % BLOCKS
    found = []
    for group in np.unique(groups):
        out = groups == group
        if seen[out].any() and (~seen[out]).any() and seen[~out].sum() >= FEWEST_PRESENCES / 2:
            model = fitted(values[~out], seen[~out])
            found.append(roc_auc_score(seen[out], model.decision_function(values[out])))
    return float(np.mean(found)) if found else float("nan")
