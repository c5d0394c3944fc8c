"""The page from which the year's report is made."""

import io

from django.http import FileResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ecoredline.documents.annual_data import report_faults
from ecoredline.documents.annual_report import annual_report_document
from ecoredline.web.board import annual
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.board.views import page_context
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import require

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_GET
def annual_report(request):
    """The year's figures, the cases that may be told, and the button that makes the document."""
    require(request.user, "board.annual")
    chosen = BoardFilter.read({"year": request.GET.get("year", "")})
    data = annual.figures_of(request.user, chosen)
    context = page_context(request, chosen) | {
        "data": data, "faults": report_faults(data),
        "candidates": annual.candidates(request.user, chosen),
    }  # fmt: skip
    return render(request, "board/annual.html", context)


@require_GET
def annual_docx(request):
    """The report; recorded. Raises `InputError` (422.1) when figures contradict each other."""
    require(request.user, "board.annual")
    chosen = BoardFilter.read({"year": request.GET.get("year", "")})
    keys = {int(k) for k in request.GET.getlist("case") if k.isascii() and k.isdigit()}
    body = io.BytesIO()
    annual_report_document(annual.figures_of(request.user, chosen, keys)).save(body)
    body.seek(0)
    note_request(request, "board.annual", f"year {chosen.number}", cases=sorted(keys))
    name = f"annual-report-{chosen.number}.docx"
    response = FileResponse(body, as_attachment=True, filename=name)
    response.headers["Content-Type"] = DOCX
    return response
