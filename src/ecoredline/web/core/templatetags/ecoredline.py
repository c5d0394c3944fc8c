"""Template filters: code labels in the page's language, hectares with four decimals."""

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from ecoredline.codes import code_list
from ecoredline.codes.phrases import LIST_MARKS, in_english
from ecoredline.patches.columns import AREA_DECIMALS
from ecoredline.web.core.parts import parts_of

register = template.Library()
DASH = "—"


def language() -> str:
    """`zh` or `en`, by the page's language."""
    return "en" if (get_language() or "").startswith("en") else "zh"


@register.filter
def code_label(code, name: str) -> str:
    """The label of `code` in the list `name`; an unknown code is shown as it is."""
    row = code_list(name).get(str(code or ""))
    return row[language()] if row else str(code or "")


@register.filter
def said(text) -> str:
    """What the computing half says, in the page's language; names and quoted law stay as they are."""
    text = "" if text is None else str(text)
    return in_english(text) if language() == "en" else text


@register.filter
def all_said(texts, mark: str) -> str:
    """Several of them, joined by a mark of the page's language.

    >>> all_said(["甲", "乙"], "；")
    '甲；乙'
    """
    joint = LIST_MARKS[mark] if language() == "en" else mark
    return joint.join(map(said, texts))


@register.filter
def named(thing) -> str:
    """The name of something declared with `zh` and `en`; the Chinese one where it has no other."""
    return getattr(thing, language()) or thing.zh


@register.filter
def code_short(code, name: str) -> str:
    """The short label of `code` where the page's language has one, else its label."""
    short = code_list(name).get(str(code or ""), {}).get(f"short_{language()}", "")
    return short or code_label(code, name)


@register.filter
def hectares(value) -> str:
    """An area with four decimals; a dash when there is none."""
    return DASH if value is None else f"{value:.{AREA_DECIMALS}f}"


@register.filter
def or_dash(value) -> str:
    """The value, or a dash when there is none."""
    return DASH if value is None or value == "" else str(value)


@register.filter
def percent(value) -> str:
    """A share as percent without decimals; a dash when there is none."""
    return DASH if value is None else f"{100 * value:.0f} %"


@register.simple_tag(takes_context=True)
def page_parts(context, kind: str, subject):
    """What apps above add to a page of this kind."""
    return mark_safe(parts_of(context["request"], kind, subject))
