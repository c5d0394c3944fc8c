"""Predicates about people that the other apps' rules use, and this app's own rules."""


def has_role(*roles: str):
    """A predicate: the person has one of these roles and a unit."""

    def holds(person, thing) -> bool:
        return person.unit_id is not None and person.role in roles

    return holds


def anyone_with_a_unit(person, thing) -> bool:
    """A predicate: the person belongs to a unit."""
    return person.unit_id is not None


RULES = {"person.manage": [has_role("administrator")]}
