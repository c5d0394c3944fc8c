"""Reads: what of the year is due, which rounds, which sites."""

from datetime import date, timedelta

from django.db.models import QuerySet

from ecoredline.codes import code_list
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.plans.models import MonitoringPlan, MonitoringRound, Site, YearTask
from ecoredline.web.regions.models import Division

SOON_DAYS = 30
COUNTY_DIGITS = 6


def tasks_for(person, year: int) -> QuerySet[YearTask]:
    """The tasks of the person's unit and of the units below it for a year."""
    seen = scope(person)
    if seen is None:
        return YearTask.objects.none()
    found = YearTask.objects.filter(year=year, unit__division_code__startswith=seen.prefix)
    return found.select_related("unit")


def task_rows(person, year: int) -> list[dict]:
    """Tasks with their names in the page's language, own unit's first, and how they stand."""
    day, rows = clock.today(), []
    for task in tasks_for(person, year):
        facts = code_list("calendar").get(task.code) or code_list("pilot_clock").get(task.code, {})
        rows.append(
            {
                "task": task,
                "name": facts.get(language(), task.code),
                "source": facts.get("source", ""),
                "standing": standing(task.due_on, task.done_on, day),
                "is_own": task.unit_id == person.unit_id,
            }
        )
    return sorted(rows, key=lambda r: (not r["is_own"], r["task"].due_on, r["task"].unit_id))


def standing(due: date, done: date | None, day: date) -> str:
    """`done`, `late` (done after its date), `overdue`, `soon` or `open`.

    >>> standing(date(2026, 3, 31), None, date(2026, 4, 1))
    'overdue'
    """
    if done is not None:
        return "late" if done > due else "done"
    if day > due:
        return "overdue"
    return "soon" if due - day <= timedelta(days=SOON_DAYS) else "open"


def plans_for(person) -> QuerySet[MonitoringPlan]:
    """The monitoring plans that touch the person's divisions."""
    return (
        MonitoringPlan.objects.visible_to(person)
        .select_related("unit")
        .prefetch_related("rounds__run")
    )


def rounds_due(person, day: date | None = None) -> QuerySet[MonitoringRound]:
    """Rounds of the person's own unit that are due and not done."""
    day = day or clock.today()
    found = MonitoringRound.objects.filter(
        plan__unit_id=person.unit_id, done_on=None, due_on__lte=day
    )
    return found.select_related("plan")


def sites_for(person, state: str = "") -> QuerySet[Site]:
    """Sites in the person's divisions."""
    found = Site.objects.visible_to(person)
    return found.filter(state=state) if state else found


def place_names(sites) -> dict[int, str]:
    """The counties each site lies in, by its key."""
    codes = {code for site in sites for code in site.scope_codes if len(code) == COUNTY_DIGITS}
    names = dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
    return {
        site.pk: "、".join(names.get(c, c) for c in site.scope_codes if len(c) == COUNTY_DIGITS)
        for site in sites
    }


def site_for(person, pk: int) -> Site:
    """One site; raises `NotFound` (404.1)."""
    found = sites_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found
