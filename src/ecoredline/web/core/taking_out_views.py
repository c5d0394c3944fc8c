"""The question for the purpose of an export."""

from django import forms
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.core import taking_out
from ecoredline.web.core.problems import NotFound


class PurposeForm(forms.Form):
    """What the exported data is for."""

    reason = forms.CharField(
        label=_("用途"), min_length=taking_out.SHORTEST, max_length=taking_out.LONGEST,
        error_messages={"min_length": _("用途至少写 %(limit_value)d 个字")},
        help_text=_("如“报送市局季度核查”；与本次导出一并记入访问记录"),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def export_purpose(request):
    """Ask what the data is for, keep the answer for a while, and go on to the export."""
    given = request.POST if request.method == "POST" else request.GET
    datasets = tuple(given.getlist("dataset"))
    if not datasets or set(datasets) - set(code_list("datasets")):
        raise NotFound(", ".join(datasets))
    onward, back = (taking_out.own_address(request, given.get(n, "")) for n in ("next", "back"))
    kept = taking_out.kept_purpose(request, datasets[0])
    form = PurposeForm(request.POST or None, initial={"reason": kept and kept[0]})
    if request.method == "POST" and form.is_valid():
        taking_out.keep(request, datasets, form.cleaned_data["reason"])
        return redirect(onward)
    entries = [taking_out.entry_of(d) for d in datasets]
    minutes = int(min(taking_out.holds(e.level) for e in entries).total_seconds() // 60)
    context = {
        "form": form,
        "entries": entries,
        "level": entries[0].words["level"],
        "next": onward,
        "back": back,
        "minutes": minutes,
    }
    status = 422 if form.is_bound else 200
    return render(request, "core/purpose.html", context, status=status)
