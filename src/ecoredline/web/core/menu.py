"""The main navigation, declared by each app in its `menu.py`."""

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import reverse

from ecoredline.web.core.permissions import may


@dataclass(frozen=True)
class MenuItem:
    """A link of the main navigation, shown to whoever has `permission` (blank: everybody).

    `here` are the other addresses at which the person is in this room.
    """

    order: int  # along the path: 10 map … 90 office
    url_name: str
    label: object  # a lazy translation
    permission: str = ""
    here: tuple[str, ...] = field(default=())


@cache
def all_items() -> tuple[MenuItem, ...]:
    """Every app's items, in order."""
    found: list[MenuItem] = []
    for config in apps.get_app_configs():
        name = f"{config.name}.menu"
        if config.name.startswith("ecoredline.") and name != __name__ and find_spec(name):
            found += import_module(name).MENU
    return tuple(sorted(found, key=lambda item: item.order))


def menu_for(request, person) -> list[dict]:
    """The links a person sees: {url, label, is_here}."""
    here = request.resolver_match.url_name if request.resolver_match else ""
    return [
        {
            "url": reverse(item.url_name),
            "label": item.label,
            "is_here": here == item.url_name or here in item.here,
        }
        for item in all_items()
        if not item.permission or may(person, item.permission)
    ]
