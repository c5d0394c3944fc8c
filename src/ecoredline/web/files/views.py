"""Opening attachments: the original as a download, a photograph's small picture in the page."""

from django.http import FileResponse
from django.views.decorators.http import require_GET

from ecoredline.web.core.actions import note_request
from ecoredline.web.core.middleware import CSP_HEADER
from ecoredline.web.files import store
from ecoredline.web.files.previews import preview
from ecoredline.web.files.queries import attachment_for

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
PREVIEW_SECONDS = 3600


@require_GET
def attachment(request, pk: int):
    """The original as it came, never shown by the browser; a sensitive one's opening is recorded."""
    found = attachment_for(request.user, pk)
    stream = store.opened(found.sha256)
    note_opening(request, found, "file.open")
    response = FileResponse(stream, as_attachment=True, filename=found.name)
    response.headers["Content-Type"] = found.media_type
    response.headers["Cache-Control"] = "private, no-store"
    return guarded(response)


@require_GET
def attachment_preview(request, pk: int):
    """A photograph's small picture (`?size=page` for a larger one)."""
    found = attachment_for(request.user, pk)
    path = preview(found, request.GET.get("size", "thumb"))
    note_opening(request, found, "file.preview")
    response = FileResponse(path.open("rb"), filename=f"{found.pk}.jpg")
    response.headers["Content-Type"] = "image/jpeg"
    kept = "no-store" if found.is_sensitive else f"max-age={PREVIEW_SECONDS}"
    response.headers["Cache-Control"] = f"private, {kept}"
    response.headers["Vary"] = "Cookie"
    return guarded(response)


def note_opening(request, found, action: str) -> None:
    """Write the opening of a sensitive file down."""
    if found.is_sensitive:
        thing = f"{found.subject_kind} {found.subject_id}"
        note_request(request, action, thing, file=found.pk, name=found.name, sha256=found.sha256)


def guarded(response: FileResponse) -> FileResponse:
    """Whatever the bytes are, nothing in them runs."""
    response.headers[CSP_HEADER] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
