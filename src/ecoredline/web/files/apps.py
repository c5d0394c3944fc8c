"""Attachments: originals kept as they came, known by their hash."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.files"
    label = "files"
    verbose_name = "附件"
