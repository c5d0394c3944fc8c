"""The one-map page, the patch page, and the tiles of both."""

import hashlib

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.imagery import render as imagery
from ecoredline.web.maps import ground, kept, tiles
from ecoredline.web.maps.context import map_config, times_for
from ecoredline.web.patches import queries
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Run
from ecoredline.web.patches.views import evidence_of, page_of

TILE_SECONDS = 3600
ETAG_DIGITS = 32
LONGEST_KEY = 18
VECTOR_TILE = "application/vnd.mapbox-vector-tile"


@require_GET
def home(request):
    """What waits for the person's unit; the map for whoever has no inbox."""
    return redirect("inbox" if may(request.user, "board.inbox") else "map")


def chosen_run(request):
    """The run of `?run=`; the newest the person may see without it; None when there is none."""
    wanted = request.GET.get("run", "")
    if not wanted:
        return queries.runs_for(request.user).first()
    if not wanted.isascii() or not wanted.isdigit() or len(wanted) > LONGEST_KEY:
        raise BadFilter(f"run={wanted!r}")
    return queries.run_for(request.user, int(wanted))


def light_run(request):
    """The same run with nothing but what a tile needs: its record and footprints stay in the database."""
    wanted = request.GET.get("run", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= LONGEST_KEY):
        return chosen_run(request)
    versions = ("redline_version", "protected_version")
    rows = Run.objects.visible_to(request.user).select_related(*versions)
    found = rows.only("name", *(f"{v}__sha256" for v in versions)).filter(pk=int(wanted)).first()
    if found is None:
        raise NotFound()
    return found


@require_GET
def map_page(request):
    """Map, filters and table on one selection."""
    run = chosen_run(request)
    faults: list[str] = []
    try:
        chosen = PatchFilter.read(request.GET)
    except BadFilter as problem:
        chosen, faults = PatchFilter(), problem.details
    note_request(request, "map.open", run or "")
    patches = queries.patches_for(request.user, run, chosen)
    patches = patches if run else patches.none()
    context = {
        "run": run,
        "runs": queries.runs_for(request.user),
        "filters": chosen.as_dict(),
        "filter_errors": faults,
        "query": chosen.query,
        "sort": chosen.sort,
        "choices": queries.choices_for(request.user, run),
        "page": page_of(request, patches),
        "total": queries.totals(patches),
        "may_check": may(request.user, "admission.check"),
        "may_raise": may(request.user, "clue.raise"),
        "map_config": map_config(request.user, run) | {"times": times_for(request.user)},
    }
    return render(request, "maps/map.html", context)


@require_GET
def patch_page(request, pk: int):
    """One patch with its evidence."""
    patch = queries.patch_for(request.user, pk)
    chosen = PatchFilter.read(request.GET)
    context = {
        "patch": patch,
        "query": chosen.query,
        "position_in": queries.place_in(request.user, patch, chosen),
        "run": patch.run,
        "evidence": evidence_of(patch),
        "fields": queries.fields_of(patch),
        "neighbours": queries.neighbours(request.user, patch, chosen),
        "map_config": map_config(request.user, patch.run) | {"patch_pk": patch.pk},
    }
    return render(request, "patches/patch.html", context)


@require_GET
def map_tile(request, layer: str, z: int, x: int, y: int):
    """A vector tile; the patches' honours the same query string as the table.

    What the browser holds already is not sent again; tiles of fixed layers are not even cut again.
    """
    tiles.check(layer, z, x, y)
    chosen = PatchFilter.read(request.GET) if layer == "patches" else PatchFilter()
    run = light_run(request)
    rows = tiles.rows_of(layer, request.user, run, chosen, z)
    grid = tiles.grid_of(request)
    key = kept.key_of(layer, request.user, run, z, x, y, grid)
    body = None
    if not key or not holds(request, key):
        body = kept.kept_tile(key, z, lambda: tiles.tile(layer, z, x, y, rows, grid))
        key = key or hashlib.sha256(body).hexdigest()
    if body is None or holds(request, key):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type=VECTOR_TILE, status=200 if body else 204)
    response.headers["ETag"] = etag(key)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie"
    return response


def etag(key: str) -> str:
    """The name of an answer for the browser's store."""
    return f'"{key[:ETAG_DIGITS]}"'


def holds(request, key: str) -> bool:
    """Has the browser this answer already?"""
    return request.headers.get("If-None-Match") == etag(key)


@require_GET
def ground_tile(request, z: int, x: int, y: int):
    """A picture tile of the operator's own base map."""
    tiles.check("patches", z, x, y)
    body = ground.own_tile(z, x, y)
    response = HttpResponse(body or b"", content_type="image/png", status=200 if body else 204)
    response.headers["Cache-Control"] = f"private, max-age={TILE_SECONDS}"
    return response


@require_GET
def scene_tile(request, scene: int, z: int, x: int, y: int):
    """A picture tile of an image of a run the person may see.

    204 outside the image and, for whoever may not see the whole run, away from their own divisions.
    """
    tiles.check("patches", z, x, y)
    found, whole = queries.scene_for(request.user, scene)
    if not whole and not queries.meets_divisions(request.user, tiles.box_of(z, x, y)):
        return HttpResponse(status=204, headers={"Cache-Control": "private, no-cache"})
    etag = f'"{found.sha256[:24]}-{z}-{x}-{y}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        body = imagery.tile(found, z, x, y)
        response = HttpResponse(body or b"", content_type="image/png", status=200 if body else 204)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"private, max-age={TILE_SECONDS}"
    response.headers["Vary"] = "Cookie"
    return response
