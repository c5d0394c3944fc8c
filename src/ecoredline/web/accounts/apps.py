"""People, units, roles and who sees what."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.accounts"
    label = "accounts"
    verbose_name = "人员与单位"
