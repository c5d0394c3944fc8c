"""Sensitivity of land: erosion, desertification, rocky desertification, salinization."""

from ecoredline.sensitivity.index import (
    desertification_sensitivity,
    erosion_sensitivity,
    rocky_desertification_sensitivity,
    salinization_sensitivity,
    sensitivity_grade,
)
from ecoredline.sensitivity.scores import factor_score, soil_score

__all__ = [
    "desertification_sensitivity",
    "erosion_sensitivity",
    "factor_score",
    "rocky_desertification_sensitivity",
    "salinization_sensitivity",
    "sensitivity_grade",
    "soil_score",
]
