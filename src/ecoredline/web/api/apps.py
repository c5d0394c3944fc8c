"""The same actions and queries for programs."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.api"
    label = "api"
    verbose_name = "接口"
