"""Delineation 划定: from function and sensitivity to a candidate redline, every step a layer to look at.

The cuts, the smallest piece and the naming rule are remembered, not read in the guide: parameters.
"""

from ecoredline.delineation.adjust import evaluate_adjustment, unseen
from ecoredline.delineation.build import delineate
from ecoredline.delineation.compare import compare_with_redline
from ecoredline.delineation.config import Config, read_config
from ecoredline.delineation.grade import importance_grades, importance_thresholds

__all__ = [
    "Config",
    "compare_with_redline",
    "delineate",
    "evaluate_adjustment",
    "importance_grades",
    "importance_thresholds",
    "read_config",
    "unseen",
]
