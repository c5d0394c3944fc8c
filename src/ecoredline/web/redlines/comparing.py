"""The comparison of a delivery: at once when it is small, else as a job with progress that can be stopped."""

from django.contrib.gis.db.models.functions import NumPoints
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from ecoredline.record import Job
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import StepNotAllowed
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.redlines import actions
from ecoredline.web.redlines.models import RedlineDelivery
from ecoredline.web.regions.models import RedlinePolygon

KIND = "compare_redline"
MOST_POINTS_AT_ONCE = 100_000  # of both versions together; more is a job's work


def vertices(delivery: RedlineDelivery) -> int:
    """How many vertices both versions have."""
    versions = [v for v in (delivery.version_of, actions.before_it(delivery)) if v is not None]
    rows = RedlinePolygon.objects.filter(version__in=versions)
    return rows.aggregate(n=Sum(NumPoints("geom")))["n"] or 0


def job_of(delivery: RedlineDelivery) -> BackgroundJob | None:
    """The newest job that compares this delivery."""
    rows = BackgroundJob.objects.filter(kind=KIND, arguments__delivery=delivery.pk)
    return rows.select_related("created_by__unit").order_by("-pk").first()


@transaction.atomic
def compare(delivery: RedlineDelivery, *, by, seen: int | None = None) -> BackgroundJob | None:
    """Compare now (None), or start the job that will; a delivery has one such job at a time.

    Raises `NotAllowed` (403.1), `StepNotAllowed` (409.4), `MovedMeanwhile` (409.5).
    """
    require(by, "redline.check", delivery)
    if vertices(delivery) <= MOST_POINTS_AT_ONCE:
        actions.check(delivery, by=by, seen=seen)
        return None
    row = RedlineDelivery.objects.select_for_update().get(pk=delivery.pk)
    running = job_of(row)
    if running is not None and running.is_live:
        return running
    if row.state not in row.LIFECYCLE.step("check").start:
        raise StepNotAllowed(row.get_state_display())
    return start_job(
        kind=KIND,
        title=_("比对 %s") % row.name,
        arguments={"delivery": row.pk, "seen": seen},
        by=by,
    )


def carry(job_row: BackgroundJob, job: Job) -> None:
    """The job's work."""
    delivery = RedlineDelivery.objects.get(pk=job_row.arguments["delivery"])
    actions.check(delivery, by=job_row.created_by, seen=job_row.arguments["seen"], job=job)
