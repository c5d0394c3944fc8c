"""Pages of spot checks: drawing one, its list, recording what was found."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.web.clues.queries import clue_for
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import may
from ecoredline.web.core.problems import BadForm, Blocked, MovedMeanwhile, StepNotAllowed
from ecoredline.web.verifications import queries, spot_checks
from ecoredline.web.verifications.models import Verification
from ecoredline.web.verifications.route import last_submitted


class DrawForm(forms.Form):
    """What is to be drawn."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=200)
    size = forms.IntegerField(label=gettext_lazy("样本量"), min_value=1)
    year = forms.IntegerField(
        label=gettext_lazy("年度（可空）"), required=False, min_value=2000, max_value=2100
    )
    decided = forms.BooleanField(
        label=gettext_lazy("包括该年度已认定、已排除的线索"), required=False
    )
    verdicts = forms.MultipleChoiceField(
        label=gettext_lazy("结论（可空，即全部）"), required=False, choices=Verification.Verdict.choices,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    seed = forms.IntegerField(
        label=gettext_lazy("随机种子（可空，由平台生成）"), required=False, min_value=0,
        max_value=spot_checks.MOST_SEED,
        help_text=gettext_lazy("公开抽取时可填写当众产生的数字。"),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def spot_check_list(request):
    """The spot checks of the unit and below, and the form that draws one."""
    found = queries.spot_checks_for(request.user)
    form = DrawForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = spot_checks.draw_spot_check(by=request.user, **form.cleaned_data)
            except BadForm as fault:
                for words in fault.details:
                    form.add_error(None, words)
            else:
                messages.success(request, _("已抽取%(count)d个") % {"count": made.clues.count()})
                return redirect("spot_check", made.pk)
    can_draw = may(request.user, "spot_check.draw")
    frame = spot_checks.frame_for(request.user) if can_draw else {}
    context = {
        "checks": [(check, spot_checks.agreement(check)) for check in found], "form": form,
        "can_draw": can_draw, "frame": frame, "frame_size": sum(map(len, frame.values())),
        "method": spot_checks.METHOD, "year": clock.today().year,
    }  # fmt: skip
    return render(request, "verifications/spot_checks.html", context, status=status)


@never_cache
@require_GET
def spot_check(request, pk: int):
    """What was drawn and how, what was found, how far it agrees."""
    return page(request, queries.spot_check_for(request.user, pk))


def page(request, check, *, faults=(), typed=None, status: int = 200):
    """The page of one spot check."""
    words = {
        w.verification.clue_id: w for w in check.judgements.select_related("verification", "by")
    }
    rows = [
        {"clue": clue, "word": words.get(clue.pk), "last": last_submitted(clue),
         "can": clue.state in (*spot_checks.WAITING, *spot_checks.DECIDED) and check.unit_id == request.user.unit_id
         and may(request.user, "clue.spot_check", clue)}
        for clue in check.clues.select_related("holder").order_by("division_code", "number")
    ]  # fmt: skip
    context = {
        "check": check, "rows": rows, "agreement": spot_checks.agreement(check), "faults": faults,
        "typed": typed or {}, "again": spot_checks.drawn_again(check),
        "strata": {code: len(numbers) for code, numbers in check.frame["clues"].items()},
    }  # fmt: skip
    return render(request, "verifications/spot_check.html", context, status=status)


@require_POST
def spot_check_record(request, pk: int, clue: int):
    """Record what the spot check found about one clue."""
    check, found = queries.spot_check_for(request.user, pk), clue_for(request.user, clue)
    said = request.POST.get("agrees", "")
    try:
        if said not in ("yes", "no"):
            raise BadForm(_("请选择与核实结果是否一致"))
        spot_checks.record_spot_check(
            check, found, by=request.user, agrees=said == "yes", said=request.POST.get("said", "")
        )
    except (BadForm, Blocked, MovedMeanwhile, StepNotAllowed) as fault:
        words = fault.details or [str(fault.message)]
        return page(request, check, faults=words, typed=request.POST, status=fault.status)
    messages.success(request, _("已登记"))
    return redirect("spot_check", pk)
