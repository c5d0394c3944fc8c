"""The pages on which cases are opened, handed over, investigated and described."""

from django import forms
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from ecoredline.web.cases import actions, queries
from ecoredline.web.cases import forms as pages
from ecoredline.web.cases.facts import facts_of
from ecoredline.web.cases.step_form import step_page
from ecoredline.web.clues.queries import clues_by_numbers
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import require

BOTH = require_http_methods(["GET", "POST"])


def at(case) -> str:
    """The page of a case."""
    return reverse("case", args=[case.pk])


def case_for_step(request, pk: int, step: str):
    """The case, when the person sees it and may take the step."""
    case = queries.case_for(request.user, pk)
    require(request.user, f"case.{step}", case)
    return case


@BOTH
def case_open(request):
    """Choose submitted clues; then confirm them and open one case from them."""
    require(request.user, "case.open")
    keys = request.GET.getlist("clue")
    if not keys:
        rows = queries.waiting_clues(request.user)
        return render(request, "cases/choose_clues.html", {"clues": rows})
    clues = clues_by_numbers(request.user, keys)
    for clue in clues:
        require(request.user, "case.open", clue)
    form = pages.OpenForm(request.POST or None, initial=pages.first_facts(facts_of(clues)))
    opened = []

    def work(**facts):
        opened.append(actions.open_case(clues=clues, by=request.user, **facts))

    answer = form_page(
        request, form, work, title=_("立案"), back=reverse("case_list"), verb=_("认定并立案"),
        intro=_("将认定线索：{clues}").format(clues="、".join(clue.number for clue in clues)),
        done=lazy("已立案"),
    )  # fmt: skip
    return redirect("case", opened[0].pk) if opened else answer


@BOTH
def case_describe(request, pk: int):
    """Change what the case says."""
    case = case_for_step(request, pk, "describe")
    form = pages.DescribeForm(case, request, initial=pages.first_facts(case))
    return step_page(
        request, form, lambda **facts: actions.describe(case, by=request.user, **facts),
        back=at(case), title=_("更新问题描述"),
    )  # fmt: skip


@BOTH
def case_add_clue(request, pk: int):
    """Confirm further clues into the case."""
    case = case_for_step(request, pk, "add_clue")
    form = pages.AddClueForm(case, request, waiting=queries.waiting_clues(request.user))
    return step_page(
        request, form, lambda **facts: actions.add_clue(case, by=request.user, **facts),
        back=at(case), title=_("并入线索"),
    )  # fmt: skip


@BOTH
def case_hand_over(request, pk: int):
    """To the unit that puts it right."""
    case = case_for_step(request, pk, "hand_over")
    form = pages.HandOverForm(case, request, units=queries.units_below(case))
    return step_page(
        request, form, lambda **facts: actions.hand_over(case, by=request.user, **facts),
        back=at(case), title=_("移交责任单位"), verb=_("移交"),
    )  # fmt: skip


def many(request, step: str, form: forms.Form, work, *, title, verb):
    """A page about several cases: `?case=1&case=2`."""
    cases = queries.cases_by_keys(request.user, request.GET.getlist("case"))
    for case in cases:
        require(request.user, f"case.{step}", case)
    back = at(cases[0]) if len(cases) == 1 else reverse("case_list")
    area = sum(case.redline_area_ha for case in cases)
    intro = _("{count} 处问题，涉及红线面积 {area} 公顷：{numbers}").format(
        count=len(cases), area=area, numbers="、".join(case.number for case in cases)
    )
    return form_page(
        request, form, lambda **facts: work(cases, by=request.user, **facts), title=title,
        back=back, verb=verb, intro=intro,
    )  # fmt: skip


@BOTH
def case_department(request):
    """Several cases to one department by the letter of annex 5."""
    return many(
        request, "hand_to_department", pages.DepartmentForm(request.POST or None),
        actions.hand_to_department, title=_("移交部门（附件5）"), verb=_("移交"),
    )  # fmt: skip


@BOTH
def case_push(request):
    """Several cases to enforcement and inspection."""
    return many(
        request, "push", pages.LetterForm(request.POST or None), actions.push,
        title=_("推送执法督察"), verb=_("推送"),
    )  # fmt: skip


@BOTH
def case_investigate(request, pk: int):
    """What a department found."""
    case = case_for_step(request, pk, "investigate")
    return step_page(
        request, pages.InvestigateForm(case, request),
        lambda **facts: actions.investigate(case, by=request.user, **facts), back=at(case),
        title=_("登记查处"),
    )  # fmt: skip


@BOTH
def case_reply(request, pk: int):
    """What came back from whom it was handed to."""
    handover = queries.handover_for(request.user, pk)
    case = handover.case
    require(request.user, "case.reply", case)
    return step_page(
        request, pages.ReplyForm(case, request),
        lambda **facts: actions.record_reply(handover, by=request.user, **facts), back=at(case),
        title=_("登记反馈结果"),
    )  # fmt: skip


@BOTH
def case_extend(request, pk: int):
    """A later due date."""
    case = case_for_step(request, pk, "extend")
    return step_page(
        request, pages.ExtendForm(case, request),
        lambda **facts: actions.extend(case, by=request.user, **facts), back=at(case),
        title=_("延期"), intro=_("原期限 {day}").format(day=case.due_on or "—"),
    )  # fmt: skip


@BOTH
def case_remind(request, pk: int):
    """A reminder."""
    case = case_for_step(request, pk, "remind")
    return step_page(
        request, pages.RemindForm(case, request),
        lambda **facts: actions.remind(case, by=request.user, **facts), back=at(case),
        title=_("催办"), intro=str(case.holder), verb=_("催办"),
    )  # fmt: skip
