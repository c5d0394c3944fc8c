"""Scenes and their tiles."""

from django.apps import AppConfig


class ImageryConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.imagery"
    label = "imagery"
    verbose_name = "影像"
