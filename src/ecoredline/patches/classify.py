"""What a patch may be: one of six activities, one of four problems, with the reasons in words.

Two steps (change-detection.md, section 7): the cover before and after and the shape are
turned into evidence between 0 and 1, then each piece of evidence speaks for or against
the types with the weights of `evidence.csv`. All figures are rule-based and not calibrated
on verdicts; a type is left open when no evidence stands out. The reviewer's word always wins.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ecoredline.patches.facts import COVERS, neighbours, patch_facts, places_m, ramp

EVIDENCE_PATH = Path(__file__).with_name("evidence.csv")
CONFIDENCE_NOTE = "置信度为规则推算值，未经核查样本校准"
ACTIVITIES = {
    "mining": "1", "industry": "2", "energy": "3", "tourism": "4", "transport": "5", "other": "6",
}  # fmt: skip
PROBLEMS = ("space", "vegetation", "function", "other")
SHARPNESS = 1.3  # how fast a lead in evidence turns into confidence
LEAST_CONFIDENCE = 0.40  # below it the type stays open
LEAST_EVIDENCE = 0.5
REASONS = 3
GENERAL_WORTH = 0.01  # what only tells the change comes after what speaks for the type
PAD_WIDTH_M, PAD_RED, PAD_REACH_M = 22.0, 0.12, 500.0
UNDETERMINED = ""

# What speaks for a real change: column, from, to, weight. Their weighted mean is the confidence.
CONFIDENCE = (
    ("score", 5.0, 18.0, 0.35),
    ("strong_share", 0.3, 0.9, 0.2),
    ("tolerant_ratio", 0.4, 0.9, 0.2),
    ("area_ha", 0.04, 0.5, 0.15),
    ("cover_changed", 0.0, 1.0, 0.1),
)
CONFIDENCE_RANGE = (0.05, 0.95)


@dataclass(frozen=True)
class Evidence:
    """One line of the table: ramps whose product is the evidence, words, and weights."""

    name: str
    conditions: tuple[tuple[str, float, float], ...]
    words: str
    activity: tuple[float, ...]
    problem: tuple[float, ...]

    def value(self, facts: pd.DataFrame) -> np.ndarray:
        """The evidence, 0..1, for each patch; 1 where there is no condition."""
        out = np.ones(len(facts))
        for column, low, high in self.conditions:
            out *= ramp(facts[column], low, high)
        return out


@cache
def evidence_table() -> tuple[Evidence, ...]:
    """The lines of evidence.csv.

    >>> evidence_table()[0].name, evidence_table()[0].conditions[0]
    ('strip', ('elongation', 4.0, 8.0))
    """
    with EVIDENCE_PATH.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Evidence(
                row["name"], read_conditions(row["conditions"]), row["words"],
                tuple(float(row[name]) for name in ACTIVITIES),
                tuple(float(row[f"p_{name}"]) for name in PROBLEMS),
            )
            for row in csv.DictReader(stream)
        )  # fmt: skip


def read_conditions(text: str) -> tuple[tuple[str, float, float], ...]:
    """'a:1:2; b:4:3' → (('a', 1, 2), ('b', 4, 3)).

    >>> read_conditions("ndvi:0.4:0.6; width:60:40")
    (('ndvi', 0.4, 0.6), ('width', 60.0, 40.0))
    """
    parts = [p.strip().split(":") for p in text.split(";") if p.strip()]
    return tuple((name, float(low), float(high)) for name, low, high in parts)


def classify(patches: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`patches` with activity_type, activity_confidence, problem_type, problem_confidence, reasons, confidence.

    `activity_type` is a code of codes/activity_types.csv, or '' (undetermined, confidence 0).
    `reasons` is a list of the three strongest, in Chinese with figures. All confidences
    are 0..1, rule-based and uncalibrated (`CONFIDENCE_NOTE`).
    """
    out = patches.copy()
    facts = wider_facts(patches)
    table = evidence_table()
    values = np.array([line.value(facts) for line in table]).reshape(len(table), len(patches))
    activity = values.T @ np.array([line.activity for line in table])
    problem = values.T @ np.array([line.problem for line in table])
    kind, kind_confidence = choose(activity)
    open_ = (kind_confidence < LEAST_CONFIDENCE) | (activity.max(axis=1) < LEAST_EVIDENCE)
    codes = np.array(list(ACTIVITIES.values()), object)
    out["activity_type"] = np.where(open_, UNDETERMINED, codes[kind])
    out["activity_confidence"] = np.where(open_, 0.0, kind_confidence).round(3)
    what, what_confidence = choose(problem)
    out["problem_type"] = np.array(PROBLEMS, object)[what]
    out["problem_confidence"] = what_confidence.round(3)
    out["reasons"] = say_reasons(facts, values, kind, open_)
    out["confidence"] = real_change(facts).round(3)
    return out


