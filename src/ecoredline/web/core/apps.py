"""The ground every other app stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.core"
    label = "core"
    verbose_name = "核心"
