"""What proposes a supervisory measure, one function a rule; days and counts are `codes/measure_rules`.

Each gives (case, clue, unit whose measure it would be, unit it is towards, why). Reads only.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, F, Max, Q

from ecoredline.codes import code_list
from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.measures.models import SupervisoryMeasure

OPEN_CASES = ("handed_over", "rectifying")
OPEN_CLUES = ("dispatched",)
Kind = SupervisoryMeasure.Kind


class Finding(NamedTuple):
    """One thing a rule found."""

    case: Case | None
    clue: Clue | None
    unit: Unit
    towards: Unit
    kind: str
    because: str


def rule(code: str) -> dict:
    """The rule's row, numbers as integers."""
    row = dict(code_list("measure_rules")[code])
    return row | {name: int(row[name]) if row[name] else 0 for name in ("days", "count")}


def is_in_force(code: str, day: date) -> bool:
    """Is the rule valid on that day?"""
    return date.fromisoformat(code_list("measure_rules")[code]["valid_from"]) <= day


def of_case(case: Case, kind: str, because: str) -> Finding:
    """A finding about a case, towards whoever has it."""
    return Finding(case, None, case.owner, case.holder, kind, because)


def verify_overdue(day: date) -> Iterator[Finding]:
    """Clues whose reply is late."""
    chosen = rule("verify_overdue")
    late = Clue.objects.filter(
        state__in=OPEN_CLUES, due_on__lt=day - timedelta(days=chosen["days"])
    ).exclude(holder=F("owner"))
    for clue in late.select_related("owner", "holder"):
        days = (day - clue.due_on).days
        because = f"线索 {clue.number} 应于 {clue.due_on} 反馈，已逾期 {days} 天"
        yield Finding(None, clue, clue.owner, clue.holder, chosen["kind"], because)


def rectify_overdue(day: date) -> Iterator[Finding]:
    """Cases whose rectification is late and that no measure has been taken about since."""
    chosen = rule("rectify_overdue")
    late = Case.objects.filter(
        state__in=OPEN_CASES, due_on__lt=day - timedelta(days=chosen["days"])
    ).exclude(measures__taken_on__gte=F("due_on"))
    for case in late.select_related("owner", "holder"):
        days = (day - case.due_on).days
        yield of_case(case, chosen["kind"], f"应于 {case.due_on} 完成整改，已逾期 {days} 天")


def rectify_slow(day: date) -> Iterator[Finding]:
    """Cases being rectified of which nothing was heard for long."""
    chosen = rule("rectify_slow")
    since = day - timedelta(days=chosen["days"])
    silent = Case.objects.filter(state="rectifying", entered_at__date__lt=since).annotate(
        last=Max("progress__on")
    )
    quiet = silent.filter(Q(last=None) | Q(last__lt=since))
    for case in quiet.exclude(measures__taken_on__gte=since).select_related("owner", "holder"):
        heard = f"最近进展为 {case.last}" if case.last else "没有任何整改进展"
        yield of_case(case, chosen["kind"], f"{heard}，已超过 {chosen['days']} 天")


def measure_unanswered(day: date) -> Iterator[Finding]:
    """Cases still late some time after the last measure: the next rung of the ladder."""
    chosen = rule("measure_unanswered")
    ladder = code_list("measure_ladder")
    late = Case.objects.filter(state__in=OPEN_CASES, due_on__lt=day, measures__isnull=False)
    for case in late.distinct().select_related("owner", "holder"):
        last = case.measures.order_by("taken_on", "pk").last()
        following = ladder[last.kind]["next"]
        waited = (day - last.taken_on).days
        if last.result_on is None and following and waited > chosen["days"]:
            because = f"{last.taken_on} 已{ladder[last.kind]['zh']}，{waited} 天后仍未完成整改"
            yield of_case(case, following, because)


def faked(day: date) -> Iterator[Finding]:
    """Cases that had to be opened again, or whose closing later images contradict."""
    chosen = rule("faked")
    doubted = Case.objects.filter(
        Q(reopened_count__gte=chosen["count"])
        | Q(observations__proposes_reopening=True, observations__decided="")
    )
    fresh = doubted.exclude(measures__kind__in=(Kind.TALK, Kind.SPECIAL, Kind.CENTRAL)).distinct()
    for case in fresh.select_related("owner", "holder"):
        where = county_of(case) or case.holder
        why = "销号后复查发现问题反弹" if case.reopened_count else "销号后卫星复查与整改结论不符"
        yield Finding(case, None, case.owner, where, chosen["kind"], why)


def county_of(case: Case) -> Unit | None:
    """The county's own unit."""
    return Unit.objects.filter(level="county", division_code=case.division_code).first()


def serious(day: date) -> Iterator[Finding]:
    """Cases of serious damage without a special inspection."""
    chosen = rule("serious")
    open_ones = Case.objects.filter(is_serious=True).exclude(state="closed")
    fresh = open_ones.exclude(measures__kind__in=(Kind.SPECIAL, Kind.CENTRAL))
    for case in fresh.select_related("owner", "holder"):
        because = f"情形严重，涉及红线 {case.redline_area_ha} 公顷"
        yield of_case(case, chosen["kind"], because)


def many_overdue(day: date) -> Iterator[Finding]:
    """Units with many things late at once."""
    chosen = rule("many_overdue")
    found: dict[tuple[int, int], int] = {}
    for model, states in ((Clue, OPEN_CLUES), (Case, OPEN_CASES)):
        late = model.objects.filter(state__in=states, due_on__lt=day).exclude(holder=F("owner"))
        counted = late.order_by().values_list("owner", "holder").annotate(n=Count("pk"))
        for owner, holder, count in counted:
            found[owner, holder] = found.get((owner, holder), 0) + count
    units = Unit.objects.in_bulk({pk for pair in found for pk in pair})
    for (owner, holder), count in found.items():
        if count >= chosen["count"]:
            because = f"{units[holder].name} 有 {count} 件逾期"
            yield Finding(None, None, units[owner], units[holder], chosen["kind"], because)


RULES = {
    "verify_overdue": verify_overdue,
    "rectify_overdue": rectify_overdue,
    "rectify_slow": rectify_slow,
    "measure_unanswered": measure_unanswered,
    "faked": faked,
    "serious": serious,
    "many_overdue": many_overdue,
}