def wider_facts(patches: gpd.GeoDataFrame) -> pd.DataFrame:
    """The patch facts, and those that only evidence and words need."""
    facts = patch_facts(patches)
    pads = (facts["mean_width_m"] < PAD_WIDTH_M) & (facts["red_after"] > PAD_RED)
    facts["pad_neighbours"] = neighbours(places_m(patches), pads.to_numpy(), PAD_REACH_M)
    facts["transition_zh"] = [transition(row) for row in facts.to_dict("records")]
    facts["strong_percent"] = 100 * facts["strong_share"]
    facts["cover_changed"] = (facts["cover_before"] != facts["cover_after"]).astype(float)
    return facts


def transition(row: dict) -> str:
    """The cover before and after in words, with the near infrared where it is known."""
    one, other = COVERS[row["cover_before"]], COVERS[row["cover_after"]]
    said = f"地表仍为{one}" if one == other else f"地表由{one}变为{other}"
    known = np.isfinite(row["nir_before"]) and np.isfinite(row["nir_after"])
    return said + (f"（近红外 {row['nir_before']:.2f}→{row['nir_after']:.2f}）" if known else "")


def choose(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best column of each row, and its share of the softmax.

    >>> best, confidence = choose(np.array([[2.0, 0.0, 0.0]]))
    >>> best.tolist(), confidence.round(2).tolist()
    ([0], [0.87])
    """
    if not len(scores):
        return np.empty(0, int), np.empty(0)
    share = shares(scores)
    return share.argmax(axis=1), share.max(axis=1)


def shares(scores: np.ndarray) -> np.ndarray:
    """Softmax of each row (n, types): how the evidence is spread over the types."""
    power = np.exp(SHARPNESS * (scores - scores.max(axis=1, keepdims=True)))
    return power / power.sum(axis=1, keepdims=True)


def type_table(patches: gpd.GeoDataFrame) -> pd.DataFrame:
    """Both levels for each patch, on its index: cover_before, cover_after (keys of `COVERS`), and a
    share for each activity type (p_1 … p_6; rule-based, their sum is 1).
    """
    facts, table = wider_facts(patches), evidence_table()
    out = facts[["cover_before", "cover_after"]].copy()
    values = np.array([line.value(facts) for line in table]).reshape(len(table), len(patches))
    scores = values.T @ np.array([line.activity for line in table])
    share = shares(scores) if len(scores) else scores
    for k, code in enumerate(ACTIVITIES.values()):
        out[f"p_{code}"] = share[:, k].round(4)
    return out


def say_reasons(facts, values: np.ndarray, kind: np.ndarray, open_: np.ndarray) -> list[list[str]]:
    """The strongest reasons of each patch: first what speaks for its type, then the change itself."""
    table = evidence_table()
    general = np.array([not any(line.activity) for line in table])
    weights = np.array([line.activity for line in table])  # (lines, types)
    said = []
    for i, row in enumerate(facts.to_dict("records")):
        worth = values[:, i] * (weights[:, kind[i]] if not open_[i] else 0.0)
        worth = np.where(general, GENERAL_WORTH * values[:, i], np.maximum(worth, 0.0))
        order = [
            k for k in np.argsort(-worth, kind="stable") if worth[k] > 0 and table[k].conditions
        ]
        reasons = [table[k].words.format(**row) for k in order]
        said.append([*reasons, row["transition_zh"]][:REASONS])
    return said


def real_change(facts: pd.DataFrame) -> np.ndarray:
    """How surely something changed here, 0.05..0.95: a weighted mean of ramps, not calibrated."""
    total = sum(weight for *_, weight in CONFIDENCE)
    mean = sum(weight * ramp(facts[name], low, high) for name, low, high, weight in CONFIDENCE)
    low, high = CONFIDENCE_RANGE
    return low + (high - low) * np.asarray(mean, float) / total
