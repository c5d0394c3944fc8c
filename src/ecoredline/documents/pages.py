"""Self-contained pages: templates with automatic escaping, the style inside."""

from functools import cache
from pathlib import Path

import jinja2

from ecoredline.record import DEMO_NOTICE

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["DEMO_NOTICE"] = DEMO_NOTICE
    return made


def render(template: str, **values) -> str:
    """Fill a template; every value is escaped, a missing one is an error.

    >>> "addEventListener" in render("report.js")
    True
    """
    return _environment().get_template(template).render(**values)
