"""The pages on which rectification is planned, reported, rechecked, and cases are closed."""

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ecoredline.web.cases.queries import case_for, cases_for
from ecoredline.web.cases.step_form import step_page
from ecoredline.web.cases.step_views import at, case_for_step
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked, MovedMeanwhile, StepNotAllowed
from ecoredline.web.patches.queries import runs_for
from ecoredline.web.rectification import actions, closing, forms, proof, queries
from ecoredline.web.rectification.checking import judged_items
from ecoredline.web.rectification.kinds import proposed_items

BOTH = require_http_methods(["GET", "POST"])
MOST_ITEMS = 40
ITEM_FIELDS = ("kind", "title", "owner_name", "due_on", "condition")


@BOTH
def case_plan(request, pk: int):
    """The plan with its items as rows; a plan in force is revised."""
    case = case_for(request.user, pk)
    step = "revise_plan" if case.state == "rectifying" else "plan"
    require(request.user, f"case.{step}", case)
    old = queries.newest_plan(case)
    first = {
        "due_on": case.due_on,
        "responsible": case.responsible,
        "goal": old.goal if old else "",
    }
    form = forms.PlanForm(case, request, initial=first)
    items = typed_items(request.POST) if request.method == "POST" else first_items(case, old)

    def work(**facts):
        actions.make_plan(case, by=request.user, items=items, **facts)

    rows = [*items, *([{}] * max(1, 3 - len(items)))]
    context = {"items": rows, "kinds": forms.kind_rows(case.damage_type), "plan": old}
    return rows_page(request, form, work, case, "rectification/plan.html", context)


