"""The data catalogue in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [MenuItem(64, "dataset_list", _("数据"), "data.view", ("dataset_edit",))]
