"""The redline's versions in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        12, "redline_list", _("红线"), "redline.view",
        ("redline", "redline_new", "redline_reading", "redline_approval", "redline_refuse", "floor_new", "protected_new",
         "redline_recompute", "marker_list", "marker", "marker_import", "marker_patrol"),
    )
]  # fmt: skip
