"""The check as a background task."""

from procrastinate.contrib.django import app

from ecoredline.web.deliveries.actions import KIND, check
from ecoredline.web.jobs.actions import carry_out


@app.task(name=KIND)
def check_delivery(job: int) -> str:
    """The task: do the job of this number."""
    return carry_out(job, check)
