"""Pages of rule sets: list, edit with a live check, preview, sign."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.codes import code_list
from ecoredline.effectiveness import evaluate
from ecoredline.effectiveness.measures import MEASURES
from ecoredline.effectiveness.numbers import read_numbers
from ecoredline.effectiveness.store import rules_of
from ecoredline.errors import NotEnoughData
from ecoredline.web.assessments import queries, rule_actions
from ecoredline.web.assessments.actions import output_inputs
from ecoredline.web.assessments.models import RuleBook
from ecoredline.web.assessments.rule_form import form_rows, read_rules
from ecoredline.web.assessments.rule_words import MEASURE_WORDS
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile
from ecoredline.web.core.templatetags.ecoredline import language

BOTH = require_http_methods(["GET", "POST"])
CHOICES = {
    "directions": (("higher", _("越高越好")), ("lower", _("越低越好"))),
    "policies": (
        ("none", _("无")), ("first", _("最早有数据的年份")), ("previous", _("上一年")), ("year", _("指定年份")),
    ),
    "when_missing": (("refuse", _("缺数不评级")), ("reweight", _("按其余指标重新分配权重"))),
}  # fmt: skip


class SignForm(forms.Form):
    """Who has the document says that these are its words."""

    basis = forms.CharField(
        label=_("依据文件（名称、文号）"), max_length=300,
        help_text=_("例如：生态环境部 HJ 1143—2020 正式文本，或本级印发的考核办法文号"),
    )  # fmt: skip
    on = day_field(_("核定日期"))
    document = forms.FileField(label=_("文件扫描件（可选，只记散列值与原件）"), required=False)


@require_GET
def rule_list(request):
    """Every rule set with its versions."""
    require(request.user, "rules.view")
    rule_actions.ensure_shipped()
    books = RuleBook.objects.select_related("unit", "signed_by__unit").order_by("code", "-number")
    context = {"books": books, "may_edit": may(request.user, "rules.edit")}
    return render(request, "assessments/rules.html", context)


def may_change(person, book: RuleBook) -> bool:
    """Is it the person's own unit's draft?"""
    return may(person, "rules.edit") and book.unit_id == person.unit_id and not book.is_locked


def rule_context(request, book: RuleBook, data: dict, faults=()) -> dict:
    """What the edit page shows, of stored or of posted data."""
    names = [(c, r[language()]) for c, r in code_list("effectiveness_numbers").items()]
    known = {c for c, _label in names}
    names += [(c, zh) for c, zh in data.get("names", {}).items() if c not in known]
    return {
        "book": book, "data": data, "rows": form_rows(data), "faults": faults, "names": names,
        "measures": list(MEASURE_WORDS.items()), "choices": CHOICES,
        "measure_inputs": {c: list(m.inputs) for c, m in MEASURES.items()},
        "own_names": [(c, zh) for c, zh in data.get("names", {}).items() if c not in known],
        "may_change": may_change(request.user, book), "may_copy": may(request.user, "rules.edit"),
        "may_sign": may(request.user, "rules.sign") and book.unit_id == request.user.unit_id
        and book.signed_by_id is None,
        "blank": {"weight": 0, "direction": "higher", "measure": "share", "baseline": "none"},
        "mark": book.mark, "versions": RuleBook.objects.filter(code=book.code).order_by("-number"),
        "uses": queries.assessments_for(request.user).filter(rules=book),
    }  # fmt: skip


@BOTH
def rule(request, pk: int):
    """One version: read, or written anew with all its faults shown beside what was typed."""
    require(request.user, "rules.view")
    book, faults, status = queries.rule_for(pk), (), 200
    data = book.data
    if request.method == "POST":
        data = read_rules(request.POST, book.data)
        seen = request.POST.get("version", "")
        try:
            rule_actions.save_rules(
                book,
                by=request.user,
                data=data,
                seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
            )
        except (BadForm, MovedMeanwhile) as fault:
            faults, status = fault.details or [str(fault.message)], fault.status
        else:
            messages.success(request, _("已保存"))
            return redirect("rule", pk=book.pk)
    return render(
        request, "assessments/rule.html", rule_context(request, book, data, faults), status=status
    )


@require_POST
def rule_copy(request, pk: int):
    """A new version to work on."""
    made = rule_actions.new_version(queries.rule_for(pk), by=request.user)
    return redirect("rule", pk=made.pk)


@require_POST
def rule_preview(request, pk: int):
    """What the typed rules would give on the newest numbers, beside what the stored ones give."""
    require(request.user, "rules.view")
    book = queries.rule_for(pk)
    data = read_rules(request.POST, book.data)
    faults = rule_actions.said(data)
    context = {
        "faults": faults,
        "mark": book.mark or rules_of(rule_actions.unsigned(book.data)).mark,
    }
    if not faults:
        context |= preview_rows(request.user, book, data)
    return render(request, "assessments/preview.html", context)


def preview_rows(person, book: RuleBook, data: dict) -> dict:
    """Totals by the typed and by the stored rules on the newest frozen numbers."""
    newest = next((a for a in queries.assessments_for(person) if queries.sees_all(person, a)), None)
    if newest is None:
        return {"nothing": True}
    ledger = read_numbers(output_inputs(newest, "numbers.csv", "numbers"))
    typed = evaluated(rules_of(data), ledger, newest.year)
    stored = evaluated(book.rules, ledger, newest.year)
    rows = [
        {"name": e.unit_zh, "total": none_for_nan(e.total), "grade": e.grade,
         "before": none_for_nan(stored[u].total), "before_grade": stored[u].grade,
         "missing": sorted({m for f in e.findings for m in f.missing})}
        for u, e in typed.items()
    ]  # fmt: skip
    return {"newest": newest, "rows": rows}


def evaluated(rules, ledger, year: int) -> dict:
    """Evaluations by place; none where the year has no number."""
    try:
        return {e.unit: e for e in evaluate(rules, ledger, year)}
    except NotEnoughData:
        return {}


def none_for_nan(value: float) -> float | None:
    """A number, or None."""
    return value if value == value else None


@BOTH
def rule_sign(request, pk: int):
    """The signature: who, when, which document."""
    require(request.user, "rules.sign")
    book = queries.rule_for(pk)
    basis = book.data.get("basis", "")
    first = {"basis": "" if rule_actions.SAMPLE_WORD in basis else basis, "on": clock.today()}
    if request.method == "POST":
        form = SignForm(request.POST, request.FILES)
    else:
        form = SignForm(initial=first)
    made: dict = {"pk": book.pk}

    def work(basis, on, document):
        made["pk"] = rule_actions.sign_rules(
            book, by=request.user, on=on, basis=basis, document=document
        ).pk

    answer = form_page(
        request, form, work, title=_("核定评价规则"), back=reverse("rule", args=[book.pk]),
        done=_("已核定"), verb=_("我已对照文件，核定"), about=str(book),
        intro=_(
            "核定人须持有依据文件并逐条对照指标、权重、评分曲线和等级。核定后本版本不能再改；任何改动都会使核定失效，并重新出现“示例，非官方权重”。"
        ),
    )  # fmt: skip
    return redirect("rule", pk=made["pk"]) if answer.status_code == 302 else answer


@require_GET
def rule_json(request, pk: int):
    """The version as a file for `ecoredline effectiveness`."""
    require(request.user, "rules.view")
    book = queries.rule_for(pk)
    response = HttpResponse(book.rules.as_json(), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{book.code}-v{book.number}.json"'
    )
    return response
