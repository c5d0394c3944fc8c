"""Reads of the register, each limited to what the person may see."""

from dataclasses import dataclass, fields
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from ecoredline.codes import code_list
from ecoredline.web.accounts.models import Unit
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import may
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.letters.models import Letter

WAITING = (Letter.State.SENT, Letter.State.RECEIVED)
DUE = ("open", "overdue", "soon")
SOON_DAYS = 7
SIDES = ("in", "out")


@dataclass(frozen=True)
class LetterFilter:
    """A selection of the register, read from the address."""

    kind: str = ""
    state: str = ""
    year: str = ""
    due: str = ""
    side: str = ""
    q: str = ""

    @classmethod
    def read(cls, params) -> "LetterFilter":
        """The filter of an address; raises `BadFilter` (422.3) for a value that cannot be."""
        found = cls(**{f.name: params.get(f.name, "").strip()[:100] for f in fields(cls)})
        known = {
            "kind": code_list("letter_kinds"), "state": Letter.State.values, "due": DUE, "side": SIDES,
        }  # fmt: skip
        strange = [
            f"{n}={getattr(found, n)!r}"
            for n, codes in known.items()
            if getattr(found, n) and getattr(found, n) not in codes
        ]
        if found.year and not (
            found.year.isascii() and found.year.isdigit() and len(found.year) == 4
        ):
            strange.append(f"year={found.year!r}")
        if strange:
            raise BadFilter(*strange)
        return found

    @property
    def query(self) -> str:
        """The filter as an address again."""
        return urlencode(
            {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}
        )

    def apply(self, letters: QuerySet, unit: Unit) -> QuerySet:
        """The selection."""
        exact = {"kind": self.kind, "state": self.state, "year": self.year}
        letters = letters.filter(**{name: value for name, value in exact.items() if value})
        if self.side:
            letters = letters.filter(**{"to_unit" if self.side == "in" else "unit": unit})
        if self.due:
            letters = letters.filter(due_in(self.due))
        if self.q:
            named = Q(number__icontains=self.q) | Q(title__icontains=self.q)
            letters = letters.filter(named | Q(addressee__icontains=self.q))
        return letters


def due_in(how: str) -> Q:
    """Letters whose reply is still open, overdue, or due within a week."""
    today = clock.today()
    waiting = Q(state__in=WAITING, reply_by__isnull=False)
    if how == "overdue":
        return waiting & Q(reply_by__lt=today)
    if how == "soon":
        return waiting & Q(
            reply_by__gte=today, reply_by__lte=today.fromordinal(today.toordinal() + SOON_DAYS)
        )
    return waiting


def letters_for(person, chosen: LetterFilter | None = None) -> QuerySet[Letter]:
    """The letters the person may see, newest first."""
    found = Letter.objects.visible_to(person).select_related("unit", "to_unit")
    return chosen.apply(found, person.unit) if chosen else found


def letter_for(person, pk: int) -> Letter:
    """One letter; raises `NotFound` (404.1) when there is none the person may see."""
    found = (
        letters_for(person).select_related("template", "by", "received_by").filter(pk=pk).first()
    )
    if found is None:
        raise NotFound()
    return found


def letters_about(person, subject_kind: str, subject_id: int) -> QuerySet[Letter]:
    """The letters about a clue or case that the person may see, oldest first."""
    found = letters_for(person).filter(
        subject_kind=subject_kind, subject_ids__contains=[subject_id]
    )
    return found.order_by("created_at", "pk")


def steps_of(person, letter: Letter) -> set[str]:
    """What the person may do with a letter now: amend, send, receive, reply, void."""
    state = Letter.State
    allowed = {
        state.DRAFT: ("amend", "send", "void"), state.SENT: ("receive", "reply", "void"),
        state.RECEIVED: ("reply", "void"), state.REPLIED: ("reply",), state.VOID: (),
    }  # fmt: skip
    return {step for step in allowed[letter.state] if may(person, f"letter.{step}", letter)}


def recipients(person) -> QuerySet[Unit]:
    """The units a letter of the person's unit can go to: those below it and those above."""
    code = person.unit.division_code
    above = [code[:n] for n in range(len(code))]
    units = Unit.objects.filter(Q(division_code__startswith=code) | Q(division_code__in=above))
    return units.exclude(pk=person.unit_id).order_by("division_code", "pk")
