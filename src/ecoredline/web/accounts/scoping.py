"""Who sees what: one scope per person, one method on every query."""

from dataclasses import dataclass

from django.db import models

from ecoredline.web.accounts.models import Person


@dataclass(frozen=True)
class Scope:
    """What a person sees: divisions whose code begins with `prefix`; '' is the whole country.

    `unplaced` tells whether they also see what lies in no known division: only people of a
    top unit (one without a parent) do, and county officers never.
    """

    prefix: str
    unplaced: bool

    def covers(self, codes) -> bool:
        """Do all of these division codes lie inside?"""
        return all(code.startswith(self.prefix) for code in codes)


def scope(person: Person) -> Scope | None:
    """The person's scope; None (nothing at all) without a unit.

    The division code of the unit decides: '' for the ministry, 2, 4 or 6 digits below it.
    """
    if not person.is_active or person.unit_id is None:
        return None
    top = person.unit.parent_id is None and person.role != Person.Role.OFFICER
    return Scope(person.unit.division_code, top)


def prefixes(codes) -> list[str]:
    """Every division that holds one of these: `510422` gives 51, 5104 and 510422.

    >>> prefixes(["510422", "510402"])
    ['51', '5104', '510402', '510422']
    """
    return sorted({code[:n] for code in codes if code for n in (2, 4, 6)})


class SpreadQuerySet(models.QuerySet):
    """Rows that may touch several divisions: `scope_codes` holds all of them with their parents."""

    def visible_to(self, person: Person) -> "SpreadQuerySet":
        """What touches this person's divisions; the rows of no division go to the top unit."""
        seen = scope(person)
        if seen is None:
            return self.none()
        inside = (
            models.Q(scope_codes__contains=[seen.prefix])
            if seen.prefix
            else ~models.Q(scope_codes=[])
        )
        return self.filter(inside | models.Q(scope_codes=[]) if seen.unplaced else inside)
