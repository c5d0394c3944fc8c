"""Clues 疑似问题: where they come from, duplicates, consultation, lists, dispatch."""

from django.apps import AppConfig


class CluesConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.clues"
    label = "clues"
    verbose_name = "疑似问题线索"
