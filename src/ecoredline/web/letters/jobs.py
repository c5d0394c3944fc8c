"""The daily round of reminders."""

from procrastinate.contrib.django import app

from ecoredline.web.core import clock
from ecoredline.web.letters.reminders import remind


@app.periodic(cron="10 * * * *")
@app.task(name="remind_of_letters", queueing_lock="remind_of_letters", pass_context=False)
def remind_round(timestamp: int) -> None:
    """Each hour, so that a server that slept over midnight still reminds; each is given once."""
    remind(clock.today())
