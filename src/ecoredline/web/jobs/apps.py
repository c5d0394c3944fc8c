"""Background work: what runs, how far it is, how it is stopped."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.jobs"
    label = "jobs"
    verbose_name = "后台任务"
