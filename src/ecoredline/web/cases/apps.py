"""Cases 生态破坏问题: opened from confirmed clues, handed over, investigated."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.cases"
    label = "cases"
    verbose_name = "生态破坏问题"
