"""The round that looks after the other jobs."""

from procrastinate.contrib.django import app

from ecoredline.web.jobs.actions import rescue_jobs


@app.periodic(cron="* * * * *")
@app.task(name="rescue_jobs", queueing_lock="rescue_jobs", pass_context=False)
def rescue_round(timestamp: int) -> None:
    """Every minute: find jobs whose worker died."""
    rescue_jobs()
