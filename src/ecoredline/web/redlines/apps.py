"""Its place among the apps."""

from django.apps import AppConfig


class RedlinesConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.redlines"
    label = "redlines"
    verbose_name = "红线版本"
