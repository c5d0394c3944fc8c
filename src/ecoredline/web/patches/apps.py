"""Runs and patches."""

from django.apps import AppConfig


class PatchesConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.patches"
    label = "patches"
    verbose_name = "图斑"
