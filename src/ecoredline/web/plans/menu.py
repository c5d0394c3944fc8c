"""The year and the sites in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        70, "year", _("年度"), "plan.view", ("task_done", "plan_new", "round_done", "pilot_make")
    ),
    MenuItem(71, "site_list", _("点位"), "site.view", ("site",)),
]
