"""Template tags of this room: the impact of a case, scores, values."""

from django import template

from ecoredline.web.assessments import impacts
from ecoredline.web.assessments.queries import NO_UNIT, number_label
from ecoredline.web.assessments.spoken import formula_said, spoken
from ecoredline.web.core.permissions import may

register = template.Library()
for words in (spoken, formula_said):
    register.filter(words.__name__, words)
DASH = "—"
FEW_DIGITS = 4


@register.simple_tag
def impact_of(case) -> dict:
    """The newest impact description of a case."""
    return impacts.shown(case)


@register.simple_tag
def may_describe(person, case) -> bool:
    """May this person have the impact described?"""
    return may(person, "impact.describe", case)


@register.filter
def score(value) -> str:
    """A score with one decimal; a dash when there is none."""
    return DASH if value is None else f"{value:.1f}"


@register.filter
def plainly(value) -> str:
    """A number as short as it can be, four decimals at most; a dash when there is none."""
    if value is None or value == "":
        return DASH
    return (
        f"{value:.{FEW_DIGITS}f}".rstrip("0").rstrip(".")
        if isinstance(value, float)
        else str(value)
    )


@register.filter
def unit_of(unit: str) -> str:
    """A unit beside a number; a bare ratio and a code have none to print."""
    return "" if unit in NO_UNIT else unit


@register.filter
def ledger_name(name: str) -> str:
    """A ledger number's name in the page's language."""
    return number_label(name)


@register.filter
def at(mapping, key):
    """A mapping's value at a key; None when it has none."""
    return (mapping or {}).get(str(key))
