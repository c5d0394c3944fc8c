"""The images of a patch as a part of the review page, and pictures of other dates."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.imagery import render as imagery
from ecoredline.web.patches.queries import patch_for
from ecoredline.web.reviews import pairs

CHIP_PX = 480
AROUND, LEAST_HALF_M, MOST_HALF_M = 0.9, 80.0, 2_000.0  # of the patch's longer side, each way
METRES_PER_DEGREE = 111_320.0


@never_cache
@require_GET
def review_pair(request, pk: int):
    """Which images were used, whether a better pair is there, and why."""
    require(request.user, "review.work")
    patch = patch_for(request.user, pk)
    context = {"patch": patch} | pairs.pairs_of(request.user, patch)
    return render(request, "reviews/pair_part.html", context)


@require_GET
def review_image(request, pk: int, scene: int):
    """The ground around a patch on one of the dates that show it; 204 where nothing is shown."""
    require(request.user, "review.work")
    patch = patch_for(request.user, pk)
    found = next((s for s in pairs.scenes_near(request.user, patch) if s.pk == scene), None)
    if found is None:
        raise NotFound()
    west, south, east, north = patch.geom.extent
    half = AROUND * max(north - south, east - west) * METRES_PER_DEGREE
    half = min(max(half, LEAST_HALF_M), MOST_HALF_M)
    body = imagery.around(found, (west + east) / 2, (south + north) / 2, half, CHIP_PX)
    response = HttpResponse(body or b"", content_type="image/png", status=200 if body else 204)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
