"""Pages of the register: list, letter, drafting, and what is done with a letter."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, NotFound, StepNotAllowed
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.files.actions import attach
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.letters import actions, queries
from ecoredline.web.letters.document import letter_docx, tables_of, words_now
from ecoredline.web.letters.forms import LetterForm
from ecoredline.web.letters.models import Letter
from ecoredline.web.letters.reminders import reminders_for
from ecoredline.web.letters.templates import template_for, words_of

PAGE_ROWS = 50
SHOWN_ROWS = 200
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SUBJECTS = {"clue": "clue", "case": "case"}  # subject_kind → address name


def kinds() -> list[tuple[str, str]]:
    """The kinds of letters in the page's language."""
    return [(code, row[language()]) for code, row in code_list("letter_kinds").items()]


@never_cache
@require_GET
def letter_list(request):
    """The register, what is overdue marked, with the reminders given to the unit."""
    chosen = queries.LetterFilter.read(request.GET)
    page = Paginator(queries.letters_for(request.user, chosen), PAGE_ROWS).get_page(
        request.GET.get("page")
    )
    years = queries.letters_for(request.user).exclude(year=None).order_by("-year")
    context = {
        "page": page, "chosen": chosen, "query": chosen.query, "kinds": kinds(),
        "states": Letter.State.choices, "years": years.values_list("year", flat=True).distinct(),
        "overdue": queries.letters_for(request.user).filter(queries.due_in("overdue")).count(),
        "may_draft": may(request.user, "letter.draft"), "may_template": may(request.user, "letter.template"),
        "reminders": reminders_for(request.user, subject_kind="letter")[:5], "today": clock.today(),
    }  # fmt: skip
    return render(request, "letters/list.html", context)


@never_cache
@require_GET
def letter(request, pk: int):
    """One letter: its words, its list as it stood, receipt, replies, files."""
    return page_of(request, queries.letter_for(request.user, pk))


def page_of(request, found: Letter, *, faults=(), typed=None, act: str = "", status: int = 200):
    """The page of a letter."""
    tables = tables_of(found)
    files = list(attachments_of(found, person=request.user))
    replies = [
        {"row": row, "files": [f for f in files if f.record == f"reply:{row.pk}"]}
        for row in found.replies.select_related("by__unit")
    ]
    context = {
        "letter": found, "words": words_now(found), "steps": queries.steps_of(request.user, found),
        "table": tables[0] if tables else None, "rows": tables[0].rows[:SHOWN_ROWS] if tables else (),
        "columns": tables[0].layout.columns if tables else (), "replies": replies,
        "files": [f for f in files if not f.record], "subjects": subjects_of(found),
        "faults": faults, "typed": typed or {}, "act": act, "today": clock.today(),
        "is_official": words_of(found.template).is_official,
        "reminders": reminders_for(request.user, subject_kind="letter", subject_id=found.pk),
    }  # fmt: skip
    return render(request, "letters/letter.html", context, status=status)


def subjects_of(found: Letter) -> list[dict]:
    """Links to what the letter is about."""
    name = SUBJECTS.get(found.subject_kind)
    labels = {row.get("clue", row.get("case")): row.get("number") for row in found.rows}
    try:
        return [
            {
                "url": reverse(name, args=[pk]),
                "label": labels.get(pk) or f"{found.subject_kind} {pk}",
            }
            for pk in (found.subject_ids if name else ())
        ]
    except NoReverseMatch:  # the room is not open
        return []


