"""The page on which an annex 4 of another office is looked at, taken in, and its updates taken over."""

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ecoredline.web.cases import importing
from ecoredline.web.core.permissions import require
from ecoredline.web.files.list_page import list_page


@require_http_methods(["GET", "POST"])
def case_import(request):
    """The file, what would come in and what is wrong, then all or nothing; updates one by one."""
    require(request.user, "case.import")
    return list_page(
        request, imported, template="cases/import.html",
        done=_("已导入并立案 %(count)d 处"), back="case_list",
    )  # fmt: skip


def imported(request, context: dict, data: bytes):
    """The preview into the context, or the cases once confirmed."""
    name, detail = context["name"], context["detail"]
    facts = {"by": request.user, "year": context["year"]}
    if request.POST.get("confirm"):
        return importing.import_problems(data, name=name, detail=detail, **facts)
    if number := request.POST.get("take_over", ""):
        seen = request.POST.get(f"version-{number}", "")
        case = importing.take_over(
            data, number=number, name=detail or name, **facts,
            seen=int(seen) if seen.isascii() and seen.isdigit() else None,
        )  # fmt: skip
        messages.success(request, _("已采纳到 %(number)s") % {"number": case.number})
    context["preview"] = importing.read_problems(data, **facts)
    return None
