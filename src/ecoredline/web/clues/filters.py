"""One selection of clues for the list, its counts and its file: read from the query string."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ecoredline.codes import code_list
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import CluePatch
from ecoredline.web.core import clock
from ecoredline.web.core.selection import COUNTY_DIGITS, YES, Selection

SORTS = {
    "number": "number", "county": "division_code", "area": "redline_area_ha", "due": "due_on",
    "entered": "entered_at",
}  # fmt: skip
DEFAULT_SORT = "-number"
DONE = ("confirmed", "cleared", "merged", "withdrawn")
WAITING_ON_HOLDER = ("dispatched", "submitted")
TEXTS = ("place", "county", "township", "description", "remark", "source_detail")
TURNS = ("mine", "below", "raised")


@dataclass(frozen=True)
class ClueFilter(Selection):
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

    def faults(self) -> list[str]:
        """What cannot be read, one sentence each."""
        wanted = {
            "state": CLUE_LIFECYCLE.states, "turn": TURNS, "source": code_list("clue_sources"),
            "overdue": (YES,),
        }  # fmt: skip
        found = [*self.unknown(wanted), *self.not_numbers("holder", "county", "year")]
        return [*found, *self.too_long("q"), *self.bad_sort(SORTS)]

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
            found &= Q(division_code__startswith=self.county[:COUNTY_DIGITS])
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
