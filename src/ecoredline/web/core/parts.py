"""Pieces that apps above bring to pages and filters of apps below: `page_parts.py` of an app, as `menu.py` holds MENU.

It may hold PARTS (kind of page → a function of request and subject that gives HTML) and FILTERS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps


@dataclass(frozen=True)
class MoreFilter:
    """A filter of patches: its name in the address, its choices, and the condition of a choice."""

    name: str
    label: object  # a lazy translation
    choices: dict
    condition: Callable  # of a code: a Q


@cache
def modules() -> tuple:
    """Every app's `page_parts`, in the order of the apps."""
    names = [
        f"{c.name}.page_parts" for c in apps.get_app_configs() if c.name.startswith("ecoredline.")
    ]
    return tuple(import_module(name) for name in names if find_spec(name))


def parts_of(request, kind: str, subject) -> str:
    """What apps add to a page of this kind, as HTML."""
    found = [m.PARTS[kind](request, subject) for m in modules() if kind in getattr(m, "PARTS", {})]
    return "".join(found)


@cache
def more_filters() -> dict[str, MoreFilter]:
    """The filters apps bring, by name."""
    return {f.name: f for m in modules() for f in getattr(m, "FILTERS", ())}
