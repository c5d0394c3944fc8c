"""The comparison of large deliveries as a background task."""

from procrastinate.contrib.django import app

from ecoredline.web.jobs.actions import carry_out
from ecoredline.web.redlines import comparing


@app.task(name=comparing.KIND)
def compare_redline(job: int) -> str:
    """The task: do the comparison of this number."""
    return carry_out(job, comparing.carry)
