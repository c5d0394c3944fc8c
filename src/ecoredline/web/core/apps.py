"""The ground every other app stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.core"
    label = "core"
    verbose_name = "核心"

    def ready(self):
        """English texts are compiled when they are older than their source."""
        from ecoredline.web.locale import compile_if_older

        compile_if_older()
