"""Data quality in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [MenuItem(62, "delivery_list", _("质检"), "delivery.view", ("delivery_new", "delivery"))]
