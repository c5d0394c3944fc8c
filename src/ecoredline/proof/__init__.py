"""Proof after closing: what later images show inside a closed polygon, beside the land around it."""

from ecoredline.proof.judge import Facts, Judgement, judge
from ecoredline.proof.look import Look, look, ring_of
from ecoredline.proof.tables import in_force, limit, watch_days

__all__ = [
    "Facts",
    "Judgement",
    "Look",
    "in_force",
    "judge",
    "limit",
    "look",
    "ring_of",
    "watch_days",
]
