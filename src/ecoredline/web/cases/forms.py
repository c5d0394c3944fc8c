"""The forms of cases; faults of content are found by the actions, all at once."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.step_form import StepForm, coded, files_field
from ecoredline.web.core.form_page import day_field, text_field


class FactsForm(forms.Form):
    """What a case says; begun with what its clues say."""

    description = text_field(_("问题描述（面积、程度、破坏方式）"))
    area_ha = forms.DecimalField(
        label=_("破坏面积（公顷）"), decimal_places=4, max_digits=14, min_value=0
    )
    redline_area_ha = forms.DecimalField(
        label=_("涉及红线面积（公顷）"), decimal_places=4, max_digits=14, min_value=0
    )
    activity_type = forms.ChoiceField(label=_("人类活动类型"), choices=coded("activity_types"))
    problem_type = forms.MultipleChoiceField(
        label=_("问题类型"), choices=coded("problem_types"), widget=forms.CheckboxSelectMultiple
    )
    damage_type = forms.ChoiceField(label=_("损害类型"), choices=coded("damage_types"))
    responsible = forms.CharField(label=_("责任单位/个人"), max_length=200, required=False)
    township = forms.CharField(label=_("乡镇/街道"), max_length=60, required=False)
    is_serious = forms.BooleanField(label=_("情形严重"), required=False)
    remark = forms.CharField(label=_("备注"), required=False, max_length=1000)

    def clean_problem_type(self) -> str:
        """Several codes joined by ;."""
        return ";".join(self.cleaned_data["problem_type"])


FACTS = (
    "description", "area_ha", "redline_area_ha", "activity_type", "damage_type", "responsible",
    "township", "is_serious", "remark",
)  # fmt: skip


def first_facts(source) -> dict:
    """What the form begins with: a case, or the dict of `facts_of`."""
    get = source.get if isinstance(source, dict) else vars(source).get
    kinds = [kind for kind in (get("problem_type") or "").split(";") if kind]
    return {name: get(name, "") for name in FACTS} | {"problem_type": kinds}


class OpenForm(FactsForm):
    """Opening: the facts, and a reason where the verification denies it."""

    reason = forms.CharField(
        label=_("立案意见"), required=False, max_length=1000,
        help_text=_("核实结论为不属实或合法的必填"),
    )  # fmt: skip


class DescribeForm(StepForm, FactsForm):
    """Changing what the case says."""

    reason = forms.CharField(label=_("更新原因"), required=False, max_length=1000)


class HandOverForm(StepForm):
    """To the unit that puts it right."""

    to_unit = forms.ModelChoiceField(Unit.objects.none(), label=_("责任单位"), empty_label=None)
    due_on = day_field(_("整改期限"))
    asked = text_field(_("要求"), required=False)

    def __init__(self, case, request, *, units, initial=None):
        super().__init__(case, request, initial=initial)
        self.fields["to_unit"].queryset = units


class LetterForm(forms.Form):
    """What a letter about several cases needs."""

    addressee = forms.CharField(
        label=_("主送"), max_length=200, required=False, help_text=_("不填则用部门名称")
    )
    due_on = day_field(_("反馈期限"), required=False)
    contact = forms.CharField(label=_("联系人"), max_length=100, required=False)
    asked = text_field(_("要求"), required=False)
    letter = forms.BooleanField(label=_("同时发函并编号"), required=False, initial=True)


class DepartmentForm(LetterForm):
    """To a department, by the letter of annex 5."""

    department = forms.ChoiceField(label=_("部门"), choices=coded("departments"))
    field_order = ["department"]


class InvestigateForm(StepForm):
    """What a department found and decided."""

    department = forms.ChoiceField(label=_("查处部门"), choices=coded("departments"))
    findings = text_field(_("查处情况"))
    penalty_kind = forms.ChoiceField(
        label=_("处罚类型"), choices=coded("penalty_kinds", blank=True), required=False
    )
    fine_yuan = forms.DecimalField(
        label=_("罚款（元）"), required=False, max_digits=14, decimal_places=2
    )
    file_number = forms.CharField(label=_("案号"), required=False, max_length=100)
    started_on = day_field(_("立案日期"), required=False)
    decision_number = forms.CharField(label=_("决定书文号"), required=False, max_length=100)
    decided_on = day_field(_("决定日期"), required=False)
    files = files_field()


class ReplyForm(StepForm):
    """What came back."""

    reply = text_field(_("反馈结果"))
    replied_on = day_field(_("反馈日期"), required=False)
    reply_number = forms.CharField(label=_("反馈文号"), required=False, max_length=60)
    files = files_field()


class ExtendForm(StepForm):
    """A later date."""

    due_on = day_field(_("新期限"))
    reason = text_field(_("延期理由"))


class RemindForm(StepForm):
    """A reminder."""

    said = text_field(_("催办内容"), required=False)


class AddClueForm(StepForm):
    """Further clues for a case."""

    clues = forms.ModelMultipleChoiceField(
        None, label=_("线索"), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(label=_("意见"), required=False, max_length=1000)

    def __init__(self, case, request, *, waiting, initial=None):
        super().__init__(case, request, initial=initial)
        self.fields["clues"].queryset = waiting
