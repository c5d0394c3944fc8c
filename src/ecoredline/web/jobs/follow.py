"""Following a running job: progress into its row, a sign of life, and the wish to cancel out of it.

The job itself never touches the database for this: it writes to memory, and one thread
carries that over every half second.
"""

import logging
import threading

from django.db import Error, connection
from django.utils import timezone

from ecoredline.record import Job, Progress
from ecoredline.web.jobs.models import BackgroundJob

log = logging.getLogger(__name__)

WRITE_SECONDS = 0.5
STAGE_LENGTH = BackgroundJob._meta.get_field("stage").max_length


class Follower:
    """Within `with Follower(row) as job:` the `job` reports to the row and hears its cancelling.

    It also counts as cancelled when the row was taken away from this attempt: deleted, or
    given to another worker because this one was thought dead.
    """

    def __init__(self, row: BackgroundJob):
        self.row = row
        self.latest = Progress("start", 0.0)
        self.stopped, self.cancelled = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.carry, name=f"follow-{row.pk}", daemon=True)

    def __enter__(self) -> Job:
        self.thread.start()
        return Job(report=self.report, cancelled=self.cancelled.is_set)

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def report(self, progress: Progress) -> None:
        """Remember how far the job is."""
        self.latest = progress

    def carry(self) -> None:
        """The thread: write every half second until the job ends."""
        try:
            while not self.stopped.wait(WRITE_SECONDS):
                try:
                    self.write()
                except Error:
                    log.exception(
                        "could not write the progress of job %s; trying again", self.row.pk
                    )
                    connection.close()
        finally:
            connection.close()

    def write(self) -> None:
        """One exchange with the row."""
        mine = BackgroundJob.objects.filter(
            pk=self.row.pk, attempts=self.row.attempts, state=BackgroundJob.State.RUNNING
        )
        held = mine.update(
            stage=self.latest.stage[:STAGE_LENGTH], done=self.latest.done,
            message=self.latest.message, heartbeat=timezone.now(),
        )  # fmt: skip
        if not held or mine.filter(cancel_requested=True).exists():
            self.cancelled.set()
