"""Runs in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(20, "run_list", _("批次"), here=("run",)),
    MenuItem(21, "run_start", _("新建批次"), permission="run.start"),
]
