"""Pages of letters from outside: the register, one to enter with its file read, one letter."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, form_page, text_field
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.letters import incoming
from ecoredline.web.letters.models import IncomingLetter

PAGE_ROWS = 50
READ = ("number", "title", "addressee", "sender", "dated", "reply_by", "count", "area_ha")


class IncomingForm(forms.Form):
    """A letter as it came."""

    number = forms.CharField(label=gettext_lazy("来文文号"), max_length=60)
    title = forms.CharField(label=gettext_lazy("标题"), max_length=300)
    sender = forms.CharField(label=gettext_lazy("来文单位"), max_length=200)
    addressee = forms.CharField(label=gettext_lazy("主送"), max_length=200, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), required=False)
    dated = day_field(gettext_lazy("成文日期"))
    received_on = day_field(gettext_lazy("收文日期"))
    reply_by = day_field(gettext_lazy("反馈期限"), required=False)
    count = forms.IntegerField(label=gettext_lazy("清单数量"), required=False, min_value=0)
    area_ha = forms.DecimalField(
        label=gettext_lazy("涉及红线面积（公顷）"), required=False, min_value=0, max_digits=14,
        decimal_places=4,
    )  # fmt: skip
    remark = text_field(gettext_lazy("备注"), required=False)
    file = forms.FileField(
        label=gettext_lazy("来文（扫描件或 DOCX）"), required=False,
        help_text=gettext_lazy("DOCX 可先“读取文件”，按平台版式的来文自动填入文号、日期、期限和数量。"),
    )  # fmt: skip

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        kinds = [(code, row[language()]) for code, row in code_list("letter_kinds").items()]
        self.fields["kind"].choices = [("", "—"), *kinds]


@never_cache
@require_GET
def incoming_list(request):
    """What came from outside, newest first."""
    require(request.user, "letter.view")
    rows = IncomingLetter.objects.visible_to(request.user).select_related("unit")
    context = {
        "page": Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page")),
        "may_register": may(request.user, "letter.register"),
    }
    return render(request, "letters/incoming.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def incoming_new(request):
    """Enter a letter; with `read` only what its file says is filled in."""
    require(request.user, "letter.register")
    upload = request.FILES.get("file")
    if request.method == "POST" and "read" in request.POST:
        return filled(request, upload)
    initial = {"received_on": clock.today(), "addressee": request.user.unit.name}
    form = IncomingForm(request.POST or None, request.FILES or None, initial=initial)
    made = []

    def work(file, **facts):
        files = [file] if file else []
        made.append(incoming.register_letter(by=request.user, files=files, **facts))

    answer = form_page(request, form, work, done=_("已登记"), **page_words())
    return redirect("incoming_letter", made[0].pk) if made else answer


def page_words() -> dict:
    """What stands around the form."""
    return {
        "title": _("登记来文"),
        "back": reverse("incoming_list"),
        "verb": _("登记"),
        "second": ("read", _("读取文件")),
    }


def filled(request, upload):
    """The form with what the file says; what was typed stays where the file says nothing."""
    typed = {
        name: request.POST.get(name, "") for name in IncomingForm.base_fields if name != "file"
    }
    form = IncomingForm(initial=typed)
    fault = "" if upload else _("没有选择文件")
    try:
        found = incoming.read_upload(upload) if upload else None
    except BadForm as problem:
        found, fault = None, "；".join(problem.details)
    if found is not None:
        said = {name: value for name in READ if (value := getattr(found, name)) not in ("", None)}
        form = IncomingForm(initial=typed | said)
        if not found.is_known:
            fault = _("不是平台版式的来文，请核对并补全")
    context = page_words() | {
        "form": form,
        "intro": fault or _("已按文件填入，请核对；登记时请再次选择文件。"),
    }
    return render(request, "core/form.html", context, status=422 if fault else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def incoming_letter(request, pk: int):
    """One letter with its files; its answer is written down here."""
    rows = IncomingLetter.objects.visible_to(request.user).select_related("unit", "by")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound()
    own = may(request.user, "letter.register") and row.unit_id == request.user.unit_id
    faults, status = [], 200
    if request.method == "POST":
        try:
            dated = clock.today().fromisoformat(request.POST.get("dated", ""))
        except ValueError:
            dated = None
        try:
            incoming.answer_incoming(
                row, by=request.user, number=request.POST.get("number"), dated=dated
            )
        except BadForm as fault:
            faults, status = fault.details, fault.status
        else:
            messages.success(request, _("已登记回复"))
            return redirect("incoming_letter", pk)
    context = {
        "letter": row, "files": attachments_of(row), "faults": faults,
        "may_answer": own and row.replied_on is None, "today": clock.today(),
    }  # fmt: skip
    return render(request, "letters/incoming_letter.html", context, status=status)
