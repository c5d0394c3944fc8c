"""Workbooks and GeoPackages out, workbooks in; every export is noted."""

import tempfile
from pathlib import Path

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.ledger import books, spatial_by, write_geopackage, write_workbook
from ecoredline.record import DEMO_NOTICE
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.core.taking_out import purpose_of
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.ledgers import queries
from ecoredline.web.ledgers.forms import ImportForm
from ecoredline.web.ledgers.importing import import_file
from ecoredline.web.ledgers.views import county_of, day_of
from ecoredline.web.maps.context import demo_notice

DATASET = "ledgers"
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
}


def wanted(request) -> tuple[dict, str, object]:
    """The books asked for (all without any) with their rows as of the day; county and day."""
    require(request.user, "ledger.export")
    purpose_of(request, DATASET)
    names = request.GET.getlist("book") or list(books())
    if unknown := [n for n in names if n not in books()]:
        raise BadFilter(f"book={', '.join(unknown)}")
    county, day = county_of(request), day_of(request) or clock.today()
    with override(
        "zh-hans"
    ):  # files are in Chinese whoever writes them, so that they can be read back
        rows = {n: queries.rows_on(books()[n], request.user, day, county) for n in names}
    return rows, county, day


def answer(request, kind: str, rows: dict, county: str, day, write) -> HttpResponse:
    """The written file as a download, noted."""
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        body = write(Path(folder) / f"ledgers.{kind}").read_bytes()
    place = county or request.user.unit.division_code or "all"
    one = f"-{next(iter(rows))}" if len(rows) == 1 else ""
    name = f"ecoredline-ledgers-{place}{one}-{day:%Y%m%d}.{kind}"
    counts = {k: len(v) for k, v in rows.items() if v}
    note_request(request, "ledger.export", name, day=day.isoformat(), county=county, rows=counts,
                 **purpose_of(request, DATASET))  # fmt: skip
    found = HttpResponse(body, content_type=TYPES[kind])
    found["Content-Disposition"] = f'attachment; filename="{name}"'
    return found


@require_GET
def workbook(request):
    """One XLSX, one sheet a ledger."""
    rows, county, day = wanted(request)
    said = [demo_notice() and DEMO_NOTICE, f"{request.user.unit.name}", county, f"截至 {day}"]
    notice = " · ".join(filter(None, said))
    return answer(
        request, "xlsx", rows, county, day, lambda path: write_workbook(path, rows, notice=notice)
    )


@require_GET
def geopackage(request):
    """One GeoPackage with the spatial ledgers; with `system` the fields that are mapped to it."""
    rows, county, day = wanted(request)
    system, names = request.GET.get("system", ""), None
    if system:
        if system not in code_list("ledger_systems"):
            raise BadFilter(f"system={system!r}")
        names = queries.mapped_names(system)
        rows = {n: r for n, r in rows.items() if n in names}
    rows = {
        n: queries.with_places(books()[n], r, request.user, day)
        for n, r in rows.items() if spatial_by(books()[n])
    }  # fmt: skip
    if not rows:
        known = ", ".join(b.name for b in books().values() if spatial_by(b))
        raise BadFilter(f"system={system!r}, book: {known}")
    return answer(
        request, "gpkg", rows, county, day, lambda path: write_geopackage(path, rows, names=names)
    )


class Outcome:
    """What an import did, said when it is done."""

    def __init__(self, counts: dict):
        self.counts = counts

    def __str__(self):
        return str(
            _("已导入：新增 %(new)d 行，变更 %(changed)d 行，未变 %(same)d 行") % self.counts
        )


@require_http_methods(["GET", "POST"])
def ledger_import(request, name: str = ""):
    """A workbook or layers taken in: all of it, or nothing with every fault."""
    require(request.user, "ledger.edit")
    title = queries.book_named(name).label(language()) if name else _("台账工作簿")
    back = reverse("ledger", args=[name]) if name else reverse("ledger_list")
    counts: dict = {}

    def work(upload, system, crs):
        found = import_file(upload, by=request.user, only=name, system=system, crs=crs)
        counts.update(found)

    return form_page(
        request, ImportForm(request.POST or None, request.FILES or None), work,
        title=_("导入台账"), about=title, back=back, verb=_("检查并导入"), done=Outcome(counts),
        intro=_("由业务数据生成的台账只核对、不写入；表中没有的行保持不变。"),
    )  # fmt: skip
