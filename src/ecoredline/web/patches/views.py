"""Pages of runs and patches, and their files."""

from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import FileResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ecoredline.record import DEMO_NOTICE
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.middleware import CSP_HEADER
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import code_label
from ecoredline.web.patches import annexes, features, queries
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.folder import output_file
from ecoredline.web.patches.jobs import jobs_for

PAGE_ROWS = 50
# A document of the run is a page of its own: nothing in it may run or reach out.
DOCUMENT_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox allow-popups; "
    "frame-ancestors 'self'"
)
EVIDENCE = {"sheet": "{}.html", "before": "{}-before.png", "after": "{}-after.png"}
TYPES = {
    ".gpkg": "application/geopackage+sqlite3",
    ".geojson": "application/geo+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
}


def notice(thing) -> str:
    """演示合成数据 for what was made from it."""
    return DEMO_NOTICE if thing.is_demo else ""


def moment(text: str | None) -> datetime | None:
    """A time of the record, which the page shows in the person's time zone."""
    return datetime.fromisoformat(text) if text else None


def page_of(request, patches):
    """A page of the table."""
    return Paginator(patches, PAGE_ROWS).get_page(request.GET.get("page"))


@require_GET
def run_list(request):
    """The runs the person may see, and the jobs that are making new ones."""
    runs = list(queries.runs_for(request.user))
    seen = queries.patches_for(request.user).order_by().values_list("run").annotate(n=Count("pk"))
    counts = dict(seen)
    for run in runs:
        run.patch_count = counts.get(run.pk, 0)
    return render(request, "patches/run_list.html", {"runs": runs, "jobs": jobs_for(request.user)})


@require_GET
def run(request, pk: int):
    """A run: counts, what was dropped and not seen, and the files the person may have."""
    run = queries.run_for(request.user, pk)
    whole = may(request.user, "run.files", run)
    dropped = queries.dropped_for(request.user, run).order_by("reason")
    unseen = queries.unseen_for(request.user, run).order_by("reason", "date")
    run.folder_name = run.folder.rstrip("/").rsplit("/", 1)[-1] if whole else ""
    for name in ("started_at", "finished_at"):
        setattr(run, name, moment(run.record.get(name)))
    total = queries.totals(queries.patches_for(request.user, run))
    context = {
        "run": run,
        "whole": whole,
        "record": run.record if whole else None,
        "coverage": queries.coverage_for(request.user, run),
        "counts": [(_("图斑"), total["count"]), (_("剔除"), dropped.count())],
        "areas": [(_("图斑面积"), total["area_ha"]), (_("涉及红线面积"), total["redline_area_ha"])],
        "files": files_of(run) if whole else [],
        "own_files": own_files(run),
        "dropped": [
            (code_label(reason, "drop_reasons"), n, area)
            for reason, n, area in dropped.values_list("reason").annotate(
                Count("pk"), Sum("area_ha")
            )
        ],
        "unseen": [
            (code_label(reason, "unseen_reasons"), day, area)
            for reason, day, area in unseen.values_list("reason", "date").annotate(Sum("area_ha"))
        ],
    }
    return render(request, "patches/run.html", context)


def files_of(run) -> list[dict]:
    """The run's own files, without the evidence of single patches."""
    return [
        {
            "name": name,
            "label": name,
            "bytes": facts["bytes"],
            "url": reverse("run_file", args=[run.pk, name]),
        }
        for name, facts in run.record["outputs"].items()
        if "/" not in name
    ]


def own_files(run) -> list[dict]:
    """Files made on the spot from what the person may see."""
    return [
        {"label": _("附件1"), "url": reverse("annex", args=[run.pk, 1])},
        {"label": _("附件2"), "url": reverse("annex", args=[run.pk, 2])},
        {"label": "GeoJSON", "url": reverse("patches_geojson", args=[run.pk])},
    ]


@require_GET
def patch_table(request, run: int):
    """The table of the selection, as a piece of a page."""
    run = queries.run_for(request.user, run)
    chosen = PatchFilter.read(request.GET)
    patches = queries.patches_for(request.user, run, chosen)
    context = {
        "run": run,
        "page": page_of(request, patches),
        "total": queries.totals(patches),
        "filters": chosen.as_dict(),
        "query": chosen.query,
        "sort": chosen.sort,
    }
    return render(request, "patches/patch_table.html", context)


@require_GET
def patches_geojson(request, run: int):
    """The selection as GeoJSON; recorded, because it takes data away."""
    run = queries.run_for(request.user, run)
    chosen = PatchFilter.read(request.GET)
    found = features.collection(queries.patches_for(request.user, run, chosen), notice(run))
    note_request(
        request,
        "patches.download",
        f"run {run.pk}",
        query=chosen.query,
        patches=len(found["features"]),
    )
    return JsonResponse(
        found, json_dumps_params={"ensure_ascii": False}, content_type=TYPES[".geojson"]
    )


@require_GET
def annex(request, run: str, number: str):
    """Annex 1 or 2 of all patches the person may see, made on the spot; recorded.

    An official list has no room for a selection: the page's filters are not applied.
    """
    run = queries.run_for(request.user, int(run))
    body = annexes.workbook(request.user, run, int(number))
    extract = annexes.extract_of(request.user, run)
    note_request(
        request, "annex.download", f"run {run.pk}", annex=int(number), extract=bool(extract)
    )
    response = FileResponse(body, as_attachment=True, filename=f"annex-{number}-run-{run.pk}.xlsx")
    response.headers["Content-Type"] = TYPES[".xlsx"]
    return response


@require_GET
def patch_geojson(request, pk: int):
    """One patch as a GeoJSON feature."""
    patch = queries.patch_for(request.user, pk)
    found = features.collection(
        queries.patches_for(request.user).filter(pk=patch.pk), notice(patch)
    )
    return JsonResponse(found["features"][0], json_dumps_params={"ensure_ascii": False})


@require_GET
def patch_evidence(request, pk: int, kind: str):
    """A patch's evidence sheet, which is recorded, or one of its two pictures."""
    patch = queries.patch_for(request.user, pk)
    names = {k: pattern.format(patch.patch_id) for k, pattern in EVIDENCE.items()}
    name = names.get(kind, kind)
    if name not in names.values():
        raise NotFound()
    return send(request, patch.run, f"evidence/{name}", recorded=name == names["sheet"])


@require_GET
def run_file(request, pk: int, name: str):
    """One of the run's own files, for whoever may see the whole run; recorded."""
    run = queries.run_for(request.user, pk)
    require(request.user, "run.files", run)
    return send(request, run, name)


def send(request, run, name: str, *, recorded: bool = True) -> FileResponse:
    """A file of a run: HTML and pictures shown in a sandbox, the rest as a download."""
    file = output_file(run.folder, run.record, name)
    if recorded:
        note_request(request, "file.download", f"run {run.pk}", name=name)
    shown = file.suffix in (".html", ".png")
    response = FileResponse(file.open("rb"), as_attachment=not shown, filename=file.name)
    response.headers["Content-Type"] = TYPES.get(file.suffix, "application/octet-stream")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers[CSP_HEADER] = DOCUMENT_POLICY
    if shown:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def evidence_of(patch) -> dict[str, str]:
    """The addresses of the patch's evidence files that exist."""
    return {
        kind: reverse("patch_evidence", args=[patch.pk, kind])
        for kind, pattern in EVIDENCE.items()
        if f"evidence/{pattern.format(patch.patch_id)}" in patch.run.record["outputs"]
    }
