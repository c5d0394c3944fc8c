"""Clues in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        40, "clue_list", _("疑似问题"), permission="clue.view",
        here=("clue", "clue_step", "clue_bulk", "clue_consult", "clue_raise", "clue_import",
              "clue_raise_patches", "duplicate_list", "consultation_list", "list_versions",
              "list_version", "list_compare"),
    )
]  # fmt: skip
