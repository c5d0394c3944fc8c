"""Data-quality checks of what units hand in."""

from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.deliveries"
    label = "deliveries"
    verbose_name = "数据质检"
