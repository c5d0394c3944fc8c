"""The card of floors and margins, for any page."""

from django import template

from ecoredline.web.core import clock
from ecoredline.web.redlines.queries import margins, redline_as_of

register = template.Library()


@register.inclusion_tag("redlines/floors.html", takes_context=True)
def redline_floors(context):
    """Floors in the person's divisions, the area in force, the margin between them."""
    person = context["request"].user
    return {"margins": margins(person), "in_force": redline_as_of(), "today": clock.today()}
