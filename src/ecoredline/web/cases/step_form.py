"""Forms of one step: the version the person looked at, files, and a page that loses nothing typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.web.cases.models import Case
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.problems import BadForm, Blocked, MovedMeanwhile
from ecoredline.web.core.templatetags.ecoredline import language

PICTURES = {"accept": "image/*", "capture": "environment"}


class ManyFiles(forms.ClearableFileInput):
    """A picker for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files as a list; checked by content where they are kept."""

    widget = ManyFiles

    def clean(self, data, initial=None):
        """The files that were chosen."""
        many = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in many if one]


def photos_field(label=_("照片"), **options) -> FilesField:
    """Photographs; a phone opens its camera."""
    return FilesField(label=label, required=False, widget=ManyFiles(attrs=PICTURES), **options)


def files_field(label=_("附件"), **options) -> FilesField:
    """Documents."""
    return FilesField(label=label, required=False, **options)


def coded(name: str, blank: bool = False):
    """Choices of a code list in the page's language."""

    def choices():
        rows = [(code, row[language()]) for code, row in code_list(name).items()]
        return [("", "—"), *rows] if blank else rows

    return choices


class StepForm(forms.Form):
    """A form about a case that knows which version of it the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, case: Case, request, *, initial=None):
        data = (request.POST, request.FILES) if request.method == "POST" else ()
        super().__init__(*data, initial={"version": case.version} | (initial or {}))
        self.case = case

    def facts(self) -> dict:
        """The fields for an action, the version as `seen`."""
        found = dict(self.cleaned_data)
        return found | {"seen": found.pop("version", None)}

    def look_again(self) -> None:
        """The person has been told who was first: what they send next is about the present state."""
        fresh = Case.objects.filter(pk=self.case.pk).values_list("version", flat=True).first()
        self.data = self.data.copy()
        self.data["version"] = fresh


def step_page(request, form: StepForm, work, *, back: str, **context):
    """The page of a step; `work(**facts)` does it. What stands in the way is told above the form."""

    def do(**_typed):
        try:
            work(**form.facts())
        except Blocked as fault:
            raise BadForm(str(fault.message), *fault.details) from fault
        except MovedMeanwhile:
            form.look_again()
            raise

    return form_page(request, form, do, back=back, about=form.case.number, **context)
