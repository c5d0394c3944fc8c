"""A page with one form: what is typed is never lost, every fault is shown at once."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.problems import BadForm, MovedMeanwhile, StepNotAllowed


def day_field(label, **options) -> forms.DateField:
    """A date with the browser's own picker."""
    return forms.DateField(
        label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options
    )


def text_field(label, **options) -> forms.CharField:
    """Some lines of text."""
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}), **options)


def seen_version(request) -> int | None:
    """`version` of a form: the version of the subject the person looked at."""
    word = request.POST.get("version", "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None


def form_page(
    request, form: forms.Form, work: Callable, *, title, back: str, done=_("已保存"),
    template: str = "core/form.html", **context,
):  # fmt: skip
    """Show the form, or do `work(**fields)` and go `back` (an address).

    A refusal the person can mend (`BadForm`), and one that says somebody was first, are shown
    above the fields with all that was typed.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                work(**form.cleaned_data)
            except (BadForm, MovedMeanwhile, StepNotAllowed) as fault:
                status = fault.status
                words = fault.details or [str(fault.message)]
                if not isinstance(fault, BadForm):
                    words = [" ".join([str(fault.message), *fault.details])]
                for sentence in words:
                    form.add_error(None, sentence)
            else:
                messages.success(request, done)
                return redirect(back)
    page = {"form": form, "title": title, "back": back} | context
    return render(request, template, page, status=status)
