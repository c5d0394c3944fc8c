"""Which patch comes first, as one number that can be explained: each part with its weight.

priority = w₁ confidence + w₂ min(1, redline area / full area) + w₃ core zone + w₄ learned rank
"""

from django.db.models import Case, ExpressionWrapper, F, FloatField, Value, When
from django.db.models.functions import Cast, Coalesce, Least
from django.utils.translation import gettext as _

from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews.rules import rule

CORE_ZONES = ("core", "core_area", "class_1")
# the columns a run may bring a learned ranking in, where the platform keeps one
RANKS = tuple(f.name for f in Patch._meta.concrete_fields if f.name in ("rerank", "rerank_score"))


def number(value: float) -> Value:
    """A number of the formula."""
    return Value(value, output_field=FloatField())


def expression():
    """The priority in the database's terms."""
    full = number(rule("full_area_ha"))
    area = Least(Cast(F("redline_area_ha"), FloatField()) / full, number(1.0))
    core = Case(When(control_zone__in=CORE_ZONES, then=number(1.0)), default=number(0.0))
    found = (
        number(rule("weight_confidence")) * Coalesce(F("confidence"), number(0.0))
        + number(rule("weight_area")) * area
        + number(rule("weight_core")) * core
    )
    for name in RANKS[:1]:
        found += number(rule("weight_rerank")) * Coalesce(F(name), number(0.0))
    return ExpressionWrapper(found, FloatField())


def explained(patch) -> list[tuple[str, float]]:
    """The parts of a patch's priority, in words and points; they add up to it."""
    area = min(1.0, float(patch.redline_area_ha) / rule("full_area_ha"))
    parts = [
        (_("置信度"), rule("weight_confidence") * (patch.confidence or 0.0)),
        (_("涉及红线面积"), rule("weight_area") * area),
        (_("核心保护区"), rule("weight_core") * (patch.control_zone in CORE_ZONES)),
    ]
    for name in RANKS[:1]:
        parts.append((_("学习排序"), rule("weight_rerank") * (getattr(patch, name) or 0.0)))
    return parts
