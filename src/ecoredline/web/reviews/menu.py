"""The review in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        30,
        "review_queue",
        _("图斑审核"),
        permission="review.work",
        here=(
            "review",
            "review_bulk",
            "review_counts",
            "blind_shares",
            "sightings",
            "audits",
            "audit",
        ),
    )
]
