"""The map in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [MenuItem(10, "map", _("一张图"), here=("patch",))]
