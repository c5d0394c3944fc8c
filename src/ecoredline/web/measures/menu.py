"""Measures in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        60, "measure_list", _("督办"), "measure.view",
        ("measure_new", "measure_result", "referral_new", "referral_tick", "report_new"),
    )
]  # fmt: skip
