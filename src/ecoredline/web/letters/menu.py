"""The register in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        75, "letter_list", _("公文"), "letter.view",
        ("letter", "letter_kinds", "letter_new", "letter_edit", "letter_templates", "letter_template",
         "incoming_list", "incoming_new", "incoming_letter"),
    )
]  # fmt: skip
