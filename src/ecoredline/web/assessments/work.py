"""Numbers of what was done: cases, clues and their answers, duties, patrols; each with its records."""

from collections import defaultdict
from datetime import date

from django.db.models import Q
from django.utils import timezone

from ecoredline.web.accounts.models import Unit
from ecoredline.web.assessments.figures import Figure, Ledger, counted
from ecoredline.web.assessments.places import COUNTY_DIGITS, Place
from ecoredline.web.assessments.projects import put_projects
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue, Dispatch
from ecoredline.web.core import clock
from ecoredline.web.core.models import Stay
from ecoredline.web.plans.models import MonitoringRound, YearTask

DAY_SECONDS = 86_400.0
HANDLED = ("rectifying", "rechecking", "closed")


def put_work(ledger: Ledger, year: int, places: list[Place], kind: str) -> None:
    """Everything of one year for every place."""
    keys = PolygonKeys() if kind == "polygon" else CountyKeys()
    put_cases(ledger, year, places, keys)
    put_answers(ledger, year, places, keys)
    put_stays(ledger, year, places, keys)
    put_duties(ledger, year, places)
    put_patrols(ledger, year, places)
    put_projects(ledger, year, places)
    if kind == "polygon":
        ledger.say("制度落实与巡查按红线斑块所在县（区）计")


class CountyKeys:
    """Which places a case or clue counts for: its county."""

    def of_case(self, row: Case) -> list[str]:
        """The county's code."""
        return [row.division_code[:COUNTY_DIGITS]]

    def of_clue(self, row: Clue) -> list[str]:
        """The county's code."""
        return [row.division_code[:COUNTY_DIGITS]]


class PolygonKeys:
    """Which places a case or clue counts for: the redline polygons of the patches behind it."""

    def __init__(self):
        self.clues: dict[int, set[str]] = defaultdict(set)
        for clue, codes in Clue.objects.exclude(links=None).values_list(
            "pk", "links__patch__redline_ids"
        ):
            self.clues[clue].update(codes or [])
        self.cases: dict[int, set[str]] = defaultdict(set)
        for case, clue in Case.clues.through.objects.values_list("case_id", "clue_id"):
            self.cases[case] |= self.clues[clue]

    def of_case(self, row: Case) -> list[str]:
        """Polygon codes."""
        return sorted(self.cases[row.pk])

    def of_clue(self, row: Clue) -> list[str]:
        """Polygon codes."""
        return sorted(self.clues[row.pk])


def grouped(rows, key) -> dict[str, list]:
    """Rows by place code."""
    found: dict[str, list] = defaultdict(list)
    for row in rows:
        for code in key(row):
            found[code].append(row)
    return found


