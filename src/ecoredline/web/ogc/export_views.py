"""Files out, by page and by token: the interface's filters, the catalogue's conditions, each noted."""

import tempfile
from pathlib import Path

from django.http import HttpResponse

from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.taking_out import QUERY
from ecoredline.web.ogc import datasets, export, features, field_project
from ecoredline.web.ogc.access import interface, reply
from ecoredline.web.ogc.catalogue import COLLECTIONS, collection_of
from ecoredline.web.ogc.feature_views import at
from ecoredline.web.ogc.tile_views import scenes_for


def download(body: bytes, name: str, kind: str) -> HttpResponse:
    """A file to keep."""
    found = HttpResponse(body, content_type=kind)
    found["Content-Disposition"] = f'attachment; filename="{name}"'
    return found


def stem(request, name: str) -> str:
    """`ecoredline-<what>-<division>-<day>`."""
    place = request.user.unit.division_code or "all"
    return f"ecoredline-{name}-{place}-{clock.today():%Y%m%d}"


@interface
def catalogue(request):
    """The data catalogue."""
    return reply({"datasets": [e.to_dict() for e in datasets.entries().values()]})


@interface
def collection_file(request, name: str, kind: str):
    """A collection (bbox, datetime, filter and queryables as for items) as a file; recorded."""
    found = collection_of(name)
    if kind not in export.KINDS:
        raise NotFound(kind)
    purpose = datasets.require_export(request, name)
    frame = export.frame_of(features.selection(request, found, (QUERY,)), found)
    suffix = export.SUFFIXES.get(kind, kind)
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        path = Path(folder) / f"{name}.{suffix}"
        export.write(path, kind, frame, found)
        body = path.read_bytes()
    query = {k: v for k, v in request.GET.items() if k != QUERY}
    note_request(request, "data.export", name, kind=kind, rows=len(frame), query=query,
                 **purpose)  # fmt: skip
    return download(body, f"{stem(request, name)}.{suffix}", export.KINDS[kind])


@interface
def project_online(request):
    """A QGIS project over the live interface: no data in it, no token either; recorded."""
    require(request.user, "data.export")
    text = field_project.online(
        COLLECTIONS, scenes_for(request.user), ogc=at(request, "ogc_landing").rstrip("/"),
        wmts=at(request, "wmts"), extent=field_project.extent_of(request.user),
    )  # fmt: skip
    note_request(request, "data.project", "online")
    return download(text, f"{stem(request, 'live')}.qgs", "application/x-qgis-project")


@interface
def project_offline(request):
    """A zip with a GeoPackage of what the person sees and the QGIS project over it; recorded."""
    purpose = datasets.require_export(request, *(c.id for c in COLLECTIONS))
    frames = {
        c.id: export.frame_of(c.rows(request.user).order_by("pk"), c) for c in COLLECTIONS
    }  # fmt: skip
    extent, unit = field_project.extent_of(request.user), request.user.unit.name
    body = field_project.package(COLLECTIONS, frames, extent, unit)
    rows = {k: len(v) for k, v in frames.items()}
    note_request(request, "data.export", "field", kind="qgis", rows=rows, **purpose)
    return download(body, f"{stem(request, 'field')}.zip", "application/zip")
