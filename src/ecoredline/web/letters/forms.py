"""Forms of letters: drafting by kind, templates as lines of text."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.documents.letter_template import LetterTemplate as Words
from ecoredline.web.core.form_page import day_field, text_field
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.letters.models import Letter

OWN_FIELDS = {
    "contact",
    "number",
    "dated",
    "reply_by",
    "count",
    "area",
    "province",
}  # of the letter itself


class LetterForm(forms.ModelForm):
    """A draft: to whom, by when, and what its template's blanks say."""

    class Meta:
        model = Letter
        fields = ("addressee", "to_unit", "dated", "reply_by", "contact")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("dated", "reply_by")
        }

    def __init__(self, *args, words: Words, units, values=None, **options):
        super().__init__(*args, **options)
        for name in ("to_unit", "dated", "reply_by", "contact"):
            self.fields[name].required = False
        self.fields["to_unit"].queryset = units
        self.fields["to_unit"].label = _("平台内收文单位")
        self.fields["to_unit"].empty_label = _("（平台外，线下送达）")
        self.blanks = [
            name for name in code_list("letter_blanks") if name in words.blanks - OWN_FIELDS
        ]
        for name in self.blanks:
            row = code_list("letter_blanks")[name]
            label = row[language()]
            kept = (values or {}).get(name, "")
            if row["kind"] == "list":
                field = text_field(label, required=False, help_text=_("每行一项"))
                kept = "\n".join(kept) if isinstance(kept, list) else kept
            elif row["kind"] == "date":
                field = day_field(label, required=False)
            else:
                field = forms.CharField(label=label, required=False, max_length=500)
                field.widget.attrs["placeholder"] = words.defaults.get(name, row["empty"])
            field.initial = kept
            self.fields[f"blank_{name}"] = field

    def values(self) -> dict:
        """What was typed for the blanks; what is blank stays the template's."""
        found = {}
        for name in self.blanks:
            value = self.cleaned_data.get(f"blank_{name}")
            if code_list("letter_blanks")[name]["kind"] == "list":
                value = [line.strip() for line in (value or "").splitlines() if line.strip()]
            if value:
                found[name] = value.isoformat() if hasattr(value, "isoformat") else value
        return found


class TemplateForm(forms.Form):
    """A letter's words as lines of text; faults are those of `template_faults`."""

    zh = forms.CharField(label=_("名称"), max_length=100)
    en = forms.CharField(label=_("英文名称"), max_length=100)
    valid_from = forms.CharField(
        label=_("生效日期"), widget=forms.DateInput(attrs={"type": "date"})
    )
    source = forms.CharField(label=_("依据"), max_length=200)
    title = forms.CharField(
        label=_("标题（每行不超过20字）"), widget=forms.Textarea(attrs={"rows": 2})
    )
    addressee = forms.CharField(label=_("主送"), required=False)
    paragraphs = forms.CharField(
        label=_("正文（每段一行）"), widget=forms.Textarea(attrs={"rows": 9})
    )
    annex = forms.CharField(label=_("附件说明"), required=False)
    list_title = forms.CharField(label=_("清单标题"), required=False)
    contact = forms.CharField(label=_("联系人行"), required=False)
    sender = forms.CharField(label=_("署名"), required=False)
    defaults = forms.CharField(
        label=_("空格的默认文字（每行一个：名称=文字）"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @staticmethod
    def initial_of(words: Words) -> dict:
        """A template as the form's fields."""
        body = words.as_mapping()
        lines = {name: "\n".join(body[name]) for name in ("title", "paragraphs")}
        return (
            body | lines | {"defaults": "\n".join(f"{k}={v}" for k, v in body["defaults"].items())}
        )

    def body(self, words: Words) -> dict:
        """What was typed as plain data, id and kind from the template it began with; nothing is left out."""
        given = {name: self.data.get(name, "").strip() for name in self.fields}
        lines = {
            n: [x.strip() for x in given[n].splitlines() if x.strip()]
            for n in ("title", "paragraphs")
        }
        pairs = [line.partition("=") for line in given["defaults"].splitlines() if line.strip()]
        defaults = {k.strip(): v.strip() for k, _equals, v in pairs}
        return given | lines | {"defaults": defaults, "id": words.id, "kind": words.kind}
