"""The round that reminds."""

from procrastinate.contrib.django import app

from ecoredline.web.clues.reminding import remind_clues


@app.periodic(cron="20 6 * * *")
@app.task(name="remind_clues", queueing_lock="remind_clues", pass_context=False)
def reminder_round(timestamp: int) -> None:
    """Every morning: tell the units what is due."""
    remind_clues()
