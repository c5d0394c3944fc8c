"""Letters: templates an office can change, numbers, receipts, replies."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.letters"
    label = "letters"
    verbose_name = "公文"
