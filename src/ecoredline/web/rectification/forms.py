"""The forms of rectification and closing; faults of content are found by the actions."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from ecoredline.web.cases.models import Case
from ecoredline.web.cases.step_form import StepForm, files_field, photos_field
from ecoredline.web.core.form_page import day_field, text_field
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.patches.models import Run
from ecoredline.web.rectification.kinds import kinds_for


class PlanForm(StepForm):
    """The plan's own fields; its items are rows of the page."""

    goal = text_field(_("整改目标"))
    responsible = forms.CharField(label=_("责任单位"), max_length=200)
    due_on = day_field(_("完成期限"))
    reason = text_field(_("修订理由"))
    files = files_field(_("方案文件"))

    def __init__(self, case, request, *, initial=None):
        super().__init__(case, request, initial=initial)
        if case.state != "rectifying":
            del self.fields["reason"]


class FieldForm(StepForm):
    """A form that is filled on a phone: kept there on a bad line, harmless when sent twice."""

    client_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, case, request, *, initial=None):
        super().__init__(case, request, initial={"client_key": uuid.uuid4().hex} | (initial or {}))


class ProgressForm(FieldForm):
    """How far it is."""

    item = forms.ChoiceField(label=_("整改措施"), required=False)
    on = day_field(_("日期"), required=False)
    percent = forms.IntegerField(label=_("进度（%）"), required=False, min_value=0, max_value=100)
    said = text_field(_("进展"))
    photos = photos_field()
    documents = files_field()

    def __init__(self, case, request, *, items, initial=None):
        super().__init__(case, request, initial=initial)
        self.items = {str(item.pk): item for item in items}
        rows = [(key, item.title) for key, item in self.items.items()]
        self.fields["item"].choices = [("", _("整体")), *rows]

    def clean_item(self):
        """The item itself; None for all of it."""
        return self.items.get(self.cleaned_data["item"])


class FinishForm(StepForm):
    """An item is done."""

    said = text_field(_("完成情况"), required=False)
    done_on = day_field(_("完成日期"), required=False)
    photos = photos_field()
    documents = files_field()


class ReasonForm(StepForm):
    """Why."""

    reason = text_field(_("理由"))


class SaidForm(StepForm):
    """A word with the step."""

    said = text_field(_("说明"), required=False)


class LaterForm(StepForm):
    """A later date, and why."""

    due_on = day_field(_("新期限"))
    reason = text_field(_("延期理由"))


class RecheckForm(FieldForm):
    """A round on site; the conditions are rows of the page."""

    passed = forms.ChoiceField(
        label=_("复核结论"), choices=[("yes", _("合格")), ("no", _("不合格"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    checked_on = day_field(_("复核日期"), required=False)
    checkers = forms.CharField(label=_("复核人员"), max_length=200)
    found = text_field(_("复核情况"))
    photos = photos_field(_("现场照片"))
    no_photo = forms.CharField(label=_("未拍照的原因"), max_length=300, required=False)
    documents = files_field()

    def clean_passed(self) -> bool:
        """Did it pass?"""
        return self.cleaned_data["passed"] == "yes"


class SendBackForm(StepForm):
    """Back, with a date."""

    reason = text_field(_("退回理由"))
    due_on = day_field(_("整改期限"), required=False)


class CloseForm(StepForm):
    """Closing."""

    reason = text_field(_("销号意见"))
    documents = files_field()


class StrikeOffForm(StepForm):
    """Closing without rectification."""

    outcome = forms.ChoiceField(
        label=_("销号方式"), choices=[c for c in Case.Outcome.choices if c[0] != "rectified"]
    )
    merged_into = forms.CharField(label=_("并入的问题编号"), required=False, max_length=40)
    reason = text_field(_("理由"))
    cancel_items = forms.BooleanField(label=_("同时取消尚未完成的整改措施"), required=False)
    documents = files_field(_("证明材料"))

    def __init__(self, case, request, *, cases, initial=None):
        super().__init__(case, request, initial=initial)
        self.cases = cases

    def clean_merged_into(self):
        """The case of that number, of those the person sees."""
        number = self.cleaned_data["merged_into"].strip()
        found = self.cases.filter(number=number).first() if number else None
        if number and found is None:
            raise forms.ValidationError(_("没有编号为“%(got)s”的问题"), params={"got": number})
        return found


class ReopenForm(StepForm):
    """Opening again."""

    reason = text_field(_("重新立案理由"))
    due_on = day_field(_("整改期限"), required=False)
    documents = files_field()


class ObserveForm(StepForm):
    """Which run to look at it with."""

    run = forms.ModelChoiceField(Run.objects.none(), label=_("批次"), empty_label=None)

    def __init__(self, case, request, *, runs, initial=None):
        super().__init__(case, request, initial=initial)
        self.fields["run"].queryset = runs


def kind_rows(damage_type: str) -> list[dict]:
    """Kinds with label and acceptance condition, those that fit the damage first."""
    return [
        {"code": code, "label": row[language()], "condition": row["condition_zh"],
         "evidence": row["evidence"].split(";"), "fits": damage_type in row["damage_types"].split(";")}
        for code, row in kinds_for(damage_type).items()
    ]  # fmt: skip
