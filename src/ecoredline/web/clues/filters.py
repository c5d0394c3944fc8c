"""One selection of clues for the list, its counts and its file: read from the query string."""

from dataclasses import asdict, dataclass, fields
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ecoredline.codes import code_list
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import CluePatch
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadFilter

SORTS = {
    "number": "number", "county": "division_code", "area": "redline_area_ha", "due": "due_on",
    "entered": "entered_at",
}  # fmt: skip
DEFAULT_SORT = "-number"
TEXT_LIMIT, DIGITS_LIMIT = 100, 6
YES = "1"
DONE = ("confirmed", "cleared", "merged", "withdrawn")
WAITING_ON_HOLDER = ("dispatched", "submitted")
TEXTS = ("place", "county", "township", "description", "remark", "source_detail")
TURNS = ("mine", "below", "raised")


@dataclass(frozen=True)
class ClueFilter:
    """What of the clues is selected; every empty value selects all.

    `turn` is mine (waits for my unit), below (handed down, not back yet) or raised (of my unit).
    """

    state: str = ""
    turn: str = ""
    holder: str = ""
    county: str = ""
    source: str = ""
    year: str = ""
    overdue: str = ""
    q: str = ""
    sort: str = ""

    @classmethod
    def read(cls, query) -> "ClueFilter":
        """From a query string; raises `BadFilter` (422.3) with all faults."""
        found = cls(**{f.name: query.get(f.name, "").strip() for f in fields(cls)})
        if faults := found.faults():
            raise BadFilter(*faults)
        return found

    def faults(self) -> list[str]:
        """What cannot be read, one sentence each."""
        wanted = {
            "state": CLUE_LIFECYCLE.states, "turn": TURNS, "source": code_list("clue_sources"),
            "overdue": (YES,),
        }  # fmt: skip
        found = [
            f"{name}={getattr(self, name)!r}: {', '.join(known)}"
            for name, known in wanted.items()
            if getattr(self, name) and getattr(self, name) not in known
        ]
        for name in ("holder", "county", "year"):
            value = getattr(self, name)
            if value and not (value.isascii() and value.isdigit() and len(value) <= 9):
                found.append(f"{name}={value!r}: digits")
        if len(self.q) > TEXT_LIMIT or "\0" in self.q:
            found.append(f"q ≤ {TEXT_LIMIT}")
        if self.sort.removeprefix("-") not in ("", *SORTS):
            found.append(f"sort={self.sort!r}: {', '.join(SORTS)}")
        return found

    @property
    def query(self) -> str:
        """The same as a query string, without what is empty."""
        return urlencode({k: v for k, v in asdict(self).items() if v})

    def without(self, *names: str) -> str:
        """The query string without some of its parts: what a link that sets them begins with."""
        return urlencode({k: v for k, v in asdict(self).items() if v and k not in names})

    def as_dict(self) -> dict[str, str]:
        """For templates."""
        return asdict(self)

    def condition(self, person) -> Q:
        """The selection as a condition on clues."""
        found = Q()
        if self.state:
            found &= Q(state=self.state)
        if self.turn == "mine":
            found &= Q(holder=person.unit_id) & ~Q(state__in=DONE)
        if self.turn == "raised":
            found &= Q(owner=person.unit_id)
        if self.turn == "below":
            below = Q(holder__division_code__startswith=person.unit.division_code)
            found &= below & ~Q(holder=person.unit_id) & ~Q(state__in=DONE)
        if self.holder:
            found &= Q(holder=int(self.holder))
        if self.county:
            found &= Q(division_code__startswith=self.county[:DIGITS_LIMIT])
        if self.source:
            found &= Q(source=self.source)
        if self.year:
            found &= Q(year=int(self.year))
        if self.overdue:
            found &= Q(state__in=WAITING_ON_HOLDER, due_on__lt=clock.today())
        return found & self.text_condition()

    def text_condition(self) -> Q:
        """What looks like a number is sought among numbers, the clue's, a list's, a patch's; else words."""
        if not self.q:
            return Q()
        if self.q.isascii():
            behind = CluePatch.objects.filter(clue=OuterRef("pk"), patch__patch_id=self.q)
            found = Q(number__contains=self.q.upper()) | Q(list_number__contains=self.q)
            return found | Q(Exists(behind)) | Q(remark__contains=self.q)
        found = Q(list_number__contains=self.q)
        for name in TEXTS:
            found |= Q(**{f"{name}__contains": self.q})
        return found

    def apply(self, clues: QuerySet, person) -> QuerySet:
        """The selected clues in the selected order; equal ones by age."""
        chosen = self.sort or DEFAULT_SORT
        field, down = SORTS[chosen.removeprefix("-")], chosen.startswith("-")
        first = F(field)
        if field == "due_on":  # what has no date comes last either way
            first = first.desc(nulls_last=True) if down else first.asc(nulls_last=True)
        else:
            first = first.desc() if down else first.asc()
        order = (first,) if field == "number" else (first, "-pk")
        return clues.filter(self.condition(person)).order_by(*order)
