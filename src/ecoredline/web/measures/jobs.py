"""The daily round that looks for what should be proposed."""

from procrastinate.contrib.django import app

from ecoredline.web.core import clock
from ecoredline.web.measures.actions import propose


@app.periodic(cron="20 5 * * *")
@app.task(name="propose_measures", queueing_lock="propose_measures", pass_context=False)
def propose_round(timestamp: int) -> None:
    """Every morning."""
    propose(clock.today())
