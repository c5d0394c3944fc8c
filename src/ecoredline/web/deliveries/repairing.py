"""Repair on request: what can be mended without moving an area by more than 0.01 %, each change listed."""

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.files import whole_file
from ecoredline.quality import CheckOptions, changes_workbook, check_delivery, repair_delivery
from ecoredline.record import Job
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.deliveries.actions import laid_out
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.deliveries.shelf import reports_folder
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob

KIND = "repair_delivery"
ARCHIVE, LIST = "repaired.zip", "repair.xlsx"
SHOWN_CHANGES = 500


@transaction.atomic
def ask_repair(delivery: Delivery, *, by) -> Delivery:
    """Start a repair of a checked delivery, once. Raises `NotAllowed`, `BadForm`."""
    require(by, "delivery.repair", delivery)
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if not row.status:
        raise BadForm(_("检查尚未完成，完成后才能修复"))
    if row.repair_job is not None and (row.repair_job.is_live or row.repair):
        raise BadForm(_("已经修复过，或正在修复"))
    row.repair_job = start_job(
        kind=KIND, title=_("修复 %s") % row.name, arguments={"delivery": row.pk}, by=by
    )
    row.save(update_fields=["repair_job"])
    return row


def repair(job_row: BackgroundJob, job: Job) -> None:
    """The job: mend, list every change, check what came of it; the original stays as it was."""
    row = Delivery.objects.get(pk=job_row.arguments["delivery"])
    place = reports_folder(row.pk)
    with laid_out(row) as (path, options), TemporaryDirectory(prefix="ecoredline-") as folder:
        out = Path(folder)
        changes, files = repair_delivery(path, out, role=options.role, crs=options.crs, job=job)
        status = after(out, options, job) if files else ""
        pack(place / ARCHIVE, files)
    with whole_file(place / LIST) as part:
        changes_workbook(row.name, changes, row.is_demo).save(part)
    row.repair = {
        "files": len(files), "done": sum(c.done for c in changes),
        "left": sum(not c.done for c in changes), "status": status,
        "changes": [vars(c) for c in sorted(changes, key=lambda c: c.done)[:SHOWN_CHANGES]],
    }  # fmt: skip
    row.save(update_fields=["repair"])
    told = {k: row.repair[k] for k in ("files", "done", "left", "status")}
    note("delivery.repair", f"delivery {row.pk}", by=job_row.created_by, **told)


def after(folder: Path, options: CheckOptions, job: Job) -> str:
    """The verdict on what was mended, under the same options."""
    job.at("check", 0.0, "")
    return check_delivery(folder, options, job=job).status


def pack(archive: Path, files: list[Path]) -> None:
    """The mended layers in one file; none without any."""
    if not files:
        return
    with whole_file(archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.write(file, file.name)
