"""Admission checks in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

HERE = (
    "admission_new", "admission", "admission_request", "admission_rules", "admission_rule",
    "admission_layers", "admission_layer_state", "admission_matches", "admission_approve",
)  # fmt: skip
MENU = [MenuItem(60, "admission_list", _("准入"), "admission.view", HERE)]