def rows_page(request, form, work, case, template: str, context: dict):
    """A form with rows of its own beside the fields; nothing typed is lost."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                work(**form.facts())
                return redirect(at(case))
            except (BadForm, Blocked, StepNotAllowed, MovedMeanwhile) as fault:
                status = fault.status
                if isinstance(fault, MovedMeanwhile):
                    form.look_again()
                if not isinstance(fault, BadForm):
                    form.add_error(None, str(fault.message))
                for line in fault.details:
                    form.add_error(None, line)
    page = {"form": form, "case": case, "back": at(case)} | context
    return render(request, template, page, status=status)


def typed_items(post) -> list[dict]:
    """The rows of the plan that were typed; rows without any word are left out."""
    columns = {name: post.getlist(f"item_{name}")[:MOST_ITEMS] for name in ITEM_FIELDS}
    count = max(len(values) for values in columns.values())
    rows = [
        {name: (values[n] if n < len(values) else "") for name, values in columns.items()}
        for n in range(count)
    ]
    return [
        row for row in rows if any(row[name].strip() for name in ("kind", "title", "condition"))
    ]


def first_items(case, old) -> list[dict]:
    """What a plan begins with: what is open of the one in force, else the kinds that fit."""
    if old is None:
        return proposed_items(case)
    kept = old.items.filter(state="open")
    return [{name: getattr(item, name) for name in ITEM_FIELDS} for item in kept]


@BOTH
def case_progress(request, pk: int):
    """A word on progress, with photographs."""
    case = case_for_step(request, pk, "progress")
    plan = queries.newest_plan(case)
    items = plan.items.filter(state="open") if plan else ()
    form = forms.ProgressForm(
        case, request, items=items, initial={"item": request.GET.get("item", "")}
    )
    return step_page(
        request, form, lambda **facts: actions.add_progress(case, by=request.user, **facts),
        back=at(case), title=_("整改进展"), draft=f"progress-{case.pk}",
    )  # fmt: skip


def item_page(request, pk: int, step: str, form_class, work, title):
    """A page about one item of a plan."""
    item = queries.item_for(request.user, pk)
    case = item.plan.case
    require(request.user, f"case.{step}", case)
    return step_page(
        request, form_class(case, request), lambda **facts: work(item, by=request.user, **facts),
        back=at(case), title=title, intro=f"{item.title}：{item.condition}",
    )  # fmt: skip


@BOTH
def item_finish(request, pk: int):
    """An item is done, with its evidence."""
    return item_page(
        request, pk, "finish_item", forms.FinishForm, actions.finish_item, _("整改措施完成")
    )


@BOTH
def item_cancel(request, pk: int):
    """An item need not be done."""
    return item_page(
        request, pk, "cancel_item", forms.ReasonForm, actions.cancel_item, _("取消整改措施")
    )


@BOTH
def item_extend(request, pk: int):
    """A later date for an item."""
    return item_page(request, pk, "extend", forms.LaterForm, actions.extend_item, _("措施延期"))


@BOTH
def case_request_closing(request, pk: int):
    """Ask for closing; what is still open is told."""
    case = case_for_step(request, pk, "request_closing")
    return step_page(
        request, forms.SaidForm(case, request),
        lambda **facts: actions.request_closing(case, by=request.user, **facts), back=at(case),
        title=_("申请销号"), verb=_("申请销号"),
    )  # fmt: skip


@BOTH
def case_recheck(request, pk: int):
    """A round on site, condition by condition."""
    case = case_for_step(request, pk, "recheck")
    items, typed = judged_items(case), {}
    for item in items:
        met = {"yes": True, "no": False}.get(request.POST.get(f"met_{item.pk}", ""))
        note = request.POST.get(f"note_{item.pk}", "")
        item.typed_met, item.typed_note = request.POST.get(f"met_{item.pk}", ""), note
        typed[item.pk] = {"met": met, "note": note}

    def work(**facts):
        actions.recheck(case, by=request.user, conditions=typed, **facts)

    form = forms.RecheckForm(case, request)
    context = {
        "items": items,
        "round": case.rechecks.count() + 1,
        "draft": f"recheck-{case.pk}",
    }
    return rows_page(request, form, work, case, "rectification/recheck.html", context)


@BOTH
def case_send_back(request, pk: int):
    """Back to the unit that puts it right."""
    case = case_for_step(request, pk, "send_back")
    return step_page(
        request, forms.SendBackForm(case, request),
        lambda **facts: actions.send_back(case, by=request.user, **facts), back=at(case),
        title=_("复核不通过，退回整改"), verb=_("退回"),
    )  # fmt: skip


@BOTH
def case_close(request, pk: int):
    """Close a rectified case."""
    case = case_for_step(request, pk, "close")
    return step_page(
        request, forms.CloseForm(case, request),
        lambda **facts: closing.close_case(case, by=request.user, **facts), back=at(case),
        title=_("销号"), verb=_("销号"), done=_("已销号，并排定卫星复查日期"),
    )  # fmt: skip


@BOTH
def case_strike_off(request, pk: int):
    """Close without rectification."""
    case = case_for_step(request, pk, "strike_off")
    form = forms.StrikeOffForm(case, request, cases=cases_for(request.user))
    return step_page(
        request, form, lambda **facts: closing.strike_off(case, by=request.user, **facts),
        back=at(case), title=_("不予整改销号"), verb=_("销号"),
    )  # fmt: skip


@BOTH
def case_reopen(request, pk: int):
    """Open a closed case again."""
    case = case_for_step(request, pk, "reopen")
    proposed = case.observations.filter(proposes_reopening=True, decided="").last()
    words = "；".join(r["words"] for r in proposed.reasons) if proposed else ""
    return step_page(
        request, forms.ReopenForm(case, request, initial={"reason": words}),
        lambda **facts: closing.reopen(case, by=request.user, observation=proposed, **facts),
        back=at(case), title=_("重新立案"), verb=_("重新立案"),
        intro=_("重新立案后须制定新的整改方案。"),
    )  # fmt: skip


@BOTH
def case_keep_closed(request, pk: int):
    """Keep it closed although reopening was proposed."""
    case = case_for_step(request, pk, "keep")
    return step_page(
        request, forms.ReasonForm(case, request),
        lambda **facts: closing.keep_closed(case, by=request.user, **facts), back=at(case),
        title=_("维持销号"), verb=_("维持销号"),
    )  # fmt: skip


@BOTH
def case_observe(request, pk: int):
    """Look at a closed case with a later run, now."""
    case = case_for_step(request, pk, "watch")
    runs = (
        runs_for(request.user).filter(after_on__gt=case.closed_on).exclude(observations__case=case)
    )
    runs = runs.filter(extent__intersects=case.geom) if case.geom else runs.none()

    def work(run, seen=None):
        proof.observe(case, run, by=request.user)

    return step_page(
        request, forms.ObserveForm(case, request, runs=runs), work, back=at(case),
        title=_("卫星复查"), verb=_("复查"),
        intro="" if runs.exists() else _("没有晚于销号日期、覆盖该问题且尚未用过的批次。"),
    )  # fmt: skip
