"""A trained detector: small trees on pixel features, which correct the weight-free score.

The file is JSON: the trees as arrays, calibration by sensor, thresholds, the card, who approved it.
Using it needs no library of trees.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numba import njit

from ecoredline.change.score import add_to
from ecoredline.errors import InputError
from ecoredline.learn.model import read_model
from ecoredline.learn.pixel_features import (
    DEFAULT_FEATURE,
    SceneUnits,
    feature_names,
    learn_units,
    pixel_features,
)

PIXEL_FORMAT = 1
KIND = "pixels"
LEAST_PLACES = 8  # change-detection.md 5.6: with fewer scenes the default is better
PIXEL_SLACK = 1.25  # a pixel may be so many times finer or coarser than those trained on
PRIOR_WEIGHT, PRIOR_SHIFT = 3.0, 3.0  # of the default's score, as a log-odds term
LEAST_PRIOR = 0.3
ANY_SENSOR = "*"
TREE_PIXELS = 1024  # worked out together
METHOD = "pixel trees on the weight-free scores, calibrated probability, model {sha}"


@dataclass(frozen=True)
class PixelModel:
    """What `ecoredline train --pixels` gives; `approved` None = nobody did.

    `trees`: feature, threshold, left, right, value of all nodes, and roots; a child below 0 is a
    leaf (~child its place). `calibration` by sensor, `*` for all of them together. `thresholds`:
    high and low probability of a patch.
    """

    format: int
    kind: str
    bands: tuple[str, ...]
    pixel_m: tuple[float, float]
    trees: dict
    calibration: dict
    thresholds: tuple[float, float]
    card: dict
    approved: dict | None = field(default=None)

    def detector(self, sensor: str, bands, pixel_m: float, anyway: bool = False, sha: str = ""):
        """The detector for a pair of images, as `change.detect` wants it.

        Raises `InputError` with every reason when nobody approved the model, or it was not
        trained on this sensor, these bands or this pixel size; `anyway` waives sensor and size.
        """
        return PixelDetector(self, usable_curve(self, sensor, bands, pixel_m, anyway), sha)


def usable_curve(model, sensor: str, bands, pixel_m: float, anyway: bool) -> dict:
    """The calibration of an approved detector for this sensor; `InputError` with every reason against it.

    `anyway` waives sensor and pixel size; then the calibration is that of all sensors together.
    """
    faults = [] if model.approved else ["nobody approved it: `ecoredline train --approve MODEL --by NAME`"]  # fmt: skip
    if tuple(bands) != model.bands:
        faults.append(f"it knows the bands {', '.join(model.bands)}, not {', '.join(bands)}")
    known = [name for name in model.calibration if name != ANY_SENSOR]
    low, high = model.pixel_m[0] / PIXEL_SLACK, model.pixel_m[1] * PIXEL_SLACK
    if not anyway and sensor not in known:
        faults.append(f"it was trained on {', '.join(known)}, not on {sensor or '(no sensor)'}")
    if not anyway and not low <= pixel_m <= high:
        faults.append(f"it was trained on pixels of {model.pixel_m[0]:g}–{model.pixel_m[1]:g} m, not {pixel_m:g} m")  # fmt: skip
    if faults:
        raise InputError(
            f"the pixel model cannot be used here: {'; '.join(faults)}. Leave --model out, train on "
            "images like these, or take the risk with --model-anyway (sensor and pixel size only)"
        )
    return model.calibration[sensor if sensor in known else ANY_SENSOR]


@dataclass(frozen=True)
class PixelDetector:
    """A model with the calibration of one sensor; `fit` makes it know a scene."""

    model: PixelModel
    curve: dict
    sha: str = ""

    def fit(self, pair, tiles, radius: int, smooth: int) -> "PixelScorer":
        """What scores blocks of this scene."""
        units = learn_units(pair, tiles, radius, smooth)
        arrays = tree_arrays(self.model.trees)
        x, y = (np.array(self.curve[n], float) for n in ("score", "probability"))
        return PixelScorer(units, arrays, x, y, METHOD.format(sha=self.sha[:12]))


@dataclass(frozen=True)
class PixelScorer:
    """A trained detector that knows its scene; stands in for `change.detectors.Scorer`."""

    units: SceneUnits
    trees: tuple
    score_knots: np.ndarray
    probability_knots: np.ndarray
    method: str

    @property
    def halo_px(self) -> int:
        """Pixels around a block that a probability looks at."""
        return self.units.halo_px

    def raw(self, before, after) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds, and the robust score in noise units (rows, cols); NaN = unseen."""
        features, strength = pixel_features(before, after, self.units)
        rows, cols = strength.shape
        flat = features.reshape(len(features), -1)
        default = flat[feature_names(self.units.names).index(DEFAULT_FEATURE)]
        return log_odds(flat, default, self.trees).reshape(rows, cols), strength

    def measured(self, before, after, radius: int, smooth: int, low, corner=(0, 0)) -> tuple:
        """Probability 0..1, which decides, and the robust score, which says how strong."""
        odds, strength = self.raw(before, after)
        found = np.interp(odds, self.score_knots, self.probability_knots)
        return np.where(np.isfinite(odds), found, np.nan).astype(np.float32), strength


