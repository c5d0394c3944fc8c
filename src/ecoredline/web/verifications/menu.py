"""Spot checks in the main navigation; verifying begins in the inbox."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [MenuItem(55, "spot_check_list", _("抽查"), "spot_check.view", ("spot_check",))]
