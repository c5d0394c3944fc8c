"""Taking a delivery in and checking it in the background."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.files import CHUNK_BYTES
from ecoredline.record import Job
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.files import store
from ecoredline.web.files.content import NAME_LENGTH
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob

KIND = "check_delivery"
ROLES = ("redline", "protected", "divisions", "places")
MOST_BYTES = 500 * 2**20
FIRST_YEAR, LAST_YEAR = 1980, 2100
SUFFIXES = (
    ".zip", ".shp", ".gpkg", ".geojson", ".json", ".kml", ".gml", ".dxf", ".csv", ".xlsx", ".tif",
    ".tiff", ".img", ".jpg", ".jpeg", ".png",
)  # fmt: skip


@transaction.atomic
def hand_in(upload, *, by, role: str = "", year: int | None = None, crs: str = "") -> Delivery:
    """Keep the file and start its check; all faults at once. Raises `BadForm`, `NotAllowed`."""
    require(by, "delivery.check")
    name = Path(upload.name).name[-NAME_LENGTH:]
    faults = []
    if Path(name).suffix.lower() not in SUFFIXES:
        faults.append(
            _("文件“%(got)s”：应为 %(wanted)s") % {"got": name, "wanted": "、".join(SUFFIXES)}
        )
    if upload.size > MOST_BYTES:
        faults.append(_("文件超过 %(most)d MB") % {"most": MOST_BYTES // 2**20})
    if role and role not in ROLES:
        faults.append(
            _("图层种类：%(got)s 不在 %(wanted)s 之中") % {"got": role, "wanted": "、".join(ROLES)}
        )
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        faults.append(_("年份：%(year)s 应为 1980–2100") % {"year": year})
    if faults:
        raise BadForm(*faults)
    row = Delivery.objects.create(
        name=name, sha256=store.keep(upload), unit=by.unit, by=by,
        options={"role": role, "year": year, "crs": crs.strip()},
        scope_codes=prefixes([by.unit.division_code]),
    )  # fmt: skip
    row.job = start_job(kind=KIND, title=_("质检 %s") % name, arguments={"delivery": row.pk}, by=by)
    row.save(update_fields=["job"])
    return row


def check(job_row: BackgroundJob, job: Job) -> None:
    """The job: check the original in a folder of its own, keep the result and both reports."""
    from ecoredline.quality import CheckOptions, check_delivery, write_reports

    row = Delivery.objects.get(pk=job_row.arguments["delivery"])
    told = {k: v for k, v in row.options.items() if v}
    with TemporaryDirectory() as folder:
        path = Path(folder) / row.name
        with store.opened(row.sha256) as stream, path.open("wb") as out:
            while chunk := stream.read(CHUNK_BYTES):
                out.write(chunk)
        report = check_delivery(path, CheckOptions(**told), job=job)
    place = reports_folder(row)
    place.mkdir(parents=True, exist_ok=True)
    write_reports(place, report)
    found = report.to_dict()
    row.status, row.counts, row.report = report.status, found["counts"], found
    row.is_demo = report.is_demo
    row.save(update_fields=["status", "counts", "report", "is_demo"])
    note("delivery.check", f"delivery {row.pk}", by=row.by, status=row.status, sha256=row.sha256)


def reports_folder(row: Delivery) -> Path:
    """Where a delivery's reports lie."""
    from django.conf import settings

    return settings.ECOREDLINE_VAR / "quality" / str(row.pk)
