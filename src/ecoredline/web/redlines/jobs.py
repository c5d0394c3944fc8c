"""Reading what was handed in, and comparing large deliveries, as background tasks."""

from procrastinate.contrib.django import app

from ecoredline.web.jobs.actions import carry_out
from ecoredline.web.redlines import comparing, uploads


@app.task(name=comparing.KIND)
def compare_redline(job: int) -> str:
    """The task: do the comparison of this number."""
    return carry_out(job, comparing.carry)


@app.task(name=uploads.KIND)
def read_redline(job: int) -> str:
    """The task: read the upload of this number."""
    return carry_out(job, uploads.carry)
