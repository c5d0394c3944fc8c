"""Protection effectiveness, ecology layers, delineation, impact of cases."""

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.assessments"
    label = "assessments"
    verbose_name = "成效评估"
