"""Pages of ecology: gallery with legends, one layer, county cards, years side by side, the chain."""

from collections import defaultdict

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.assessments import chains, impacts, layers, queries
from ecoredline.web.assessments.county import card_of, counties_with_layers
from ecoredline.web.assessments.models import EcologyLayer
from ecoredline.web.assessments.places import county_ground
from ecoredline.web.cases.queries import case_for
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.maps import tiles
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.queries import meets_divisions, runs_for

BOTH = require_http_methods(["GET", "POST"])
TILE_SECONDS, MOST_RUNS = 3600, 30


class LayerForm(forms.Form):
    """A map of the server's imagery folder."""

    file = forms.ChoiceField(label=_("文件"))
    name = forms.CharField(label=_("名称（留空取文件自述）"), max_length=200, required=False)
    year = forms.IntegerField(
        label=_("年度（可选）"), required=False, min_value=1980, max_value=2100
    )
    kind = forms.ChoiceField(
        label=_("类型"), choices=(("number", _("数值图")), ("class", _("类型图")))
    )
    feeds = forms.ChoiceField(label=_("计入评估"), choices=EcologyLayer.Feeds, required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["file"].choices = [(n, n) for n in layers.rasters_offered()]


@require_GET
def ecology(request):
    """The gallery: layers by name, their years, legends; counties; the chain."""
    require(request.user, "ecology.view")
    found = list(layers.layers_for(request.user))
    groups: dict[str, list] = defaultdict(list)
    for row in found:
        groups[row.name].append(row)
    context = {
        "groups": sorted(groups.items()),
        "counties": counties_with_layers(request.user),
        "may_add": may(request.user, "ecology.register"),
    }
    return render(request, "assessments/ecology.html", context)


@require_GET
def ecology_layer(request, pk: int):
    """One layer on the map, another year of it beside, and where it comes from."""
    row = layers.layer_for(request.user, pk)
    years = (
        layers.layers_for(request.user).filter(name=row.name, kind=row.kind).order_by("year", "pk")
    )
    other = request.GET.get("with", "")
    second = next((y for y in years if str(y.pk) == other), None)
    config = map_config(request.user, runs_for(request.user).first())
    config["layers"] = {k: v for k, v in config["layers"].items() if k in ("divisions", "redline")}
    config["extent"] = list(row.footprint.extent)
    config["scenes"] = scenes_of(row, second)
    context = {
        "layer": row, "years": years, "second": second, "map_config": config,
        "inputs": layers.inputs_of(row), "chain": chains.of_layer(request.user, row),
    }  # fmt: skip
    return render(request, "assessments/layer.html", context)


def scenes_of(row: EcologyLayer, second: EcologyLayer | None) -> dict:
    """One layer, or the earlier before and the later after."""
    if second is None:
        return {"before": None, "after": layers.layer_config(row)}
    first, last = sorted([row, second], key=lambda x: (x.year or 0, x.pk))
    return {"before": layers.layer_config(first), "after": layers.layer_config(last)}


def all_own(row: EcologyLayer, seen) -> bool:
    """Does a map lie in the person's divisions alone (or they in its own)?"""
    return all(c.startswith(seen.prefix) or seen.prefix.startswith(c) for c in row.scope_codes)


@require_GET
def ecology_tile(request, pk: int, z: int, x: int, y: int):
    """A picture tile; away from the person's divisions it is empty."""
    tiles.check("patches", z, x, y)
    row = layers.layer_for(request.user, pk)
    seen = scope(request.user)
    etag = f'"{row.sha256[:24]}-{z}-{x}-{y}-{seen.prefix}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    elif not all_own(row, seen) and not meets_divisions(request.user, tiles.box_of(z, x, y)):
        response = HttpResponse(b"", content_type="image/png", status=204)
    else:
        body = layers.tile(row, z, x, y)
        response = HttpResponse(body or b"", content_type="image/png", status=200 if body else 204)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"private, max-age={TILE_SECONDS}"
    response.headers["Vary"] = "Cookie"
    return response


@require_GET
def ecology_picture(request, pk: int):
    """A small picture of a layer for the gallery; clear away from the person's divisions."""
    row = layers.layer_for(request.user, pk)
    seen = scope(request.user)
    etag = f'"{row.sha256[:24]}-picture-{seen.prefix}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        within = None if all_own(row, seen) else county_ground(request.user)
        response = HttpResponse(layers.picture(row, within), content_type="image/png")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"private, max-age={TILE_SECONDS}"
    response.headers["Vary"] = "Cookie"
    return response


@require_GET
def ecology_county(request, code: str):
    """One county: its redline, every map's number by year."""
    require(request.user, "ecology.view")
    seen = scope(request.user)
    if seen is None or not code.startswith(seen.prefix):
        raise NotFound()
    return render(request, "assessments/county.html", card_of(request.user, code))


@require_GET
def ecology_chain(request):
    """The picture from inputs to the score of one place of one assessment, the newest of counties first."""
    require(request.user, "ecology.view")
    known = list(queries.assessments_for(request.user)[:MOST_RUNS])
    chosen = next((a for a in known if str(a.pk) == request.GET.get("run")), None)
    chosen = chosen or next((a for a in known if chains.has_layers(a)), known[0] if known else None)
    row = queries.assessment_for(request.user, chosen.pk) if chosen else None
    place = request.GET.get("place", "")
    context = {
        "chain": chains.whole(request.user, row, place), "row": row, "runs": known,
        "places": queries.own_evaluations(request.user, row) if row else [], "place": place,
        "mark": row.mark if row else "",
    }  # fmt: skip
    return render(request, "assessments/chain.html", context)


@BOTH
def ecology_add(request):
    """Register a map."""
    require(request.user, "ecology.register")

    def work(file, **facts):
        layers.register_layer(layers.offered(file), by=request.user, **facts)

    form = LayerForm(request.POST) if request.method == "POST" else LayerForm()
    return form_page(
        request, form, work, title=_("登记生态图层"), back=reverse("ecology"), about=_("生态图层"),
        verb=_("登记"),
        intro=_("把 ecoredline terrain、formula、season 的成果文件放入服务器影像目录，在此登记；单位、来源与演示标记取自文件本身。"),
    )  # fmt: skip


@require_POST
def case_impact(request, pk: int):
    """Have a case's impact described."""
    case = case_for(request.user, pk)
    impacts.describe(case, by=request.user)
    return redirect(reverse("case", args=[pk]) + "#h-impact")
