"""One step of one clue: a form of its own, so that nothing typed is lost."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from ecoredline.codes import code_list
from ecoredline.web.accounts.models import Unit
from ecoredline.web.clues import actions, dispatching, merging, outlines, queries, reminding
from ecoredline.web.clues.dated import default_due
from ecoredline.web.clues.grouping import released_for
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.form_page import day_field, form_page, text_field
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, NotFound, Problem
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.files.actions import attach

MOST_OFFERED = 200


class StepForm(forms.Form):
    """A form about a clue: it remembers which version the person looked at."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, clue, person, **options):
        super().__init__(*args, **options)
        self.clue, self.person = clue, person
        self.fields["seen"].initial = clue.version
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the clue."""

    def looked_again(self) -> None:
        """The person is told that somebody was first, and may go on from what is now."""
        self.data = self.data.copy()
        self.data["seen"] = str(Clue.objects.get(pk=self.clue.pk).version)


class ReasonForm(StepForm):
    """A step that wants a reason."""

    reason = text_field(_("说明"))


class ExtendForm(StepForm):
    """More time."""

    due_on = day_field(_("新的期限"))
    reason = text_field(_("延期理由"))


class ReassignForm(StepForm):
    """Another unit."""

    to_unit = forms.ModelChoiceField(Unit.objects.none(), label=_("改派到"), empty_label="—")
    due_on = day_field(_("反馈期限"))
    reason = text_field(_("改派理由"))
    letter = forms.BooleanField(label=_("随函（附件3）"), required=False, initial=True)

    def prepare(self) -> None:
        """The units next below."""
        units = queries.units_below(self.person).exclude(pk=self.clue.holder_id)
        self.fields["to_unit"].queryset = units
        if first := units.first():
            self.fields["due_on"].initial = default_due(first)


class MergeForm(StepForm):
    """Which clue it is part of."""

    into = forms.CharField(label=_("并入的线索编号"), max_length=40)
    reason = text_field(_("合并理由"))

    def clean_into(self) -> Clue:
        """The clue of that number, if the person sees it."""
        number = self.cleaned_data["into"].strip()
        found = Clue.objects.visible_to(self.person).filter(number=number).first()
        if found is None:
            raise forms.ValidationError(gettext("没有找到 %(number)s") % {"number": number})
        return found


class AddPatchForm(StepForm):
    """More released patches."""

    patches = forms.ModelMultipleChoiceField(
        None, label=_("已质检图斑"), widget=forms.CheckboxSelectMultiple
    )
    reason = text_field(_("说明"), required=False)

    def prepare(self) -> None:
        """What is released in the same county."""
        near = released_for(self.person).filter(division_code=self.clue.division_code)
        self.fields["patches"].queryset = near


class AmendForm(StepForm):
    """What the clue says."""

    description = text_field(_("情况描述"), required=False)
    place = forms.CharField(label=_("位置描述"), max_length=300, required=False)
    lon = forms.CharField(
        label=_("经度"), required=False, help_text=_("101.5375 或 E101°32′15″，CGCS2000")
    )
    lat = forms.CharField(label=_("纬度"), required=False, help_text=_("26.6087 或 N26°36′31″"))
    activity_type = forms.ChoiceField(label=_("活动类型"), required=False)
    problem_type = forms.ChoiceField(label=_("疑似问题类型"), required=False)
    priority = forms.ChoiceField(label=_("核查要求"))
    is_major = forms.BooleanField(label=_("疑似重大"), required=False)
    remark = text_field(_("备注"), required=False)
    reason = text_field(_("更正理由"), required=False)

    def prepare(self) -> None:
        """The code lists, and what the clue says now."""
        lists = {"activity_type": "activity_types", "problem_type": "problem_types",
                 "priority": "check_priorities"}  # fmt: skip
        for name, codes in lists.items():
            rows = [(code, row[language()]) for code, row in code_list(codes).items()]
            self.fields[name].choices = rows if name == "priority" else [("", "—"), *rows]
        for name in self.fields.keys() - {"seen", "reason"}:
            self.fields[name].initial = getattr(self.clue, name)
        if self.clue.geom is not None:  # an outline says where it is
            del self.fields["lon"], self.fields["lat"]

    def clean_lon(self) -> float | None:
        """Degrees; None where nothing is given."""
        return self.degrees("lon")

    def clean_lat(self) -> float | None:
        """Degrees; None where nothing is given."""
        return self.degrees("lat")

    def degrees(self, name: str) -> float | None:
        """A coordinate of the form; a fault stands beside its field."""
        try:
            return outlines.degrees(self.cleaned_data[name], str(self.fields[name].label))
        except BadForm as fault:
            raise forms.ValidationError(fault.details) from fault


def merge_into(clue: Clue, *, into: Clue, **facts):
    """Merge, by the form's names."""
    return merging.merge(clue, into=into, **facts)


STEPS = {
    "amend": (AmendForm, actions.amend),
    "add_patch": (AddPatchForm, actions.add_patches),
    "withdraw": (ReasonForm, actions.withdraw),
    "merge": (MergeForm, merge_into),
    "unmerge": (ReasonForm, merging.unmerge),
    "decline": (ReasonForm, dispatching.decline),
    "reassign": (ReassignForm, dispatching.reassign),
    "extend": (ExtendForm, dispatching.extend),
    "remind": (ReasonForm, reminding.remind),
}
INTRO = {
    "decline": _("退回给下发单位，写明实际所在的行政区或不属本辖区的依据；线索和经过都保留。"),
    "merge": _("合并后图斑转到所填的线索，本线索保留编号和经过，可以撤销合并。"),
    "withdraw": _("撤回后图斑回到已质检状态。"),
}


def clue_step(request, pk: int, step: str):
    """The form of one step, and the step itself."""
    if step not in STEPS:
        raise NotFound()
    clue = queries.clue_for(request.user, pk)
    asked = f"unmerge_{clue.state_before_merge or 'raised'}" if step == "unmerge" else step
    require(request.user, f"clue.{asked}", clue)
    form_class, action = STEPS[step]
    form = form_class(request.POST or None, clue=clue, person=request.user)

    def work(**fields):
        try:
            action(clue, by=request.user, **fields)
        except MovedMeanwhile:
            form.looked_again()
            raise

    label = CLUE_LIFECYCLE.step(asked).label
    return form_page(
        request, form, work, title=f"{label} · {clue.number}", about=clue.number, verb=label,
        back=reverse("clue", args=[clue.pk]), intro=INTRO.get(step, ""), done=gettext("已办理：%(step)s") % {"step": label},
    )  # fmt: skip


@require_POST
def clue_receive(request, pk: int):
    """Sign for it; a second click does no harm."""
    clue = queries.clue_for(request.user, pk)
    dispatching.receive(clue, by=request.user)
    messages.success(request, gettext("已签收。"))
    return redirect("clue", pk=clue.pk)


@require_POST
def clue_attach(request, pk: int):
    """Hang a file on the clue."""
    clue = queries.clue_for(request.user, pk)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, gettext("没有选择文件"))
        return redirect("clue", pk=clue.pk)
    kind = request.POST.get("kind", "document")
    try:
        attach(
            clue,
            upload,
            kind=kind,
            by=request.user,
            caption=request.POST.get("caption", ""),
            is_sensitive=bool(request.POST.get("is_sensitive")),
        )
    except Problem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, gettext("附件已保存。"))
    return redirect("clue", pk=clue.pk)
