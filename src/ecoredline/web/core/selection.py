"""A selection that is read from the query string: the same for page, list, counts and file."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Self
from urllib.parse import urlencode

from ecoredline.web.core.problems import BadFilter

TEXT_LIMIT, NUMBER_DIGITS, COUNTY_DIGITS = 100, 9, 6
YES = "1"


class Selection:
    """Base of frozen dataclasses of text fields; every empty value selects all."""

    @classmethod
    def read(cls, query) -> Self:
        """From a query string; raises `BadFilter` (422.3) with all faults."""
        found = cls(**{f.name: query.get(f.name, "").strip() for f in fields(cls)})
        if faults := found.faults():
            raise BadFilter(*faults)
        return found

    def faults(self) -> list[str]:
        """What cannot be read, one sentence each; nothing unless a selection says what it wants."""
        return []

    @property
    def query(self) -> str:
        """The same as a query string, without what is empty."""
        return self.without()

    @property
    def is_set(self) -> bool:
        """Does it leave anything out?"""
        return any(value for name, value in asdict(self).items() if name != "sort")

    def without(self, *names: str) -> str:
        """The query string without some of its parts: what a link that sets them begins with."""
        return urlencode({k: v for k, v in asdict(self).items() if v and k not in names})

    def as_dict(self) -> dict[str, str]:
        """For templates."""
        return asdict(self)

    def unknown(self, wanted: Mapping) -> list[str]:
        """A sentence for each field whose value is not among the wanted ones."""
        return [
            f"{name}={getattr(self, name)!r}: {', '.join(known)}"
            for name, known in wanted.items()
            if getattr(self, name) and getattr(self, name) not in known
        ]

    def not_numbers(self, *names: str) -> list[str]:
        """A sentence for each field that is no whole number a database can hold."""
        return [
            f"{name}={getattr(self, name)!r}: digits"
            for name in names
            if getattr(self, name) and not digits(getattr(self, name), NUMBER_DIGITS)
        ]

    def too_long(self, *names: str) -> list[str]:
        """A sentence for each text that is too long to be sought or holds a NUL."""
        texts = {name: getattr(self, name) for name in names}
        return [
            f"{name} ≤ {TEXT_LIMIT}"
            for name, text in texts.items()
            if len(text) > TEXT_LIMIT or "\0" in text
        ]

    def bad_sort(self, sorts) -> list[str]:
        """A sentence when the order is none of these, with or without a minus before it."""
        if not self.sort or self.sort.removeprefix("-") in sorts:
            return []
        return [f"sort={self.sort!r}: {', '.join(sorts)}"]


def digits(value: str, most: int) -> bool:
    """Only ASCII digits, not too many.

    >>> digits("51", 6), digits("五一", 6)
    (True, False)
    """
    return value.isascii() and value.isdigit() and len(value) <= most
