"""Supervisory measures, referrals, reports upward."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.measures"
    label = "measures"
    verbose_name = "督办与移送"
