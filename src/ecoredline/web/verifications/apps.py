"""What the county found on the ground, and how the levels above check it."""

from django.apps import AppConfig


class VerificationsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.verifications"
    label = "verifications"
    verbose_name = "核实"
