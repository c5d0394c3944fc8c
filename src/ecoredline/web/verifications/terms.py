"""Dated data of verification: terms, and the checklist that a verdict and an activity ask for."""

from dataclasses import dataclass
from datetime import date

from ecoredline.codes import code_list
from ecoredline.web.core.templatetags.ecoredline import language


def in_force(row: dict, day: date) -> bool:
    """Is a dated row valid on a day?"""
    until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
    return date.fromisoformat(row["valid_from"]) <= day <= until


def term(code: str, day: date) -> float:
    """A number of `codes/verification_terms` in force on a day.

    >>> term("correction_days", date(2026, 3, 1))
    10.0
    """
    row = code_list("verification_terms")[code]
    if not in_force(row, day):
        raise LookupError(f"no value of {code} in force on {day}")
    return float(row["value"])


@dataclass(frozen=True)
class CheckItem:
    """One line of the checklist: photographs, documents, or an answer (yes or no)."""

    code: str
    label: str
    kind: str  # photo, document, answer
    methods: tuple[str, ...]  # desk, field; none: both
    activities: tuple[str, ...]  # none: all
    verdicts: tuple[str, ...]  # none: all
    min_count: int
    position: str  # inside, near or blank
    min_bearings: int

    def fits(self, *, method: str, activity: str, verdict: str) -> bool:
        """Is it asked for? What is not yet known excludes nothing but verdict-bound items."""
        return (
            (not self.methods or method in self.methods)
            and (not self.activities or activity in self.activities)
            and (not self.verdicts or verdict in self.verdicts)
        )


def check_items(day: date) -> list[CheckItem]:
    """The whole checklist in force on a day, in its order."""
    return [read(code, row) for code, row in code_list("check_items").items() if in_force(row, day)]


def read(code: str, row: dict) -> CheckItem:
    """A row of `codes/check_items`."""
    several = {
        name: tuple(filter(None, row[name].split(";")))
        for name in ("methods", "activities", "verdicts")
    }
    return CheckItem(
        code=code, label=row[language()], kind=row["kind"], min_count=int(row["min_count"] or 0),
        position=row["position"], min_bearings=int(row["min_bearings"] or 0), **several,
    )  # fmt: skip


def items_for(verification, day: date) -> list[CheckItem]:
    """What this verification's method, activity and verdict ask for."""
    activity = verification.activity_type or verification.clue.activity_type
    asked = {"method": verification.kind, "activity": activity, "verdict": verification.verdict}
    return [item for item in check_items(day) if item.fits(**asked)]
