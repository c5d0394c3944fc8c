"""Cases in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        50, "case_list", _("问题"), "case.view",
        ("case", "case_open", "case_hand_over", "case_department", "case_push", "case_investigate",
         "case_describe", "case_import", "case_add_clue", "case_extend", "case_remind", "case_reply", "case_plan",
         "case_progress", "item_finish", "item_cancel", "item_extend", "case_request_closing",
         "case_recheck", "case_send_back", "case_close", "case_strike_off", "case_reopen",
         "case_keep_closed", "case_observe"),
    )
]  # fmt: skip
