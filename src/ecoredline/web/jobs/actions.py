"""Starting, carrying out, cancelling and rescuing background jobs."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from ecoredline.errors import Cancelled, EcoredlineError
from ecoredline.record import Job
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import JobFinished, Problem
from ecoredline.web.jobs.follow import Follower
from ecoredline.web.jobs.models import BackgroundJob

log = logging.getLogger(__name__)
State = BackgroundJob.State
TITLE_LENGTH = BackgroundJob._meta.get_field("title").max_length


@transaction.atomic
def start_job(*, kind: str, title: str, arguments: dict, by) -> BackgroundJob:
    """Make the job's row and hand it to the workers, both or neither.

    `kind` is the name of a task that takes the row's number as `job`. Permission is asked
    by the action that calls this.
    """
    row = BackgroundJob.objects.create(
        kind=kind, title=title[:TITLE_LENGTH], arguments=arguments, created_by=by
    )
    app.configure_task(kind).defer(job=row.pk)
    note("job.start", f"job {row.pk}", by=by, kind=kind, title=title)
    return row


@transaction.atomic
def cancel_job(*, job: BackgroundJob, by) -> BackgroundJob:
    """Ask a job to stop; one that still waits is cancelled at once. Raises `JobFinished` (409.1)."""
    require(by, "job.cancel", job)
    row = BackgroundJob.objects.select_for_update().get(pk=job.pk)
    if not row.is_live:
        raise JobFinished(row.get_state_display())
    row.cancel_requested = True
    if row.state == State.WAITING:
        row.state, row.finished_at = State.CANCELLED, timezone.now()
    row.save(update_fields=["cancel_requested", "state", "finished_at"])
    note("job.cancel", f"job {row.pk}", by=by)
    return row


@transaction.atomic
def resume_job(*, job: BackgroundJob, by) -> BackgroundJob:
    """Let a failed or cancelled job go on; what it keeps of its work it does not do again.

    Raises `JobFinished` (409.1) when it is done, or already under way.
    """
    require(by, "job.resume", job)
    row = BackgroundJob.objects.select_for_update().get(pk=job.pk)
    if row.state not in (State.FAILED, State.CANCELLED):
        raise JobFinished(row.get_state_display())
    row.state, row.cancel_requested, row.finished_at = State.WAITING, False, None
    row.message, row.faults, row.heartbeat = "", [], timezone.now()
    row.save()
    app.configure_task(row.kind).defer(job=row.pk)
    note("job.resume", f"job {row.pk}", by=by, attempts=row.attempts)
    return row


def carry_out(pk: int, work: Callable[[BackgroundJob, Job], None]) -> str:
    """Do a waiting job and write down how it ended; gives its state.

    A job that is no longer waiting (cancelled, or done by somebody else) is left alone.
    """
    row = claim(pk)
    if row is None:
        return "skipped"
    try:
        with Follower(row) as job:
            work(row, job)
    except Cancelled:
        return finish(row, State.CANCELLED, "")
    except Problem as fault:
        return finish(row, State.FAILED, str(fault.message), fault.details)
    except EcoredlineError as fault:
        log.warning("job %s failed: %s", pk, fault)
        return finish(row, State.FAILED, str(fault))
    except Exception as fault:
        log.exception("job %s failed", pk)
        return finish(row, State.FAILED, f"{type(fault).__name__}: {fault}")
    return finish(row, State.DONE, "")


@transaction.atomic
def claim(pk: int) -> BackgroundJob | None:
    """Take a waiting job for this attempt; None when somebody else did or it was cancelled."""
    row = BackgroundJob.objects.select_for_update().filter(pk=pk, state=State.WAITING).first()
    if row is not None:
        row.state, row.heartbeat, row.attempts = State.RUNNING, timezone.now(), row.attempts + 1
        row.stage, row.done, row.message, row.faults = "", 0.0, "", []
        row.save()
    return row


def finish(row: BackgroundJob, state: str, message: str, faults: list[str] | tuple = ()) -> str:
    """Write the end down, unless the job was taken away from this attempt meanwhile."""
    mine = BackgroundJob.objects.filter(pk=row.pk, attempts=row.attempts, state=State.RUNNING)
    end = {
        "state": state,
        "message": message,
        "faults": list(faults),
        "finished_at": timezone.now(),
    }
    if state == State.DONE:
        end["done"] = 1.0
    if not mine.update(**end):
        return "lost"
    note("job.end", f"job {row.pk}", by=row.created_by, state=str(state))
    return str(state)


def rescue_jobs() -> list[int]:
    """Find jobs whose worker died: start them again, or give them up after the last attempt.

    A running job is lost when its heartbeat is old; a waiting one when no worker would ever
    be given it. Returns the numbers of the jobs it touched.
    """
    old = timezone.now() - timedelta(seconds=settings.JOB_STALE_SECONDS)
    touched = []
    for pk in BackgroundJob.objects.filter(
        state__in=BackgroundJob.LIVE, heartbeat__lt=old
    ).values_list("pk", flat=True):
        with transaction.atomic():
            row = (
                BackgroundJob.objects.select_for_update(skip_locked=True)
                .filter(pk=pk, state__in=BackgroundJob.LIVE, heartbeat__lt=old)
                .first()
            )
            if row is not None and rescue(row):
                touched.append(pk)
    return touched


def rescue(row: BackgroundJob) -> bool:
    """Rescue one locked row; False when it only waits for its turn."""
    if (
        row.state == State.WAITING
        and ProcrastinateJob.objects.filter(
            task_name=row.kind, args__job=row.pk, status="todo"
        ).exists()
    ):
        return False
    row.heartbeat = timezone.now()
    if row.cancel_requested:
        row.state, row.finished_at = State.CANCELLED, timezone.now()
    elif row.attempts >= settings.JOB_ATTEMPTS:
        row.state, row.finished_at = State.FAILED, timezone.now()
        row.message = f"执行进程中断 {row.attempts} 次，已放弃；请查看服务器日志后重新发起"
    else:
        row.state = State.WAITING
        app.configure_task(row.kind).defer(job=row.pk)
    row.save()
    note("job.rescue", f"job {row.pk}", by=row.created_by, state=row.state, attempts=row.attempts)
    log.warning("job %s had lost its worker; now %s", row.pk, row.state)
    return True
