"""Redlines and protected areas handed in on a page: kept and checked at once, read by a job."""

from datetime import date, timedelta
from pathlib import Path

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ecoredline.record import Job
from ecoredline.vector.crs import is_crs
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.files import store
from ecoredline.web.files.content import NAME_LENGTH
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.redlines import actions, comparing, protected
from ecoredline.web.redlines.models import RedlineDelivery

KIND = "read_redline"
REDLINE, PROTECTED = "redline", "protected"
TAKERS = {REDLINE: actions.deliver, PROTECTED: protected.deliver_protected}
SHOWN_DAYS = 7
SHOWN = 5


def readings_for(person) -> QuerySet[BackgroundJob]:
    """The person's own uploads."""
    return BackgroundJob.objects.filter(kind=KIND, created_by=person)


def readings_of(person) -> list[BackgroundJob]:
    """The person's uploads of the last days that were not taken in, or not yet; newest first."""
    since = timezone.now() - timedelta(days=SHOWN_DAYS)
    rows = readings_for(person).filter(created_at__gte=since)
    return list(rows.exclude(state=BackgroundJob.State.DONE)[:SHOWN])


def reading_for(person, pk: int) -> BackgroundJob:
    """An upload the person may follow; raises `NotFound` (404.1)."""
    row = BackgroundJob.objects.select_related("created_by__unit").filter(kind=KIND, pk=pk).first()
    if row is None or not may(person, "job.view", row):
        raise NotFound()
    return row


def told_before(person, what: str, number: str) -> dict:
    """The words of an earlier upload, to hand in its mended file; {} when it is another's."""
    pk = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    row = readings_for(person).filter(arguments__what=what, pk=pk).first()
    return row.arguments["told"] if row else {}


@transaction.atomic
def hand_in(what: str, upload, *, by, valid_from: date, **told) -> BackgroundJob:
    """Keep the file and start its reading; what can be said without reading is said at once.

    `told` are the other arguments of the action in `TAKERS`. Raises `NotAllowed` (403.1), `BadForm`
    (422.4) with every fault.
    """
    require(by, "redline.deliver")
    faults = actions.faults_of_upload(upload)
    if not told["name"].strip():
        faults.append(_("名称：未填写"))
    crs = (told.pop("crs", "") or "").strip()
    if crs and not is_crs(crs):
        faults.append(_("坐标系：“%(got)s”不认识，应如 EPSG:4490") % {"got": crs})
    if what == PROTECTED:
        faults += protected.faults_of_day(valid_from)
    try:
        actions.declared(told.get("covers", ""), by)
    except BadForm as fault:
        faults += fault.details
    sha256 = store.digest(upload)
    faults += already(what, sha256)
    if faults:
        raise BadForm(*faults)
    name = Path(upload.name).name[-NAME_LENGTH:]
    store.keep(upload)
    arguments = {"what": what, "sha256": sha256, "file": name, "size": upload.size,
                 "told": told | {"crs": crs or None, "valid_from": valid_from.isoformat()}}  # fmt: skip
    title = _("读取 %(name)s：%(file)s") % {"name": told["name"].strip(), "file": name}
    return start_job(kind=KIND, title=title, arguments=arguments, by=by)


def already(what: str, sha256: str) -> list[str]:
    """The file was taken in before, or is being read now."""
    if what == REDLINE and (held := actions.delivered(sha256)) is not None:
        return [_("这个文件已经交付为 %(number)s") % {"number": held.number}]
    rows = BackgroundJob.objects.filter(kind=KIND, state__in=BackgroundJob.LIVE)
    rows = rows.filter(arguments__what=what, arguments__sha256=sha256)
    return [_("这个文件正在读取，请等它完成或先取消")] if rows.exists() else []


def carry(row: BackgroundJob, job: Job) -> None:
    """The job: read the kept file and take it in, all of it or nothing; then compare it.

    An attempt that comes after one that had done its work does nothing.
    """
    if "delivery" in row.arguments:
        return
    told = dict(row.arguments["told"])
    told["valid_from"] = date.fromisoformat(told["valid_from"])
    by, take = row.created_by, TAKERS[row.arguments["what"]]
    job.at("read")
    with store.opened(row.arguments["sha256"]) as stream, transaction.atomic():
        made = take(File(stream, row.arguments["file"]), by=by, job=job, **told)
        job.at("load", 1.0)
        row.arguments["delivery"] = made.pk
        row.save(update_fields=["arguments"])
    if isinstance(made, RedlineDelivery) and may(by, "redline.check", made):
        comparing.compare(made, by=by)
