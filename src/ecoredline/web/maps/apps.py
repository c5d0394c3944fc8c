"""The map page, its layers and its tiles."""

from django.apps import AppConfig


class MapsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.maps"
    label = "maps"
    verbose_name = "一张图"
