"""Its place among the apps."""

from django.apps import AppConfig


class PublicationsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.publications"
    label = "publications"
    verbose_name = "公开"
