"""Pages on which an office changes the words of its letters, without touching code."""

from datetime import date

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ecoredline.codes import code_list
from ecoredline.documents.letter_fill import LetterParties, fill
from ecoredline.documents.letter_template import LetterTemplate as Words
from ecoredline.documents.letter_template import template_faults
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.letters.actions import set_number_word
from ecoredline.web.letters.document import our_name
from ecoredline.web.letters.forms import TemplateForm
from ecoredline.web.letters.models import LetterTemplate, NumberWord
from ecoredline.web.letters.templates import own_template, save_template, shipped, words_of


@never_cache
@require_http_methods(["GET", "POST"])
def template_list(request):
    """Every kind with the words in force for the unit, and the words of its numbers."""
    require(request.user, "letter.template")
    unit, today, faults = request.user.unit, clock.today(), []
    if request.method == "POST":
        try:
            valid_from = date.fromisoformat(request.POST.get("valid_from", ""))
            set_number_word(
                unit=unit, word=request.POST.get("word", ""), valid_from=valid_from, by=request.user
            )
        except ValueError:
            faults = [_("生效日期应写作 2026-03-31")]
        except BadForm as fault:
            faults = fault.details
        else:
            messages.success(request, _("已保存"))
            return redirect("letter_templates")
    rows = [row_of(unit, code, row, today) for code, row in code_list("letter_kinds").items()]
    context = {
        "rows": rows, "faults": faults, "today": today, "typed": request.POST,
        "words": NumberWord.objects.filter(unit=unit)[:10],
    }  # fmt: skip
    return render(request, "letters/templates.html", context, status=422 if faults else 200)


def row_of(unit, code: str, row: dict, today: date) -> dict:
    """One kind: which words are in force, and those yet to come."""
    own = own_template(unit, code, today)
    words = words_of(own) if own else shipped(code, today)
    later = LetterTemplate.objects.filter(unit=unit, kind=code, valid_from__gt=today).count()
    return {"code": code, "label": row[language()], "own": own, "words": words, "later": later}


def words_in_force(unit, kind: str) -> Words:
    """The words an edit begins with; raises `NotFound` (404.1) for a strange kind."""
    if kind not in code_list("letter_kinds"):
        raise NotFound()
    own = LetterTemplate.objects.filter(unit=unit, kind=kind).first() or own_template(
        unit, kind, clock.today()
    )
    return words_of(own) if own else shipped(kind, clock.today())


@never_cache
@require_http_methods(["GET", "POST"])
def template_edit(request, kind: str):
    """Change the words of a kind from a day on; every fault is shown at once."""
    require(request.user, "letter.template")
    unit = request.user.unit
    words = words_in_force(unit, kind)
    start = TemplateForm.initial_of(words) | {"valid_from": clock.today().isoformat()}
    start["source"] = unit.name  # words of one's own are not the notice's
    form, faults = TemplateForm(request.POST or None, initial=start), []
    if request.method == "POST":
        try:
            save_template(unit=unit, kind=kind, body=form.body(words), by=request.user)
        except BadForm as fault:
            faults = fault.details
        else:
            messages.success(request, _("已保存，自生效之日起使用"))
            return redirect("letter_templates")
    body = form.body(words) if request.method == "POST" else words.as_mapping()
    rows = code_list("letter_blanks")
    context = {
        "form": form, "faults": faults, "kind": kind, "label": code_list("letter_kinds")[kind][language()],
        "blanks": [(name, row[language()]) for name, row in rows.items()],
        "required": code_list("letter_kinds")[kind]["required"].split(";"),
        "earlier": LetterTemplate.objects.filter(unit=unit, kind=kind).select_related("by")[:10],
        **preview_of(body, unit),
    }  # fmt: skip
    return render(request, "letters/template.html", context, status=422 if faults else 200)


@require_POST
def template_preview(request, kind: str):
    """The words as they would stand, and all that is wrong, as a piece of the page."""
    require(request.user, "letter.template")
    words = words_in_force(request.user.unit, kind)
    body = TemplateForm(request.POST).body(words)
    return render(request, "letters/preview.html", preview_of(body, request.user.unit))


def preview_of(body: dict, unit) -> dict:
    """{preview, preview_faults}: the filled words of a template without faults."""
    faults = template_faults(body)
    if faults:
        return {"preview": None, "preview_faults": faults}
    parties = LetterParties(sender=unit.name, mark=unit.name, our_name=our_name(unit))
    return {"preview": fill(Words.read(body), parties), "preview_faults": ()}
