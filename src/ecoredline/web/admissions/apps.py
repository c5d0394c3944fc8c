"""Admission checks before the damage is done."""

from django.apps import AppConfig


class AdmissionsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.admissions"
    label = "admissions"
    verbose_name = "准入核查"
