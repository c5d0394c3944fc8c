"""Functions, quality, pattern and problems of ecosystems: one declared function per formula."""

from ecoredline.ecosystem import (
    habitat,
    landscape,
    npp_index,
    pattern,
    problems,
    sand,
    soil,
    soil_factors,
    terrain,
    vegetation,
    water,
)

__all__ = [
    "habitat",
    "landscape",
    "npp_index",
    "pattern",
    "problems",
    "sand",
    "soil",
    "soil_factors",
    "terrain",
    "vegetation",
    "water",
]
