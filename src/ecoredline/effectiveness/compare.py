"""Years and units beside each other, and how much the ranking hangs on the weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecoredline.effectiveness.evaluate import Evaluation
from ecoredline.errors import InputError, NotEnoughData

EFFORT = "observed_share"  # ledger number: share of the redline that images covered, per cent
EFFORT_APART = 10.0
UNLIKE_EFFORT = "观测力度不同，不宜直接比较"


@dataclass(frozen=True)
class Rank:
    """One unit's place under shaken weights: best, worst, mean, the share of draws at each place."""

    unit: str
    unit_zh: str
    place: int
    best: int
    worst: int
    mean: float
    shares: tuple[float, ...]


def compare_years(
    before: Sequence[Evaluation], after: Sequence[Evaluation], effort: dict | None = None
) -> list[dict]:
    """One row a unit and indicator (and the total): values, scores, observed shares of both years, remark.

    `effort` maps (unit, year) → observed share in per cent; years more than 10 points apart are
    marked, because a count of problems grows with how much was looked at.
    """
    old, rows = {e.unit: e for e in before}, []
    for new in after:
        then = old.get(new.unit)
        if then is None:
            continue
        keys = (new.unit, then.year), (new.unit, new.year)
        seen = [(effort or {}).get(k, math.nan) for k in keys]
        common = {
            "unit": new.unit, "unit_zh": new.unit_zh, "remark": effort_remark(effort or {}, *keys),
            "seen_before": seen[0], "seen_after": seen[1],
        }  # fmt: skip
        rows.append(common | {"indicator": "total", "zh": "综合", "before": then.total, "after": new.total, "score_change": new.total - then.total})  # fmt: skip
        for a, b in zip(then.findings, new.findings, strict=True):
            rows.append(common | {"indicator": b.indicator, "zh": b.zh, "before": a.value, "after": b.value, "score_change": b.score - a.score})  # fmt: skip
    return rows


def effort_remark(effort: dict, one: tuple, other: tuple) -> str:
    """Words when two observations differ in effort; empty when alike or unknown."""
    a, b = effort.get(one, math.nan), effort.get(other, math.nan)
    return UNLIKE_EFFORT if abs(a - b) > EFFORT_APART else ""


def rank_sensitivity(
    found: Sequence[Evaluation], *, draws: int = 2000, concentration: float = 50.0, seed: int = 0
) -> list[Rank]:
    """Ranking of the units under weights drawn around the rule set's own (Dirichlet).

    `concentration`: the larger, the nearer the draws stay to the weights. Units with a missing
    score are left out. The same seed gives the same result. Raises `NotEnoughData` below two units.
    """
    whole = [e for e in found if not any(math.isnan(f.score) for f in e.findings)]
    if len(whole) < 2:
        raise NotEnoughData(f"got {len(whole)} units with all scores; wanted 2 or more to rank")
    if draws < 1 or concentration <= 0:
        raise InputError(f"got {draws} draws, concentration {concentration}; wanted both above 0")
    scores = np.array([[f.score for f in e.findings] for e in whole])
    weights = np.array([f.weight for f in whole[0].findings])
    used = weights > 0
    drawn = np.random.default_rng(seed).dirichlet(
        weights[used] / weights.sum() * concentration, draws
    )
    places = ranks(scores[:, used] @ drawn.T)
    own = ranks((scores @ weights / weights.sum())[:, None])[:, 0]
    made = [
        Rank(
            e.unit, e.unit_zh, int(own[k]), int(places[k].min()), int(places[k].max()),
            round(float(places[k].mean()), 4),
            tuple(round(float((places[k] == p).mean()), 4) for p in range(1, len(whole) + 1)),
        )
        for k, e in enumerate(whole)
    ]  # fmt: skip
    return sorted(made, key=lambda r: (r.place, r.unit))


def ranks(totals: np.ndarray) -> np.ndarray:
    """Place of each unit (rows) in each draw, 1 the best; equal totals share the better place.

    >>> ranks(np.array([[3.0], [1.0], [3.0]])).ravel().tolist()
    [1, 3, 1]
    """
    rounded = totals.round(9)
    return 1 + (rounded[None] > rounded[:, None]).sum(axis=1)
