"""Writes: the year's tasks from the dated calendar, monitoring plans and their rounds."""

from calendar import monthrange
from datetime import date

import shapely
from django.db import transaction

from ecoredline.codes import code_list
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotAllowed, StepNotAllowed
from ecoredline.web.plans.models import MonitoringPlan, MonitoringRound, YearTask
from ecoredline.web.plans.sites import as_shapely
from ecoredline.web.regions.actions import hectares

MONTHS_A_YEAR = 12


def due_dates(level: str, year: int) -> list[tuple[str, date]]:
    """The tasks of a level for the supervised `year`, from the rows valid on their day.

    >>> dict(due_dates("city", 2026))["suspected_list"]
    datetime.date(2027, 3, 31)
    """
    found = []
    for code, row in code_list("calendar").items():
        if level not in row["levels"].split():
            continue
        due = date(year + int(row["year_offset"]), int(row["month"]), int(row["day"]))
        if row["valid_from"] <= due.isoformat() and due.isoformat() <= (row["valid_to"] or "9999"):
            found.append((code, due))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


@transaction.atomic
def make_year(unit, year: int, *, by=None) -> list[YearTask]:
    """Make the unit's tasks for a year; those that are there stay as they are."""
    if by is not None:
        require_own(by, unit)
    made = [
        YearTask.objects.get_or_create(unit=unit, year=year, code=code, defaults={"due_on": due})[0]
        for code, due in due_dates(unit.level, year)
    ]
    if by is not None:
        note("plan.year", f"unit {unit.pk}", by=by, year=year)
    return made


@transaction.atomic
def make_pilot(unit, finished_on: date, *, by) -> list[YearTask]:
    """The pilot's T0 clock: tasks 1, 2, 3 and 12 months after the evaluation-adjustment was finished."""
    require_own(by, unit)
    found = []
    for code, row in code_list("pilot_clock").items():
        due = months_later(finished_on, int(row["months"]))
        task, _ = YearTask.objects.get_or_create(
            unit=unit, year=finished_on.year, code=code, defaults={"due_on": due}
        )
        if task.due_on != due:
            if task.done_on is not None:
                raise StepNotAllowed(f"{row['zh']} {task.done_on}")
            note("plan.redate", f"task {task.pk}", by=by, was=str(task.due_on), now=str(due))
            task.due_on = due
            task.save(update_fields=["due_on"])
        found.append(task)
    note("plan.pilot", f"unit {unit.pk}", by=by, finished_on=finished_on.isoformat())
    return found


def require_own(by, unit) -> None:
    """Plans are made by the unit itself."""
    require(by, "plan.edit")
    if by.unit_id != unit.pk:
        raise NotAllowed("plan.edit")


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last of that month.

    >>> months_later(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    index = day.month - 1 + months
    year, month = day.year + index // MONTHS_A_YEAR, index % MONTHS_A_YEAR + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@transaction.atomic
def finish_task(task: YearTask, *, by, with_what: str, on: date | None = None) -> YearTask:
    """Mark a task done, saying with what (a list's number, a report, a letter)."""
    require_own(by, task.unit)
    row = YearTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if row.done_on is not None:
        raise StepNotAllowed(f"{row.done_on} {row.done_with}")
    day = on or clock.today()
    faults = [] if with_what.strip() else ["成果：未填写；写明清单版次、报告或文号"]
    faults += [f"完成日期：{day} 晚于今天"] if day > clock.today() else []
    if faults:
        raise BadForm(*faults)
    row.done_on, row.done_with, row.by = day, with_what, by
    row.save()
    note("plan.done", f"task {row.pk}", by=by, code=row.code, with_what=with_what)
    return row


@transaction.atomic
def make_plan(
    *, by, name: str, kind: str, starts_on: date, ends_on: date | None = None, area=None,
    basis: str = "",
) -> MonitoringPlan:  # fmt: skip
    """A monitoring plan with its rounds for up to its end (or two years). All faults at once."""
    require(by, "plan.edit")
    kinds, faults = code_list("monitoring_kinds"), []
    if kind not in kinds:
        faults.append(f"类型：{kind!r} 不在 {'、'.join(kinds)} 之中")
    if not name.strip():
        faults.append("名称：未填写")
    if ends_on is not None and ends_on < starts_on:
        faults.append(f"结束日期：{ends_on} 早于开始日期 {starts_on}")
    if faults:
        raise BadForm(*faults)
    every = int(kinds[kind]["months"])
    plan = MonitoringPlan.objects.create(
        unit=by.unit, name=name, kind=kind, every_months=every or None, area=area, basis=basis,
        starts_on=starts_on, ends_on=ends_on, by=by,
        scope_codes=prefixes([by.unit.division_code]) if by.unit.division_code else [],
    )  # fmt: skip
    MonitoringRound.objects.bulk_create(
        MonitoringRound(plan=plan, due_on=day) for day in round_dates(plan)
    )
    note("plan.monitoring", f"plan {plan.pk}", by=by, kind=kind, name=name)
    return plan


def round_dates(plan: MonitoringPlan) -> list[date]:
    """When the rounds are due: at once for a hot spot, else at the end of each interval."""
    if not plan.every_months:
        return [plan.starts_on]
    end = plan.ends_on or months_later(plan.starts_on, 2 * MONTHS_A_YEAR)
    found, step = [], plan.every_months
    while (day := months_later(plan.starts_on, step)) <= end:
        found.append(day)
        step += plan.every_months
    return found


@transaction.atomic
def finish_round(row: MonitoringRound, *, by, run) -> MonitoringRound:
    """Say which run made a round; how much of the area it covered is computed, not typed."""
    require_own(by, row.plan.unit)
    row = MonitoringRound.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.done_on is not None:
        raise StepNotAllowed(f"{row.done_on} {row.run}")
    row.run, row.done_on = run, clock.today()
    row.covered = covered_share(row.plan, run)
    row.save()
    note("plan.round", f"round {row.pk}", by=by, run=run.pk, covered=row.covered)
    return row


def covered_share(plan: MonitoringPlan, run) -> float | None:
    """The share of the plan's area inside the run's extent, on the ellipsoid.

    A plan without an outline is over the unit's divisions: then the share of their redline that
    the run saw. None when nothing of it is known.
    """
    if plan.area is None:
        return observed_share(plan.unit.division_code, run.record.get("coverage", []))
    if run.extent is None:
        return None
    whole = hectares(as_shapely(plan.area))
    seen = shapely.intersection(as_shapely(plan.area), as_shapely(run.extent))
    return round(hectares(seen) / whole, 4) if whole and not seen.is_empty else 0.0


def observed_share(prefix: str, rows: list[dict]) -> float | None:
    """How much of the redline of the divisions below `prefix` a run saw; None without redline there."""
    mine = [row for row in rows if row["code"].startswith(prefix)]
    whole = sum(row["redline_ha"] for row in mine)
    hidden = sum(row["outside_image_ha"] + row["unseen_ha"] for row in mine)
    return round(1 - hidden / whole, 4) if whole else None
