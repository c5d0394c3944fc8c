"""The rule table: read it, change a rule, replace the whole."""

from dataclasses import asdict

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.admission.result import cite
from ecoredline.web.admissions import rules
from ecoredline.web.admissions.forms import RuleForm, TableForm
from ecoredline.web.admissions.models import RuleEdition
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound

BOTH = require_http_methods(["GET", "POST"])
SHOWN_EDITIONS = 20


@require_GET
def admission_rules(request):
    """The rules in force, and the editions so far."""
    require(request.user, "admission.view")
    edition = rules.edition_now()
    table = rules.table_for(edition)
    context = {
        "table": table,
        "rows": [(rule, cite(rule)) for rule in table.rules],
        "editions": RuleEdition.objects.select_related("by__unit")[:SHOWN_EDITIONS],
        "may_edit": may(request.user, "admission.rules"),
    }
    return render(request, "admissions/rules.html", context)


@require_GET
def rules_csv(request):
    """The table as CSV; recorded."""
    require(request.user, "admission.view")
    table = rules.table_for(rules.edition_now())
    note_request(request, "admission.rules_download", table.version)
    body = rules.as_csv([asdict(rule) for rule in table.rules])
    name = f"admission-rules-{table.sha256[:12]}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


def number_now() -> int:
    """The number of the edition in force; 0 for the shipped table."""
    edition = rules.edition_now()
    return edition.number if edition else 0


@never_cache
@BOTH
def rule_edit(request):
    """Change the rule `?code=`, or add one; the whole table is checked, all faults at once."""
    require(request.user, "admission.rules")
    code = request.GET.get("code", "")
    rows = rules.rows_now()
    old = next((row for row in rows if row["code"] == code), None)
    if code and old is None:
        raise NotFound(code)

    def save(said, seen, **row):
        others = [r for r in rows if r is not old]
        at = rows.index(old) if old else len(others)
        rules.make_edition(
            rows=[*others[:at], row, *others[at:]], by=request.user, said=said, seen=seen
        )

    start = {"province": request.user.unit.division_code.ljust(6, "0"), "path": "*"}
    form = RuleForm(request.POST or None, initial=(old or start) | {"seen": number_now()})
    return form_page(
        request, form, save, title=code or _("增加规则"), back=reverse("admission_rules"),
        about=_("准入规则"),
        intro=_("保存即成为新的一版；已作出的核查结果仍引用当时的版本。错误行号为规则在表中的次序加一。"),
    )  # fmt: skip


@never_cache
@BOTH
def table_edit(request):
    """Replace the whole table by an uploaded one; all faults at once, nothing of a faulty one kept."""
    require(request.user, "admission.rules")

    def save(upload, said, seen):
        rules.make_edition(
            rows=rules.from_csv(upload.read()), by=request.user, said=said, seen=seen
        )

    form = TableForm(request.POST or None, request.FILES or None, initial={"seen": number_now()})
    return form_page(
        request, form, save, title=_("上传规则表"), back=reverse("admission_rules"),
        about=_("准入规则"), intro=_("先下载现行规则表，改好后整表上传。"),
    )  # fmt: skip
