"""What a confirmed case destroyed, described after HJ 1175: space taken, service lost, risk."""

from ecoredline.impact.describe import BY_REFERENCE, Impact, describe_impact
from ecoredline.impact.extent import Target, evaluation_area, near_targets

__all__ = [
    "BY_REFERENCE",
    "Impact",
    "Target",
    "describe_impact",
    "evaluation_area",
    "near_targets",
]
