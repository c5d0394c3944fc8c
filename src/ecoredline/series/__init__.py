"""Vegetation through the years: season composites from dated images, trends by pixel and by polygon."""

from ecoredline.series.composite import WAYS, composite, growing_season, ndvi_limits
from ecoredline.series.products import greatest_in_group, product_values
from ecoredline.series.run import Dated, season_maps, trend_maps
from ecoredline.series.trend import Trend, trend, trends
from ecoredline.series.zones import zone_trends

__all__ = [
    "WAYS",
    "Dated",
    "Trend",
    "composite",
    "greatest_in_group",
    "growing_season",
    "product_values",
    "ndvi_limits",
    "season_maps",
    "trend",
    "trend_maps",
    "trends",
    "zone_trends",
]
