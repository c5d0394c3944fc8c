"""Its place among the apps."""

from django.apps import AppConfig


class LedgersConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.ledgers"
    label = "ledgers"
    verbose_name = "台账"
