"""From looks to a finding: recovering, stable, falling, new change or unseen; and a risk with reasons.

The index is always taken relative to the land around. Weights and limits are dated tables.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from ecoredline.codes import code_list
from ecoredline.proof.look import Look
from ecoredline.proof.tables import in_force, is_vegetated, limit, quick_days

RECOVERING, STABLE, FALLING = "recovering", "stable", "falling"
NEW_CHANGE, UNSEEN = "new_change", "unseen"
HIGHEST = 100.0
YEAR_DAYS = 365


@dataclass(frozen=True)
class Facts:
    """What the judgement rests on. Looks are None where there is no such image.

    `changed_share` is the part of the polygon that the later run found newly disturbed, 0..1.
    """

    now: Look
    before: Look | None = None  # before the damage
    damaged: Look | None = None  # the image that found it
    closing: Look | None = None  # the last image up to closing
    changed_share: float = 0.0
    closed_on: date | None = None
    begun_on: date | None = None  # handed over or planned: from here rectification could run
    damage_type: str = ""


@dataclass(frozen=True)
class Judgement:
    """What it means: `finding`, `risk` 0..100, `reasons` (code, points, words), what is proposed."""

    finding: str
    risk: float
    reasons: tuple[dict, ...]
    proposes_reopening: bool
    fall: float | None = None
    recovered: float | None = None


def judge(facts: Facts) -> Judgement:
    """Judge one look after closing.

    >>> from ecoredline.proof.look import Look
    >>> bare, green = Look(None, "ndvi", 0.1, 0.6, 1.0), Look(None, "ndvi", 0.5, 0.6, 1.0)
    >>> judge(Facts(now=bare, closing=green)).finding, judge(Facts(now=green, closing=bare)).finding
    ('falling', 'recovering')
    """
    on = facts.now.on or date.max
    if facts.now.relative is None or facts.now.valid_share < limit("least_valid", on):
        share = round(facts.now.valid_share, 3)
        return Judgement(UNSEEN, 0.0, (reason("unseen", 0.0, share),), False)
    fall, recovered = fall_of(facts), recovered_share(facts)
    weights = in_force("proof_weights", on)
    amounts = {
        "fall": fall,
        "new_change": facts.changed_share,
        "quick_closing": too_quick(facts),
        "faked": lost_share(facts, on),
        "no_recovery": barren_days(facts, recovered, on),
    }
    told = {k: (points(weights[k], v), v) for k, v in amounts.items() if v is not None}
    reasons = tuple(reason(k, p, v) for k, (p, v) in told.items() if p > 0)
    risk = min(HIGHEST, sum(r["points"] for r in reasons))
    finding = finding_of({r["code"] for r in reasons}, fall, recovered, on)
    proposes = risk >= limit("propose", on)
    return Judgement(finding, round(risk, 1), reasons, proposes, fall, recovered)


def finding_of(codes: set[str], fall: float | None, recovered: float | None, on: date) -> str:
    """The one word for it; new disturbance goes before a fall."""
    if "new_change" in codes:
        return NEW_CHANGE
    if "fall" in codes:
        return FALLING
    risen = fall is not None and -fall >= limit("rise", on)
    whole = recovered is not None and recovered >= limit("recovered", on)
    return RECOVERING if risen or whole else STABLE


def comparable(one: Look | None, other: Look) -> bool:
    """Both saw something, by the same index."""
    return one is not None and one.relative is not None and one.index == other.index


def fall_of(facts: Facts) -> float | None:
    """How far the relative index fell since closing; negative when it rose; None without both."""
    start = facts.closing if comparable(facts.closing, facts.now) else facts.damaged
    if not comparable(start, facts.now):
        return None
    return start.relative - facts.now.relative


def recovered_share(facts: Facts) -> float | None:
    """The part of the loss that is made good, 0 = as damaged, 1 = as before; None without both."""
    if not (comparable(facts.before, facts.now) and comparable(facts.damaged, facts.now)):
        return None
    lost = facts.before.relative - facts.damaged.relative
    return (facts.now.relative - facts.damaged.relative) / lost if lost > 0.02 else None


def lost_share(facts: Facts, on: date) -> float | None:
    """The part of the jump before closing that is gone again; None when there was no jump.

    Green paint, netting or turf laid for the day: the index leaps before closing and falls back.
    """
    if not (comparable(facts.closing, facts.now) and comparable(facts.damaged, facts.now)):
        return None
    jump = facts.closing.relative - facts.damaged.relative
    if facts.closing is facts.damaged or jump < limit("jump", on):
        return None
    return (facts.closing.relative - facts.now.relative) / jump


def too_quick(facts: Facts) -> float | None:
    """The missing part of the least time that such damage takes; None when it took long enough."""
    if facts.closed_on is None or facts.begun_on is None:
        return None
    missing = 1 - (facts.closed_on - facts.begun_on).days / quick_days(facts.damage_type)
    return missing if missing > 0 else None


def barren_days(facts: Facts, recovered: float | None, on: date) -> float | None:
    """Days since closing where plants should have come back and have not; else None."""
    if facts.closed_on is None or recovered is None or not is_vegetated(facts.damage_type):
        return None
    days = (on - facts.closed_on).days if facts.now.on else 0
    return float(days) if days >= YEAR_DAYS and recovered < 1 - limit("recovered", on) else None


def points(row: dict, amount: float) -> float:
    """Points of a weight: none below where it starts, then from low to high.

    >>> points({"starts_at": "0.1", "full_at": "0.3", "low": "40", "high": "60"}, 0.2)
    50.0
    """
    start, full, low, high = (float(row[k]) for k in ("starts_at", "full_at", "low", "high"))
    if amount < start:
        return 0.0
    return float(np.interp(amount, (start, full), (low, high)))


def reason(code: str, got: float, amount: float) -> dict:
    """A reason as data: code, points, what was measured; words come from `proof_weights`."""
    row = code_list("proof_weights").get(code, {"zh": "有效像元不足", "unit": "share"})
    return {"code": code, "points": round(got, 1), "amount": round(float(amount), 3),
            "unit": row["unit"], "words": row["zh"]}  # fmt: skip
