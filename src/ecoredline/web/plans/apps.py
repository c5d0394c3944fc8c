"""The year's calendar, monitoring plans, and sites over many cycles."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.plans"
    label = "plans"
    verbose_name = "工作计划"
