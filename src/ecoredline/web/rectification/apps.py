"""Rectification, recheck, closing 销号, and the proof after closing."""

from django.apps import AppConfig


class RectificationConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.rectification"
    label = "rectification"
    verbose_name = "整改与销号"
