"""Layers of the one map that other apps bring: `map_layers.py` of an app holds LAYERS, as `menu.py` holds MENU."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.web.core.permissions import may
from ecoredline.web.core.taking_out import levels_of
from ecoredline.web.core.templatetags.ecoredline import language

ANY_NUMBER = 0
PROBLEMS = _("问题")


@dataclass(frozen=True)
class MapLayer:
    """A vector layer: its rows for a person, the columns its tiles carry, how states are drawn.

    `states` are code → label; the style sheet map.css has a colour `--<name>-<state>` for each.
    With `points` a row without an outline is drawn at its lon, lat. Layers of one `group` stand
    together in the legend. The security level beside its name is the catalogue's for its dataset;
    what `is_sensitive` is so whatever the catalogue says of the rest.
    """

    name: str
    label: object  # a lazy translation
    rows: Callable
    columns: tuple[str, ...]
    title: str  # the column that names a feature
    url_name: str
    states: dict
    permission: str = ""
    numbers: tuple[str, ...] = ()
    points: bool = False
    group: object = PROBLEMS
    is_sensitive: bool = False
    dataset: str = "ledgers"  # codes/datasets


@cache
def all_layers() -> dict[str, MapLayer]:
    """Every app's layers by name, in the order of the apps."""
    found: dict[str, MapLayer] = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.map_layers"
        if config.name.startswith("ecoredline.") and find_spec(name):
            found |= {layer.name: layer for layer in import_module(name).LAYERS}
    return found


def layers_for(person) -> list[MapLayer]:
    """The layers a person may see."""
    return [x for x in all_layers().values() if not x.permission or may(person, x.permission)]


def configs_for(person, tile_url: Callable) -> list[dict]:
    """What the map's script needs to know of them."""
    layers = layers_for(person)
    levels = levels_of(*{layer.dataset for layer in layers})
    return [
        {
            "name": layer.name, "label": str(layer.label), "title": layer.title,
            "group": str(layer.group),
            "level": sensitive() if layer.is_sensitive else levels[layer.dataset],
            "url": tile_url("map_tile", layer.name), "page": reverse(layer.url_name, args=[ANY_NUMBER]),
            "states": {code: str(label) for code, label in layer.states.items()},
        }
        for layer in layers
    ]  # fmt: skip


def sensitive() -> dict[str, str]:
    """The level of what is sensitive by its kind."""
    return {"code": "sensitive", "word": code_list("security_levels")["sensitive"][language()]}
