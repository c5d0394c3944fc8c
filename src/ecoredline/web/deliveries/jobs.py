"""The check and the repair as background tasks."""

from procrastinate.contrib.django import app

from ecoredline.web.deliveries import actions, repairing
from ecoredline.web.jobs.actions import carry_out


@app.task(name=actions.KIND)
def check_delivery(job: int) -> str:
    """The task: do the check of this number."""
    return carry_out(job, actions.check)


@app.task(name=repairing.KIND)
def repair_delivery(job: int) -> str:
    """The task: do the repair of this number."""
    return carry_out(job, repairing.repair)
