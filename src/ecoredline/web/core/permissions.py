"""Who may do what: rules declared by each app, asked in one place.

An app's `permissions.py` holds `RULES`: action code → predicates over (person, thing);
one that holds is enough.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from ecoredline.web.core.problems import NotAllowed


def auditors_and_administrators(person, thing) -> bool:
    """Whoever looks after the records."""
    return person.role in ("auditor", "administrator")


RULES = {"audit.view": [auditors_and_administrators]}


@cache
def all_rules() -> dict:
    """Every app's rules together; an action declared twice is a programming fault."""
    found = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.permissions"
        if config.name.startswith("ecoredline.") and find_spec(name):
            rules = import_module(name).RULES
            if twice := found.keys() & rules.keys():
                raise RuntimeError(f"declared twice: {', '.join(twice)}")
            found.update(rules)
    return found


def may(person, action: str, thing=None) -> bool:
    """May `person` do `action` to `thing`? Nobody who is not logged in or not active may."""
    predicates = all_rules()[action]
    return person.is_active and any(holds(person, thing) for holds in predicates)


def require(person, action: str, thing=None) -> None:
    """Raise `NotAllowed` (403.1) unless `person` may do `action` to `thing`."""
    if not may(person, action, thing):
        raise NotAllowed(action)