def log_odds(flat: np.ndarray, default: np.ndarray, trees: tuple) -> np.ndarray:
    """Trees plus the default's term for pixels (features, n); NaN where the default is."""
    return tree_sum(np.ascontiguousarray(flat), *trees) + prior(default)


def prior(default: np.ndarray) -> np.ndarray:
    """What the default's score says by itself, as log-odds but for a constant."""
    return PRIOR_WEIGHT * np.log(np.maximum(default + PRIOR_SHIFT, np.float32(LEAST_PRIOR)))


def tree_arrays(trees: dict) -> tuple:
    """The trees as arrays for `tree_sum`."""
    kinds = {"feature": np.int32, "threshold": np.float32, "left": np.int32, "right": np.int32,
             "value": np.float32, "roots": np.int32}  # fmt: skip
    return tuple(np.array(trees[name], kind) for name, kind in kinds.items())


@njit(nogil=True, cache=True)
def tree_sum(features, feature, threshold, left, right, value, roots):
    """Sum of all trees' leaves float32 (n) for features (features, n).

    Trees stand one after the other and children after their parent, so each tree is worked out
    from its last node up, for many pixels at once and without a branch: small trees cost a few
    comparisons a node, whichever way a pixel goes.
    """
    n = features.shape[1]
    out = np.zeros(n, np.float32)
    stops, stop = np.empty(len(roots), np.int64), len(feature)
    for t in range(len(roots) - 1, -1, -1):
        stops[t] = stop
        stop = roots[t] if roots[t] >= 0 else stop
    room = np.empty((max(1, len(feature)), TREE_PIXELS), np.float32)
    leaf = np.empty((2, TREE_PIXELS), np.float32)
    for start in range(0, n, TREE_PIXELS):
        total = out[start : start + TREE_PIXELS]
        for t in range(len(roots)):
            root = roots[t]
            if root < 0:  # a tree that is one leaf
                total += value[~root]
                continue
            for node in range(stops[t] - 1, root - 1, -1):
                yes = branch(left[node], root, room, leaf[0], value)
                no = branch(right[node], root, room, leaf[1], value)
                known = features[feature[node], start : start + len(total)]
                choose(known, threshold[node], yes, no, room[node - root])
            add_to(total, room[0])
    return out


@njit(nogil=True, cache=True)
def branch(child, root, room, leaf, value):
    """The values below a branch: those of a node worked out already, or a leaf's."""
    if child >= 0:
        return room[child - root]
    leaf[:] = value[~child]
    return leaf


@njit(nogil=True, cache=True)
def choose(known, threshold, yes, no, out):
    """Write `yes` where a feature is known to be at most the threshold, else `no`."""
    for x in range(len(known)):
        out[x] = yes[x] if known[x] <= threshold else no[x]


def approve_pixels(model, person: str, on: str | None = None):
    """The detector, trees or net, approved by a person. Refused unless its held-out AP beats the default's.

    On places it has not seen, the whole 5–95 % interval of the gain must lie above 0, both of the
    mean AP and of F1 at a threshold chosen on other places (a run has one for all); the AP over all
    pixels together may not fall, and there must be 8 places. Raises `InputError` with every reason.
    """
    held, faults = model.card["held_out"], []
    if not person.strip():
        faults.append("no name of the person who approves")
    if not held["ap_gain_interval"][0] > 0:
        faults.append(
            f"held-out mean AP {held['ap']} against the default's {held['ap_default']}: the "
            f"interval of the gain {held['ap_gain_interval']} is not wholly above 0"
        )
    if not held["f1_gain_interval"][0] > 0:
        faults.append(
            f"F1 at the threshold of other places {held['f1']} against {held['f1_default']}: the "
            f"interval of the gain {held['f1_gain_interval']} is not wholly above 0"
        )
    if held["pooled_ap"] < held["pooled_ap_default"]:
        faults.append(
            f"AP over all held-out pixels {held['pooled_ap']}, the default's {held['pooled_ap_default']}"
        )
    if model.card["places"] < LEAST_PLACES:
        faults.append(f"{model.card['places']} places; wanted {LEAST_PLACES}")
    if faults:
        raise InputError("the model may not be switched on: " + "; ".join(faults))
    day = on or datetime.now(UTC).date().isoformat()
    return replace(model, approved={"by": person.strip(), "on": day})


def load_pixel_model(path: Path | str) -> PixelModel:
    """Read the file of a trained detector. Raises `SourceError`."""

    def build(data: dict) -> PixelModel:
        tuples = {n: tuple(data[n]) for n in ("bands", "pixel_m", "thresholds")}
        return PixelModel(**data | tuples)

    return read_model(path, build, PIXEL_FORMAT)
