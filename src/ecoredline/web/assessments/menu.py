"""Assessments and ecology in the main navigation."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.menu import MenuItem

MENU = [
    MenuItem(
        74, "assessment_list", _("成效"), "assessment.view",
        ("assessment", "assessment_start", "assessment_drill", "assessment_unit", "rule_list", "rule",
         "rule_sign", "number_list", "number_upload"),
    ),
    MenuItem(
        75, "ecology", _("生态"), "ecology.view",
        ("ecology_layer", "ecology_county", "ecology_chain", "ecology_add", "drawing_list", "drawing",
         "drawing_new", "drawing_adjust", "ecology_polygons"),
    ),
]  # fmt: skip
