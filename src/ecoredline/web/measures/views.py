"""Pages of supervisory measures, referrals and reports upward."""

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.cases.models import Case
from ecoredline.web.core.form_page import day_field, form_page, text_field
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.measures import actions, queries
from ecoredline.web.measures.models import SupervisoryMeasure
from ecoredline.web.measures.rules import county_of

BOTH = require_http_methods(["GET", "POST"])
SHOWN = 100


class MeasureForm(forms.Form):
    """A supervisory measure."""

    kind = forms.ChoiceField(label=_("措施"), choices=SupervisoryMeasure.Kind.choices)
    basis = text_field(_("依据"))
    due_on = day_field(_("要求完成日期"), required=False)
    contact = forms.CharField(label=_("联系人"), max_length=100, required=False)
    with_letter = forms.BooleanField(label=_("同时拟函"), required=False, initial=True)


class ReasonForm(forms.Form):
    """Why not."""

    reason = text_field(_("不采取措施的理由"))


class ResultForm(forms.Form):
    """What came of it."""

    result = text_field(_("结果"))
    on = day_field(_("结果日期"), required=False)


class ReportForm(forms.Form):
    """What the level above is told."""

    said = text_field(_("上报内容"))


def referral_choices() -> list[tuple[str, str]]:
    """Kinds of referral in the page's language."""
    return [(code, row[language()]) for code, row in code_list("referral_kinds").items()]


class ReferralForm(forms.Form):
    """A referral."""

    kind = forms.ChoiceField(label=_("移送类型"), choices=referral_choices)
    to_body = forms.CharField(
        label=_("接收机关"), max_length=200, required=False, help_text=_("不填则按类型")
    )
    facts = text_field(_("事实与依据"))
    sent_on = day_field(_("移送日期"), required=False)


class TickForm(forms.Form):
    """A clock that stops, or the referral's result."""

    code = forms.ChoiceField(label=_("办结的时限"), required=False)
    on = day_field(_("日期"), required=False)
    result = text_field(_("移送结果"), required=False)

    def __init__(self, referral, *args, **options):
        super().__init__(*args, **options)
        names = code_list("referral_clocks")
        waiting = [c for c in referral.clocks if c["done_on"] is None]
        self.fields["code"].choices = [
            ("", "—"),
            *((c["code"], f"{names[c['code']][language()]}（{c['due_on']}）") for c in waiting),
        ]


def case_of(request, pk: int) -> Case:
    """A case the person sees."""
    found = Case.objects.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


@require_GET
def measure_list(request):
    """Proposals that wait for the person's unit, and all that was taken, referred, reported."""
    require(request.user, "measure.view")
    context = {
        "proposals": Paginator(queries.proposals_for(request.user), SHOWN).get_page(
            request.GET.get("page")
        ),
        "decides": request.user.role == "supervisor",
        "measures": queries.measures_for(request.user)[:SHOWN],
        "referrals": queries.referrals_for(request.user)[:SHOWN],
        "reports": queries.reports_for(request.user)[:SHOWN],
        "clocks": queries.clocks_due(request.user),
    }
    return render(request, "measures/list.html", context)


@BOTH
def proposal_take(request, pk: int):
    """Take a proposed measure, as proposed or another rung."""
    proposal = queries.one(queries.proposals_for(request.user), pk)
    require(request.user, "proposal.decide", proposal)
    first = {"kind": proposal.kind, "basis": proposal.because, "with_letter": True}
    return form_page(
        request, MeasureForm(request.POST or None, initial=first),
        lambda **facts: actions.take(proposal, by=request.user, **facts),
        title=_("采取督办措施"), back=reverse("measure_list"), intro=proposal.because,
        verb=_("采取"), done=_("已采取措施；函件草稿在公文中"),
    )  # fmt: skip


@BOTH
def proposal_set_aside(request, pk: int):
    """Decide against a proposal."""
    proposal = queries.one(queries.proposals_for(request.user), pk)
    require(request.user, "proposal.decide", proposal)
    return form_page(
        request, ReasonForm(request.POST or None),
        lambda reason: actions.set_aside(proposal, by=request.user, reason=reason),
        title=_("不采取措施"), back=reverse("measure_list"), intro=proposal.because,
    )  # fmt: skip


@BOTH
def measure_new(request, case: int):
    """A measure a person thought of, about a case."""
    found = case_of(request, case)
    require(request.user, "case.measure", found)

    def work(**facts):
        where = found.holder if found.holder_id != request.user.unit_id else found.owner
        towards = county_of(found) or where
        actions.take_measure(by=request.user, case=found, towards=towards, **facts)

    return form_page(
        request, MeasureForm(request.POST or None), work, title=_("督办措施"),
        back=reverse("case", args=[case]), about=found.number, verb=_("采取"),
    )  # fmt: skip


@BOTH
def measure_result(request, pk: int):
    """What came of a measure."""
    measure = queries.one(queries.measures_for(request.user), pk)
    return form_page(
        request, ResultForm(request.POST or None),
        lambda **facts: actions.give_result(measure, by=request.user, **facts),
        title=_("登记督办结果"), back=reverse("measure_list"), intro=measure.basis,
    )  # fmt: skip


@BOTH
def referral_new(request, case: int):
    """Refer a case."""
    found = case_of(request, case)
    require(request.user, "case.refer", found)
    notes = [row[f"note_{language()}"] for row in code_list("referral_kinds").values()]
    return form_page(
        request, ReferralForm(request.POST or None),
        lambda **facts: actions.refer(found, by=request.user, **facts),
        title=_("移送"), back=reverse("case", args=[case]), about=found.number, verb=_("移送"),
        intro=notes[0],
    )  # fmt: skip


@BOTH
def referral_tick(request, pk: int):
    """Stop a referral's clock or write its result."""
    referral = queries.one(queries.referrals_for(request.user), pk)
    return form_page(
        request, TickForm(referral, request.POST or None),
        lambda **facts: actions.tick(referral, by=request.user, **facts),
        title=_("移送办理情况"), back=reverse("measure_list"), intro=referral.facts,
    )  # fmt: skip


@BOTH
def report_new(request, case: int):
    """Report a specially serious case upward."""
    found = case_of(request, case)
    require(request.user, "case.report_up", found)
    return form_page(
        request, ReportForm(request.POST or None),
        lambda said: actions.report_up(found, by=request.user, said=said),
        title=_("上报重大问题"), back=reverse("case", args=[case]), about=found.number,
        verb=_("上报"),
    )  # fmt: skip
