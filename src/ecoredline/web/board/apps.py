"""What waits for whom and where it sticks: inbox, funnel, overdue, annual report."""

from django.apps import AppConfig


class BoardConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.board"
    label = "board"
    verbose_name = "看板"