def put_cases(ledger: Ledger, year: int, places: list[Place], keys) -> None:
    """Problems of the year, dealt with or not; due for closing by the year's end, closed or not.

    Due: open at the year's beginning or opened since, with a date that lies in the year or before.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    opened = Case.objects.filter(opened_on__range=(first, last)).exclude(outcome="merged")
    handled = set(
        opened.filter(Q(state__in=HANDLED) | ~Q(investigations=None)).values_list("pk", flat=True)
    )
    due = Case.objects.filter(due_on__lte=last, opened_on__lte=last).exclude(outcome="merged")
    due = due.filter(Q(closed_on=None) | Q(closed_on__gte=first))
    by_opened = grouped(opened.order_by("pk"), keys.of_case)
    by_due = grouped(due.order_by("pk"), keys.of_case)
    for place in places:
        mine, owed = by_opened.get(place.code, []), by_due.get(place.code, [])
        done = [c for c in owed if c.closed_on and c.closed_on <= last and c.state == "closed"]
        numbers = {
            "cases": mine, "cases_handled": [c for c in mine if c.pk in handled],
            "cases_due": owed, "cases_closed": done,
        }  # fmt: skip
        for name, rows in numbers.items():
            ledger.put(place.code, year, name, counted((c.number for c in rows), "问题台账"))


def put_answers(ledger: Ledger, year: int, places: list[Place], keys) -> None:
    """Clues whose answer by a county fell due in the year, and those answered in time."""
    rows = Dispatch.objects.filter(due_on__year=year, to_unit__level="county")
    rows = rows.filter(due_on__lte=clock.today()) | rows.exclude(ended_at=None)
    rows = rows.exclude(ended_how__in=("declined", "reassigned")).select_related("clue")
    found = grouped(rows.order_by("pk"), lambda d: keys.of_clue(d.clue))
    for place in places:
        mine = found.get(place.code, [])
        late = {d.clue.number for d in mine if not in_time(d)}
        all_of = {d.clue.number for d in mine}
        for whole, part in (("replies_due", "replies_on_time"), ("clues", "clues_checked")):
            ledger.put(place.code, year, whole, counted(all_of, "线索下发记录"))
            ledger.put(place.code, year, part, counted(all_of - late, "线索下发记录"))


def in_time(row: Dispatch) -> bool:
    """Was it answered by its date?"""
    return (
        row.ended_how == "submitted" and row.ended_at is not None
        and timezone.localdate(row.ended_at) <= row.due_on
    )  # fmt: skip


def put_stays(ledger: Ledger, year: int, places: list[Place], keys) -> None:
    """Mean days a clue stood with a county for verification, of those that left in the year."""
    stays = Stay.objects.filter(
        subject_kind="clue", state="dispatched", level="county", left_at__year=year
    ).order_by("pk")
    days: dict[int, float] = defaultdict(float)
    for key, entered, left in stays.values_list("subject_id", "entered_at", "left_at"):
        days[key] += (left - entered).total_seconds() / DAY_SECONDS
    found = grouped(Clue.objects.filter(pk__in=days).order_by("pk"), keys.of_clue)
    for place in places:
        parts = {c.number: days[c.pk] for c in found.get(place.code, [])}
        if parts:
            mean = round(sum(parts.values()) / len(parts), 4)
            ledger.put(place.code, year, "response_days", Figure(mean, "停留记录", parts))


def put_duties(ledger: Ledger, year: int, places: list[Place]) -> None:
    """Tasks of the counties' units that fall due in the year; nothing where no year was made."""
    tasks = YearTask.objects.filter(due_on__year=year, unit__level="county").filter(due_or_done())
    tasks = tasks.select_related("unit")
    found: dict[str, list] = defaultdict(list)
    for task in tasks:
        found[task.unit.division_code].append(task)
    for place in places:
        mine = [t for c in place.counties for t in found.get(c, [])]
        if mine:
            done = [t for t in mine if t.done_on]
            ledger.put(place.code, year, "duties", counted(map(task_ref, mine), "年度日历"))
            ledger.put(place.code, year, "duties_done", counted(map(task_ref, done), "年度日历"))


def due_or_done() -> Q:
    """What may be counted in a year that still runs: nothing that has time left and is not done."""
    return Q(due_on__lte=clock.today()) | Q(done_on__isnull=False)


def task_ref(task: YearTask) -> str:
    """A task's name in a list of references."""
    return f"task-{task.pk}"


def put_patrols(ledger: Ledger, year: int, places: list[Place]) -> None:
    """Monitoring rounds due in the year of the county's own plans and of those above it."""
    rounds = MonitoringRound.objects.filter(due_on__year=year).filter(due_or_done())
    rounds = list(rounds.select_related("plan"))
    units = dict(Unit.objects.values_list("pk", "division_code"))
    for place in places:
        mine = [
            r for r in rounds if any(c.startswith(units[r.plan.unit_id]) for c in place.counties)
        ]
        if mine:
            done = [r for r in mine if r.done_on and r.done_on.year <= year]
            ledger.put(
                place.code, year, "patrols_planned", counted(map(round_ref, mine), "监测计划")
            )
            ledger.put(place.code, year, "patrols_done", counted(map(round_ref, done), "监测计划"))


def round_ref(row: MonitoringRound) -> str:
    """A round's name in a list of references."""
    return f"round-{row.pk}"
