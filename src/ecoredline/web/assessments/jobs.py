"""Background work of this room: yearly assessments and delineations."""

from procrastinate.contrib.django import app

from ecoredline.record import Job
from ecoredline.web.assessments import actions, drawing
from ecoredline.web.assessments.models import Assessment, Drawing, RuleBook
from ecoredline.web.jobs.actions import carry_out
from ecoredline.web.jobs.models import BackgroundJob


@app.task(name=actions.KIND)
def assess_effectiveness(job: int) -> str:
    """The task: make the assessment of this job."""
    return carry_out(job, assess_now)


def assess_now(row: BackgroundJob, job: Job) -> None:
    """Make it, unless an earlier attempt did."""
    if Assessment.objects.filter(job=row).exists():
        return
    given = dict(row.arguments)
    rules = RuleBook.objects.get(pk=given.pop("rules"))
    actions.make_assessment(by=row.created_by, rules=rules, job_row=row, job=job, **given)


@app.task(name=drawing.KIND)
def draw_redline(job: int) -> str:
    """The task: draw the candidate of this job."""
    return carry_out(job, draw_now)


def draw_now(row: BackgroundJob, job: Job) -> None:
    """Draw it, unless an earlier attempt did."""
    if not Drawing.objects.filter(job=row).exists():
        drawing.draw(row, job)
