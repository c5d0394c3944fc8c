"""One map for all redline polygons."""

from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from ecoredline.web.assessments import polygons
from ecoredline.web.core.permissions import require
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.queries import runs_for


def chosen(request) -> polygons.PolygonMap:
    """What the address asks for; the leading function when it asks for nothing."""
    require(request.user, "ecology.view")
    return polygons.polygon_map(request.user, request.GET.get("by") or polygons.FUNCTION)


@require_GET
def ecology_polygons(request):
    """All polygons on one map with legend and table; each leads to its numbers."""
    made = chosen(request)
    config = map_config(request.user, runs_for(request.user).first())
    config["layers"] = {k: v for k, v in config["layers"].items() if k == "divisions"}
    config["scenes"] = {"before": None, "after": None}
    config["places"] = f"{reverse('ecology_polygons_geojson')}?by={made.key}"
    context = {"made": made, "choices": polygons.choices(request.user), "map_config": config}
    return render(request, "assessments/polygons.html", context)


@require_GET
def polygons_geojson(request):
    """The polygons for the map."""
    return JsonResponse(polygons.as_geojson(chosen(request)))
