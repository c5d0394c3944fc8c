"""Divisions, dated redline versions and their polygons, protected areas."""

from django.apps import AppConfig


class RegionsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.regions"
    label = "regions"
    verbose_name = "区域"