@require_GET
def letter_file(request, pk: int):
    """The letter with its list as a DOCX; recorded, because it takes data away."""
    found = queries.letter_for(request.user, pk)
    body = letter_docx(found)
    note_request(request, "letter.download", f"letter {pk}", number=found.number)
    name = f"{found.number or _('草稿')} {found.title}.docx"
    response = FileResponse(body, as_attachment=True, filename=name)
    response.headers["Content-Type"] = DOCX
    response.headers["Cache-Control"] = "private, no-store"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def letter_new(request, kind: str = ""):
    """Draft a letter of a kind; without one the kinds to choose from."""
    require(request.user, "letter.draft")
    if not kind:
        return render(
            request,
            "letters/kinds.html",
            {"kinds": [(code, name) for code, name in kinds() if not actions.needs_list(code)]},
        )
    if kind not in code_list("letter_kinds"):
        raise NotFound()
    if actions.needs_list(kind):
        raise BadForm(_("此类公文附有清单，请在线索或问题页面随下发、移交生成"))
    words = words_of(template_for(request.user.unit, kind))
    form = LetterForm(request.POST or None, words=words, units=queries.recipients(request.user))
    return drafting(
        request,
        form,
        words,
        lambda facts: actions.draft_letter(kind=kind, by=request.user, **facts),
    )


@never_cache
@require_http_methods(["GET", "POST"])
def letter_edit(request, pk: int):
    """Change a draft; what no blank of the page says (sender, mark …) stays."""
    found = queries.letter_for(request.user, pk)
    require(request.user, "letter.amend", found)
    if found.state != Letter.State.DRAFT:
        raise StepNotAllowed(found.get_state_display())
    words = words_of(found.template)
    form = LetterForm(
        request.POST or None, instance=found, words=words, values=found.values,
        units=queries.recipients(request.user),
    )  # fmt: skip
    hidden = {k: v for k, v in found.values.items() if k not in form.blanks}

    def change(facts):
        return actions.amend_letter(
            found, by=request.user, **(facts | {"values": hidden | facts["values"]})
        )

    return drafting(request, form, words, change, letter=found)


def drafting(request, form, words, work, *, letter=None):
    """The form of a draft: all faults at once, nothing typed is lost."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            facts = {name: form.cleaned_data[name] for name in LetterForm.Meta.fields}
            try:
                made = work(facts | {"values": form.values()})
            except (BadForm, MovedMeanwhile, StepNotAllowed) as fault:
                status = fault.status
                for sentence in fault.details or [str(fault.message)]:
                    form.add_error(None, sentence)
            else:
                messages.success(request, _("草稿已保存"))
                return redirect("letter", made.pk)
    context = {"form": form, "words": words, "letter": letter}
    return render(request, "letters/draft.html", context, status=status)


@require_POST
def letter_act(request, pk: int, act: str):
    """Send, receive, answer or make void."""
    found = queries.letter_for(request.user, pk)
    if act not in ACTS:
        raise NotFound()
    try:
        ACTS[act](request, found)
    except (BadForm, MovedMeanwhile, StepNotAllowed) as fault:
        words = (
            fault.details
            if isinstance(fault, BadForm)
            else [" ".join([str(fault.message), *fault.details])]
        )
        fresh = queries.letter_for(request.user, pk)
        return page_of(
            request, fresh, faults=words, typed=request.POST, act=act, status=fault.status
        )
    messages.success(request, _("已办理"))
    return redirect("letter", pk)


def reply(request, found: Letter) -> None:
    """A reply with its files; the files are checked before anything is written."""
    said, uploads = request.POST.get("dated", ""), request.FILES.getlist("files")
    try:
        dated = clock.today().fromisoformat(said)
    except ValueError as fault:
        raise BadForm(_("来文日期“%(got)s”应写作 2026-03-31") % {"got": said}) from fault
    with actions.transaction.atomic():
        made = actions.reply_to_letter(
            found, by=request.user, said=request.POST.get("said", ""), dated=dated,
            number=request.POST.get("number", "")[:60],
        )  # fmt: skip
        for upload in uploads:
            attach(
                found,
                upload,
                kind="document",
                by=request.user,
                record=f"reply:{made.pk}",
                room="letters",
            )


ACTS = {
    "send": lambda request, found: actions.send_letter(found, by=request.user),
    "receive": lambda request, found: actions.receive_letter(found, by=request.user),
    "reply": reply,
    "void": lambda request, found: actions.void_letter(
        found, by=request.user, reason=request.POST.get("reason", "")
    ),
}
