"""Inbox and board in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(5, "inbox", _("待办"), "board.inbox"),
    MenuItem(80, "board", _("看板"), "board.view", ("funnel", "board_items", "annual_report")),
]
