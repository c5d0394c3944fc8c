"""Pages of the year's calendar, monitoring plans and sites."""

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.patches.queries import runs_for
from ecoredline.web.plans import actions, queries
from ecoredline.web.plans.models import MonitoringRound, Site, YearTask

BOTH = require_http_methods(["GET", "POST"])
PAGE_ROWS = 50
FIRST_YEAR, LAST_YEAR = 2021, 2100


class TaskForm(forms.Form):
    """A task is done."""

    with_what = forms.CharField(label=_("成果（清单版次、报告、文号）"), max_length=200)
    on = day_field(_("完成日期"), required=False)


class PilotForm(forms.Form):
    """The day the evaluation-adjustment was finished: T0."""

    finished_on = day_field(_("评估调整工作完成日期（T0）"))


def kind_choices() -> list[tuple[str, str]]:
    """Kinds of monitoring in the page's language."""
    return [(code, row[language()]) for code, row in code_list("monitoring_kinds").items()]


class PlanForm(forms.Form):
    """A monitoring plan over the unit's divisions."""

    name = forms.CharField(label=_("名称"), max_length=200)
    kind = forms.ChoiceField(label=_("类型"), choices=kind_choices)
    basis = forms.CharField(label=_("依据"), max_length=200, required=False)
    starts_on = day_field(_("开始日期"))
    ends_on = day_field(_("结束日期"), required=False)


class RoundForm(forms.Form):
    """Which run made the round."""

    run = forms.ModelChoiceField(label=_("批次"), queryset=None, empty_label="—")

    def __init__(self, person, *args, **options):
        super().__init__(*args, **options)
        self.fields["run"].queryset = runs_for(person)


def year_of(request) -> int:
    """The year of `?year=`; this year without it."""
    wanted = request.GET.get("year", "")
    if not wanted:
        return clock.today().year
    if not (wanted.isascii() and wanted.isdigit() and FIRST_YEAR <= int(wanted[:5]) <= LAST_YEAR):
        raise BadFilter(f"year={wanted!r}: {FIRST_YEAR}–{LAST_YEAR}")
    return int(wanted)


@require_GET
def year(request):
    """The year: tasks with their dates, monitoring plans with what is due."""
    require(request.user, "plan.view")
    shown = year_of(request)
    context = {
        "year": shown,
        "years": range(shown - 2, shown + 3),
        "rows": queries.task_rows(request.user, shown),
        "plans": queries.plans_for(request.user),
        "due": queries.rounds_due(request.user),
        "may_edit": may(request.user, "plan.edit"),
        "today": clock.today(),
    }
    return render(request, "plans/year.html", context)


@BOTH
def year_make(request, year: int):
    """Make the tasks of the unit's year."""
    require(request.user, "plan.edit")
    back = f"{reverse('year')}?year={year}"
    return form_page(
        request, forms.Form(request.POST or None) if request.method == "POST" else forms.Form(),
        lambda: actions.make_year(request.user.unit, year, by=request.user),
        title=_("按年度日历生成工作事项"), back=back, intro=f"{request.user.unit.name} {year}",
        verb=_("生成"),
    )  # fmt: skip


@BOTH
def pilot_make(request):
    """Start the pilot's clock."""
    require(request.user, "plan.edit")
    return form_page(
        request, PilotForm(request.POST or None),
        lambda finished_on: actions.make_pilot(request.user.unit, finished_on, by=request.user),
        title=_("试点时限"), back=reverse("year"),
        intro=_("自评估调整工作完成之日起一、二、三、十二个月（环办生态函〔2020〕703号 五）。"),
    )  # fmt: skip


@BOTH
def task_done(request, pk: int):
    """Mark a task done."""
    task = YearTask.objects.filter(pk=pk, unit_id=request.user.unit_id).first()
    if task is None:
        raise NotFound()
    return form_page(
        request, TaskForm(request.POST or None),
        lambda **facts: actions.finish_task(task, by=request.user, **facts),
        title=_("事项办结"), back=f"{reverse('year')}?year={task.year}",
    )  # fmt: skip


@BOTH
def plan_new(request):
    """A new monitoring plan."""
    require(request.user, "plan.edit")
    return form_page(
        request, PlanForm(request.POST or None),
        lambda **facts: actions.make_plan(by=request.user, **facts),
        title=_("新建监测计划"), back=reverse("year"),
    )  # fmt: skip


@BOTH
def round_done(request, pk: int):
    """Say which run made a round."""
    row = MonitoringRound.objects.filter(pk=pk, plan__unit_id=request.user.unit_id).first()
    if row is None:
        raise NotFound()
    return form_page(
        request, RoundForm(request.user, request.POST or None),
        lambda run: actions.finish_round(row, by=request.user, run=run),
        title=_("监测完成"), back=reverse("year"), intro=f"{row.plan.name} {row.due_on}",
    )  # fmt: skip


@require_GET
def site_list(request):
    """Sites with the state each is in."""
    require(request.user, "site.view")
    state = request.GET.get("state", "")
    if state and state not in Site.State.values:
        raise BadFilter(f"state={state!r}: {', '.join(Site.State.values)}")
    found = queries.sites_for(request.user, state).prefetch_related("cases", "clues")
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    names = queries.place_names(page.object_list)
    for row in page.object_list:
        row.place = names[row.pk]
    context = {
        "page": page,
        "states": Site.State.choices,
        "state": state,
        "query": f"state={state}" if state else "",
    }
    return render(request, "plans/sites.html", context)


@require_GET
def site(request, pk: int):
    """One place over many cycles."""
    found = queries.site_for(request.user, pk)
    context = {
        "site": found,
        "states": found.states.all(),
        "patches": found.patches.visible_to(request.user)
        .select_related("run")
        .order_by("after_on"),
        "clues": found.clues.visible_to(request.user),
        "cases": found.cases.visible_to(request.user),
    }
    return render(request, "plans/site.html", context)
