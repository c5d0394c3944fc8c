"""Two scenes on one grid → registration → masks → normalisation → score → `ChangeMap`."""

from ecoredline.change.cluster import Cluster, open_cluster
from ecoredline.change.detect import aligned_pair, detect, open_aligned, scored_bands
from ecoredline.change.detectors import METHODS
from ecoredline.change.maps import ChangeMap, ChangeRuns, UnseenMap
from ecoredline.change.parameters import DetectionParameters

__all__ = [
    "METHODS",
    "ChangeMap",
    "ChangeRuns",
    "Cluster",
    "DetectionParameters",
    "UnseenMap",
    "aligned_pair",
    "detect",
    "open_aligned",
    "open_cluster",
    "scored_bands",
]
