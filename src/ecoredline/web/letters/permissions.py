"""Who may write, send, receive and answer letters."""

from dataclasses import dataclass

from ecoredline.web.accounts.permissions import Grant, anyone_with_a_unit, has_role, roles_in_words


@dataclass(frozen=True)
class LetterGrant:
    """People of these roles (and levels, when named) of the unit at this side of the letter may.

    `side` is `unit` (who writes) or `to_unit` (who is written to).
    """

    roles: tuple[str, ...]
    side: str
    levels: tuple[str, ...] = ()

    def __call__(self, person, thing) -> bool:
        """Does it hold?"""
        if person.unit_id is None or person.role not in self.roles:
            return False
        if self.levels and person.unit.level not in self.levels:
            return False
        return thing is None or getattr(thing, f"{self.side}_id") == person.unit_id

    @property
    def words(self) -> str:
        """The grant in words."""
        side = {"unit": "of the unit that writes it", "to_unit": "of the unit it is written to"}
        return f"{roles_in_words(self.roles, self.levels)} {side[self.side]}"


writers = [LetterGrant(("supervisor",), "unit"), LetterGrant(("officer",), "unit", ("county",))]
readers = LetterGrant(("supervisor", "officer"), "to_unit")

RULES = {
    "letter.view": [anyone_with_a_unit],
    "letter.draft": [has_role("supervisor"), Grant(("officer",), "anybody", ("county",))],
    "letter.amend": writers,
    "letter.send": writers,
    "letter.receive": [readers],
    "letter.reply": [readers, *writers],  # by log-in, or entered from paper by who wrote
    "letter.void": writers,
    "letter.register": [has_role("supervisor", "officer")],  # what came from outside
    "letter.template": [has_role("supervisor")],
}
