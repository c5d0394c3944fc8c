"""The daily round over sites."""

from procrastinate.contrib.django import app

from ecoredline.web.plans.sites import update_sites


@app.periodic(cron="40 5 * * *")
@app.task(name="update_sites", queueing_lock="update_sites", pass_context=False)
def sites_round(timestamp: int) -> None:
    """Every morning."""
    update_sites()
