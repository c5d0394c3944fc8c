"""The ledgers in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        75, "ledger_list", _("台账"), "ledger.view",
        ("ledger", "ledger_row", "ledger_row_new", "ledger_row_change", "ledger_row_end",
         "ledger_import", "ledger_import_book", "ledger_mappings", "ledger_mapping_new", "ledger_baseline",
         "division_list", "division_load"),
    )
]  # fmt: skip
