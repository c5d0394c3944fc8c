"""Vegetation through the years: season composites from dated images, trends by pixel and by polygon."""

from ecoredline.series.composite import WAYS, composite, growing_season, ndvi_limits
from ecoredline.series.run import Dated, season_maps, trend_maps
from ecoredline.series.trend import Trend, trend, trends

__all__ = [
    "WAYS",
    "Dated",
    "Trend",
    "composite",
    "growing_season",
    "ndvi_limits",
    "season_maps",
    "trend",
    "trend_maps",
    "trends",
]
