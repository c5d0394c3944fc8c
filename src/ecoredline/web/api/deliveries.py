"""Data quality by program: hand a delivery in, read the result, have it repaired; and follow any job."""

from ninja import File, Form, Schema
from ninja.files import UploadedFile

from ecoredline.web.api.resources import MOST_KEY, MOST_ROWS, PAGE_ROWS
from ecoredline.web.api.service import api
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.deliveries import actions, repairing, views
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.jobs.actions import cancel_job, resume_job
from ecoredline.web.jobs.models import BackgroundJob

TAGS = ["deliveries"]


class Told(Schema):
    """What is said of a delivery beside its files."""

    role: str = ""
    crs: str = ""
    year: int | None = None
    max_pixel_m: float | None = None
    coverage: bool = False
    against_redline: bool = False


class JobState(Schema):
    """How far a job is."""

    id: int
    kind: str
    state: str
    stage: str
    done: float
    message: str
    faults: list[str]
    attempts: int


class Short(Schema):
    """A delivery in short; `status` is blank until the check is done."""

    id: int
    name: str
    sha256: str
    status: str
    counts: dict
    repair: dict
    job: JobState | None
    repair_job: JobState | None


def found_for(request, pk: int) -> Delivery:
    """A delivery the person sees; raises `NotFound`."""
    if pk >= MOST_KEY:
        raise NotFound()
    return views.delivery_for(request.user, pk)


@api.post("/deliveries", response=Short, tags=TAGS, operation_id="check_delivery")
def hand_in(
    request, told: Form[Told], upload: UploadedFile = File(...),
    reference: UploadedFile | None = File(None), previous: UploadedFile | None = File(None),
    codes: UploadedFile | None = File(None), statistical: UploadedFile | None = File(None),
    townships: list[UploadedFile] = File([]),
):  # fmt: skip
    """Hand a delivery in (multipart); its check runs as a job."""
    if strange := sorted(request.POST.keys() - Told.model_fields.keys()):
        raise BadForm(*(f"{name}：不能指定" for name in strange))
    if len(townships) > 2:
        raise BadForm(f"townships: {len(townships)} > 2")
    beside = {"reference": reference, "previous": previous, "codes": codes,
              "statistical": statistical}  # fmt: skip
    beside |= dict(zip(("townships", "townships_too"), townships, strict=False))
    return actions.hand_in(upload, by=request.user, beside=beside, **told.model_dump())


@api.get("/deliveries", tags=TAGS, operation_id="list_deliveries")
def many(request, offset: int = 0, limit: int = PAGE_ROWS) -> dict:
    """What was handed in by units in the person's divisions, the newest first."""
    rows = views.deliveries_for(request.user).defer("report")
    limit, offset, count = (
        max(1, min(limit, MOST_ROWS)),
        max(0, min(offset, MOST_KEY)),
        rows.count(),
    )
    note_request(request, "api.list", "deliveries", count=count, offset=offset, limit=limit)
    return {
        "count": count, "next": offset + limit if offset + limit < count else None,
        "items": [Short.from_orm(row).model_dump() for row in rows[offset : offset + limit]],
    }  # fmt: skip


@api.get("/deliveries/{int:pk}", tags=TAGS, operation_id="get_delivery")
def one(request, pk: int) -> dict:
    """One delivery with every result, as `ecoredline check --json` gives it."""
    row = found_for(request, pk)
    note_request(request, "api.read", f"deliveries {pk}")
    return Short.from_orm(row).model_dump() | {"report": row.report}


@api.post("/deliveries/{int:pk}/repair", response=Short, tags=TAGS, operation_id="repair_delivery")
def repair(request, pk: int):
    """Start the repair of a checked delivery."""
    return repairing.ask_repair(found_for(request, pk), by=request.user)


@api.get("/deliveries/{int:pk}/files/{name}", tags=TAGS, operation_id="get_delivery_file")
def file(request, pk: int, name: str):
    """quality.html, quality.xlsx, repaired.zip or repair.xlsx."""
    found_for(request, pk)
    return views.report_file(request, pk, name)


def job_for(request, pk: int) -> BackgroundJob:
    """A job the person may follow; raises `NotFound`."""
    rows = BackgroundJob.objects.select_related("created_by__unit")
    row = rows.filter(pk=pk).first() if pk < MOST_KEY else None
    if row is None or not may(request.user, "job.view", row):
        raise NotFound()
    return row


@api.get("/jobs/{int:pk}", response=JobState, tags=["jobs"], operation_id="get_job")
def job(request, pk: int):
    """How far a job is."""
    return job_for(request, pk)


@api.post("/jobs/{int:pk}/cancel", response=JobState, tags=["jobs"], operation_id="cancel_job")
def cancel(request, pk: int):
    """Ask a job to stop."""
    return cancel_job(job=job_for(request, pk), by=request.user)


@api.post("/jobs/{int:pk}/resume", response=JobState, tags=["jobs"], operation_id="resume_job")
def resume(request, pk: int):
    """Let a failed or cancelled job go on."""
    return resume_job(job=job_for(request, pk), by=request.user)
