"""Who may do what, as data: a grant names roles, levels and how the person's unit stands to the thing.

The other apps' rules are lists of grants; the permission matrix in docs and tests is made from them.
"""

from dataclasses import dataclass

from ecoredline.web.accounts.scoping import scope


def sees(person, thing) -> bool:
    """The thing touches the person's divisions."""
    seen = scope(person)
    return seen is not None and (not seen.prefix or seen.prefix in thing.scope_codes)


def holds(person, thing) -> bool:
    """It is the turn of the person's unit."""
    return thing.holder_id == person.unit_id


def owns(person, thing) -> bool:
    """The person's unit raised it and decides on it."""
    return thing.owner_id == person.unit_id


def stands_above(person, thing) -> bool:
    """The person's unit lies above the unit whose turn it is, and the thing touches its divisions."""
    mine, theirs = person.unit.division_code, thing.holder.division_code
    return theirs.startswith(mine) and len(theirs) > len(mine) and sees(person, thing)


RELATIONS = {
    "anybody": lambda person, thing: True,
    "sees": sees,
    "holds": holds,
    "owns": owns,
    "above": stands_above,
}
WORDS = {  # of a relation, for the reference
    "anybody": "",
    "sees": "in their divisions",
    "holds": "while it is their unit's turn",
    "owns": "of their own unit",
    "above": "held by a unit below theirs",
}


def roles_in_words(roles: tuple[str, ...], levels: tuple[str, ...]) -> str:
    """Roles with the levels they are limited to.

    >>> roles_in_words(("officer",), ("county",))
    'officer (county)'
    """
    return ", ".join(roles) + (f" ({', '.join(levels)})" if levels else "")


@dataclass(frozen=True)
class Grant:
    """People of these roles (and levels, when named) may, when their unit stands so to the thing.

    Asked without a thing it answers for the role alone, which is what a menu needs.
    """

    roles: tuple[str, ...]
    relation: str = "sees"
    levels: tuple[str, ...] = ()

    def __call__(self, person, thing) -> bool:
        """Does it hold?"""
        if person.unit_id is None or person.role not in self.roles:
            return False
        if self.levels and person.unit.level not in self.levels:
            return False
        return thing is None or RELATIONS[self.relation](person, thing)

    @property
    def words(self) -> str:
        """The grant in words.

        >>> Grant(("supervisor",), "owns").words
        'supervisor of their own unit'
        """
        return f"{roles_in_words(self.roles, self.levels)} {WORDS[self.relation]}".strip()


def has_role(*roles: str) -> Grant:
    """The person has one of these roles and a unit."""
    return Grant(roles, "anybody")


def anyone_with_a_unit(person, thing) -> bool:
    """A predicate: the person belongs to a unit."""
    return person.unit_id is not None


RULES = {"person.manage": [has_role("administrator")]}
