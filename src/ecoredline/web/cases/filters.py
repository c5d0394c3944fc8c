"""One selection of cases for the list, its counts and its files: read from the query string."""

from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE, OPEN
from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.core.selection import COUNTY_DIGITS, YES, Selection

SORTS = {
    "number": "number", "county": "division_code", "area": "redline_area_ha", "due": "due_on",
    "entered": "entered_at", "risk": "risk",
}  # fmt: skip
DEFAULT_SORT = "-number"
RISKS = ("proposed", "high", "some")
HIGH_RISK = 40


@dataclass(frozen=True)
class CaseFilter(Selection):
    """What of the cases is selected; every empty value selects all.

    `turn` is mine (waits for my unit), below or raised (of my unit); `risk` is proposed
    (reopening is proposed), high or some.
    """

    state: str = ""
    turn: str = ""
    holder: str = ""
    county: str = ""
    year: str = ""
    outcome: str = ""
    overdue: str = ""
    risk: str = ""
    q: str = ""
    sort: str = ""

    def faults(self) -> list[str]:
        """What cannot be read, one sentence each."""
        wanted = {
            "state": (*CASE_LIFECYCLE.states, "open"), "turn": ("mine", "below", "raised"),
            "outcome": Case.Outcome.values, "overdue": (YES,), "risk": RISKS,
        }  # fmt: skip
        found = [*self.unknown(wanted), *self.not_numbers("holder", "county", "year")]
        if len(self.year) > len("2026"):
            found.append(f"year={self.year!r}: 2026")
        return [*found, *self.too_long("q"), *self.bad_sort(SORTS)]

    def condition(self, person) -> Q:
        """The selection as a condition on cases."""
        found = self.place_condition(person)
        if self.state:
            found &= Q(state__in=OPEN) if self.state == "open" else Q(state=self.state)
        if self.year:
            found &= Q(year=int(self.year))
        if self.outcome:
            found &= Q(outcome=self.outcome)
        if self.overdue:
            found &= Q(state__in=OPEN, due_on__lt=clock.today())
        if self.risk == "proposed":
            found &= Q(
                observations__proposes_reopening=True, observations__decided="", state="closed"
            )
        elif self.risk:
            found &= Q(risk__gte=HIGH_RISK) if self.risk == "high" else Q(risk__gt=0)
        if self.q:
            asked = Q(clues__number=self.q) | Q(clues__links__patch__patch_id=self.q)
            for name in ("number", "county", "township", "responsible", "description", "remark"):
                asked |= Q(**{f"{name}__icontains": self.q})
            found &= asked
        return found

    def place_condition(self, person) -> Q:
        """Whose turn, and where."""
        found, unit = Q(), person.unit
        if self.turn == "mine":
            found &= Q(holder=unit.pk, state__in=OPEN)
        if self.turn == "raised":
            found &= Q(owner=unit.pk)
        if self.turn == "below":
            found &= Q(holder__division_code__startswith=unit.division_code, state__in=OPEN)
            found &= ~Q(holder=unit.pk)
        if self.holder:
            found &= Q(holder=int(self.holder))
        if self.county:
            found &= Q(division_code__startswith=self.county[:COUNTY_DIGITS])
        return found

    def apply(self, cases: QuerySet, person) -> QuerySet:
        """The selected cases in the selected order; equal ones newest first."""
        chosen = self.sort or DEFAULT_SORT
        field = F(SORTS[chosen.removeprefix("-")])
        down = chosen.startswith("-")
        first = field.desc(nulls_last=True) if down else field.asc(nulls_last=True)
        found = cases.filter(self.condition(person))
        if self.q or self.risk == "proposed":  # joins: a case once
            found = cases.filter(pk__in=found.order_by().values("pk"))
        return found.order_by(first, "-pk")

    def words(self) -> str:
        """The selection in words, for the line under an extract's title; always Chinese."""
        said = []
        if self.county:
            names = Case.objects.filter(division_code=self.county).values_list("county", flat=True)
            said.append(names.first() or self.county)
        if self.holder:
            named = Unit.objects.filter(pk=int(self.holder)).first()
            said.append(f"办理单位为{named or self.holder}")
        said += [f"{self.year}年度"] if self.year else []
        states = {**STATES_ZH, "open": "未销号"}
        said += [states[self.state]] if self.state else []
        said += [OUTCOMES_ZH[self.outcome]] if self.outcome else []
        turns = {"mine": "待本单位办理", "below": "下级办理中", "raised": "本单位立案"}
        said += [turns[self.turn]] if self.turn else []
        said += ["已逾期"] if self.overdue else []
        risks = {"proposed": "建议重新立案", "high": "反弹风险高", "some": "有反弹风险"}
        said += [risks[self.risk]] if self.risk else []
        said += [f"含“{self.q}”"] if self.q else []
        return "、".join(said)


STATES_ZH = {
    "opened": "已立案", "handed_over": "已移交查处", "rectifying": "整改中",
    "rechecking": "待复核", "closed": "已销号",
}  # fmt: skip
OUTCOMES_ZH = {
    "rectified": "整改完成", "lawful": "合法合规", "not_ours": "不属本辖区或红线外",
    "merged": "并入其他问题",
}  # fmt: skip
