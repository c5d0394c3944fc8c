"""The public editions in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        92, "edition_list", _("公开"), "publication.view",
        ("edition", "edition_new", "edition_withdraw"),
    )
]  # fmt: skip
