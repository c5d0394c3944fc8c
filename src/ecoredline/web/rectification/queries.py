"""Reads of rectification: the plan in force, what is open, what is due, what the satellite proposes."""

from django.db.models import QuerySet

from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound
from ecoredline.web.rectification.models import (
    Observation,
    Recheck,
    RectificationItem,
    RectificationPlan,
    WatchDate,
)

State = RectificationItem.State


def newest_plan(case: Case) -> RectificationPlan | None:
    """The plan in force; after a reopening the old one until a new one is made."""
    return case.plans.order_by("-number").first()


def open_items(case: Case) -> QuerySet[RectificationItem]:
    """The items that block closing, of any version of the plan."""
    return RectificationItem.objects.filter(plan__case=case, state=State.OPEN).order_by(
        "due_on", "pk"
    )


def unaccepted_items(case: Case) -> QuerySet[RectificationItem]:
    """Items of the plan that nobody accepted on site yet: open or said to be done."""
    return RectificationItem.objects.filter(plan__case=case, state__in=(State.OPEN, State.DONE))


def accepted_items(case: Case) -> QuerySet[RectificationItem]:
    """Items of the plan in force that were accepted on site."""
    plan = newest_plan(case)
    return RectificationItem.objects.filter(plan=plan, state=State.ACCEPTED)


def due_unit(case: Case):
    """The unit that puts it right: to which the case was handed last, else its owner."""
    last = case.handovers.exclude(to_unit=None).order_by("pk").last()
    return last.to_unit if last else case.owner


def present_recheck(case: Case) -> Recheck | None:
    """The newest recheck since closing was asked for; None when there was none."""
    return case.rechecks.filter(created_at__gte=case.entered_at).order_by("round").last()


def item_for(person, pk: int) -> RectificationItem:
    """One item of a case the person sees; raises `NotFound` (404.1)."""
    seen = Case.objects.visible_to(person)
    found = RectificationItem.objects.select_related("plan__case").filter(
        pk=pk, plan__case__in=seen
    )
    row = found.first()
    if row is None:
        raise NotFound()
    return row


def observation_for(person, pk: int) -> Observation:
    """One observation of a case the person sees; raises `NotFound` (404.1)."""
    seen = Case.objects.visible_to(person)
    found = Observation.objects.select_related("case").filter(pk=pk, case__in=seen).first()
    if found is None:
        raise NotFound()
    return found


def proposed_reopenings(person) -> QuerySet[Observation]:
    """Observations that propose reopening and wait for a person, of the cases the person sees."""
    seen = Case.objects.visible_to(person).filter(state="closed")
    rows = Observation.objects.filter(proposes_reopening=True, decided="", case__in=seen)
    return rows.select_related("case", "run").order_by("-risk", "pk")


def due_items(person) -> QuerySet[RectificationItem]:
    """Open items past their due date, of the cases the person sees."""
    seen = Case.objects.visible_to(person)
    rows = RectificationItem.objects.filter(state=State.OPEN, due_on__lt=clock.today())
    return rows.filter(plan__case__in=seen).select_related("plan__case")


def due_watches(person) -> QuerySet[WatchDate]:
    """Satellite rechecks that are due and not done, of the closed cases the person sees."""
    seen = Case.objects.visible_to(person).filter(state="closed")
    rows = WatchDate.objects.filter(done_at=None, due_on__lte=clock.today(), case__in=seen)
    return rows.select_related("case")
