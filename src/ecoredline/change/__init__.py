"""Two scenes on one grid → registration → masks → normalisation → score → `ChangeMap`."""

from ecoredline.change.detect import aligned_pair, detect
from ecoredline.change.detectors import METHODS
from ecoredline.change.maps import ChangeMap, ChangeRuns, UnseenMap
from ecoredline.change.parameters import DetectionParameters

__all__ = [
    "METHODS",
    "ChangeMap",
    "ChangeRuns",
    "DetectionParameters",
    "UnseenMap",
    "aligned_pair",
    "detect",
]
