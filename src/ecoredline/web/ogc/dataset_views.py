"""The data catalogue's pages: what there is, under which conditions, and the ways to take it out."""

from django import forms
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.ogc import datasets, export
from ecoredline.web.ogc.feature_views import at

NAMES = {"gpkg": "GeoPackage", "shp": "Shapefile (ZIP)", "kml": "KML", "xlsx": "XLSX"}
INTERFACES = (
    ("OGC API – Features / Tiles", "ogc_landing"), ("WMTS", "wmts"), ("STAC API", "stac_landing"),
)  # fmt: skip


def choices(name: str) -> list[tuple[str, str]]:
    """A list as the choices of a field."""
    return [(code, row[language()]) for code, row in code_list(name).items()]


class EntryForm(forms.Form):
    """What the catalogue says of a dataset."""

    provider = forms.CharField(label=_("提供单位"), max_length=200)
    share = forms.ChoiceField(label=_("共享类型"))
    cycle = forms.ChoiceField(label=_("更新周期"))
    level = forms.ChoiceField(label=_("安全级别"))

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name, lists in datasets.LISTS.items():
            self.fields[name].choices = choices(lists)


@require_GET
def dataset_list(request):
    """Every dataset with its entry, files, interfaces and QGIS projects."""
    require(request.user, "data.view")
    context = {
        "entries": datasets.entries().values(), "kinds": NAMES.items(),
        "most": export.MOST_ROWS,
        "interfaces": [(title, at(request, name)) for title, name in INTERFACES],
        "may_edit": may(request.user, "data.catalogue"),
    }  # fmt: skip
    return render(request, "ogc/datasets.html", context)


@require_http_methods(["GET", "POST"])
def dataset_edit(request, name: str):
    """A new edition of an entry."""
    require(request.user, "data.catalogue")
    entry = datasets.entries().get(name)
    if entry is None:
        raise NotFound(name)
    first = {k: getattr(entry, k) for k in ("provider", *datasets.LISTS)}
    return form_page(
        request, EntryForm(request.POST or None, initial=first),
        lambda **told: datasets.describe(by=request.user, dataset=name, **told),
        title=entry.title, back=reverse("dataset_list"), about=_("数据目录"),
    )  # fmt: skip
