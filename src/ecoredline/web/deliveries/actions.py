"""Taking a delivery in and checking it in the background."""

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.files import CHUNK_BYTES
from ecoredline.quality import CheckOptions, check_delivery, write_reports
from ecoredline.record import Job
from ecoredline.vector.crs import is_crs
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.deliveries.shelf import Shelf, reports_folder
from ecoredline.web.files import store
from ecoredline.web.files.content import NAME_LENGTH
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.regions.models import RedlinePolygon
from ecoredline.web.regions.queries import polygons_frame, redline_in_use

KIND = "check_delivery"
ROLES = ("redline", "protected", "divisions", "places")
MOST_BYTES = 500 * 2**20
FIRST_YEAR, LAST_YEAR = 1980, 2100
LAYERS = (
    ".zip", ".shp", ".gpkg", ".geojson", ".json", ".topojson", ".kml", ".gml", ".dxf",
)  # fmt: skip
SUFFIXES = (*LAYERS, ".csv", ".xlsx", ".tif", ".tiff", ".img", ".jpg", ".jpeg", ".png")
TABLES = (".csv", ".txt")
# what may be handed in beside the delivery → what it may be
BESIDE = {
    "reference": LAYERS, "previous": LAYERS, "codes": TABLES, "statistical": TABLES,
    "townships": TABLES, "townships_too": TABLES,
}  # fmt: skip
SWITCHES = ("coverage", "against_redline")
NUMBERS = ("year", "max_pixel_m")


def faults_of_file(upload, wanted: tuple[str, ...]) -> list[str]:
    """What is wrong with a file's name and size."""
    name, faults = Path(upload.name).name, []
    if Path(name).suffix.lower() not in wanted:
        faults.append(
            _("文件“%(got)s”：应为 %(wanted)s") % {"got": name, "wanted": "、".join(wanted)}
        )
    if upload.size > MOST_BYTES:
        faults.append(_("文件超过 %(most)d MB") % {"most": MOST_BYTES // 2**20})
    return faults


def faults_of_options(told: Mapping) -> list[str]:
    """What is wrong with what is said of a delivery."""
    known = {"role", "crs", *SWITCHES, *NUMBERS}
    faults = [_("不认识的选项：%(name)s") % {"name": n} for n in sorted(told.keys() - known)]
    role, year, crs = told.get("role"), told.get("year"), (told.get("crs") or "").strip()
    if role and role not in ROLES:
        faults.append(
            _("图层种类：%(got)s 不在 %(wanted)s 之中") % {"got": role, "wanted": "、".join(ROLES)}
        )
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        faults.append(_("年份：%(year)s 应为 1980–2100") % {"year": year})
    if told.get("max_pixel_m") is not None and not 0 < told["max_pixel_m"] <= 1e4:
        faults.append(_("像元上限：%(got)s 应大于 0，至多 10000 米") % {"got": told["max_pixel_m"]})
    if crs and not is_crs(crs):
        faults.append(_("坐标系：“%(got)s”不认识，应如 EPSG:4490") % {"got": crs})
    return faults


@transaction.atomic
def hand_in(upload, *, by, beside: Mapping | None = None, **told) -> Delivery:
    """Keep the file and start its check; all faults at once. Raises `BadForm`, `NotAllowed`.

    `beside` holds further files by the names of `BESIDE`; `told` are role, crs, year, max_pixel_m,
    coverage and against_redline (the redline in force, as far as the person sees it, is the last
    edition).
    """
    require(by, "delivery.check")
    beside = {k: v for k, v in (beside or {}).items() if v}
    faults = faults_of_file(upload, SUFFIXES) + faults_of_options(told)
    for key, file in beside.items():
        faults += faults_of_file(file, BESIDE[key])
    if told.get("against_redline") and "previous" in beside:
        faults.append(_("上期数据：上传文件与现行红线只能选一项"))
    if faults:
        raise BadForm(*faults)
    name = Path(upload.name).name[-NAME_LENGTH:]
    options = {k: v.strip() if isinstance(v, str) else v for k, v in told.items() if v}
    options["beside"] = {
        k: {"name": Path(f.name).name[-NAME_LENGTH:], "sha256": store.keep(f)}
        for k, f in beside.items()
    }
    row = Delivery.objects.create(
        name=name, sha256=store.keep(upload), unit=by.unit, by=by, options=options,
        scope_codes=prefixes([by.unit.division_code]),
    )  # fmt: skip
    row.job = start_job(kind=KIND, title=_("质检 %s") % name, arguments={"delivery": row.pk}, by=by)
    row.save(update_fields=["job"])
    return row


@contextmanager
def laid_out(row: Delivery):
    """Within: the path of the original, and the options with their files beside it."""
    with TemporaryDirectory(prefix="ecoredline-") as folder:
        path = written(Path(folder) / "delivery" / row.name, row.sha256)
        given = {k: v for k, v in row.options.items() if v and k not in ("beside", *SWITCHES)}
        files = {
            key: written(Path(folder) / key / told["name"], told["sha256"])
            for key, told in row.options.get("beside", {}).items()
        }
        tables = [files.pop(k) for k in ("townships", "townships_too") if k in files]
        if row.options.get("against_redline"):
            files["previous"] = redline_file(Path(folder) / "redline.gpkg", row.by)
        yield path, CheckOptions(
            **given, **{k: v for k, v in files.items() if v}, townships=tuple(tables),
            coverage=bool(row.options.get("coverage")),
        )  # fmt: skip


def written(path: Path, sha256: str) -> Path:
    """An original of the store under its own name."""
    path.parent.mkdir()
    with store.opened(sha256) as stream, path.open("wb") as out:
        while chunk := stream.read(CHUNK_BYTES):
            out.write(chunk)
    return path


def redline_file(path: Path, person) -> Path | None:
    """The redline in force as far as the person sees it; None where none is."""
    mine = RedlinePolygon.objects.visible_to(person).filter(version=redline_in_use())
    if not mine.exists():
        return None
    polygons_frame(mine).to_file(path, driver="GPKG", engine="pyogrio")
    return path


def check(job_row: BackgroundJob, job: Job) -> None:
    """The job: check the original in a folder of its own, keep the result and both reports.

    What an attempt before this one found is not looked for again.
    """
    row = Delivery.objects.get(pk=job_row.arguments["delivery"])
    place = reports_folder(row.pk)
    shelf = Shelf(place / "found")
    with laid_out(row) as (path, options):
        report = check_delivery(path, options, job=job, done=shelf)
    write_reports(place, report)
    found = report.to_dict()
    row.status, row.counts, row.report = report.status, found["counts"], found
    row.is_demo = report.is_demo
    row.save(update_fields=["status", "counts", "report", "is_demo"])
    note("delivery.check", f"delivery {row.pk}", by=row.by, status=row.status, sha256=row.sha256)
    shelf.remove()
