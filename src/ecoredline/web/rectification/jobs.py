"""Background work of the proof: a run was loaded, the closed cases in it are looked at."""

from procrastinate.contrib.django import app

from ecoredline.record import Job
from ecoredline.web.jobs.actions import carry_out, start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches.models import Run
from ecoredline.web.rectification.proof import observe_closed_cases

KIND = "observe_closed"
UNATTENDED = "observe_closed_unattended"


@app.task(name=KIND)
def observe_closed(job: int) -> str:
    """The task: do the job of this number."""
    return carry_out(job, observe_run)


def observe_run(row: BackgroundJob, job: Job) -> None:
    """Look at every closed case in the run."""
    run = Run.objects.get(pk=row.arguments["run"])
    observe_closed_cases(run, step=lambda done, of: job.at("watch", done / max(1, of)))


@app.task(name=UNATTENDED)
def observe_closed_unattended(run: int) -> int:
    """The same for a run the operator loaded at the command line; gives how many it looked at."""
    found = Run.objects.filter(pk=run).first()
    return len(observe_closed_cases(found)) if found else 0


def start_observing(run: Run) -> None:
    """Hand the work to the workers, in the transaction that loaded the run."""
    if run.created_by is None:
        app.configure_task(UNATTENDED).defer(run=run.pk)
        return
    start_job(kind=KIND, title=run.name, arguments={"run": run.pk}, by=run.created_by)
