"""Progress of a job on the terminal, and its end at Ctrl-C."""

import signal
import sys
import time

import click

from ecoredline.codes import stage_name
from ecoredline.record import Job, Progress

REPORT_EVERY_S = 0.2


def console_job(quiet: bool = False) -> Job:
    """A job that shows its progress on the terminal and stops at Ctrl-C or SIGTERM."""
    asked = []

    def ask(number, _frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return Job(
        report=(lambda progress: None) if quiet else ConsoleProgress().show,
        cancelled=lambda: bool(asked),
    )


class ConsoleProgress:
    """One line that is rewritten on a terminal; one line a stage in a log."""

    def __init__(self):
        self.last, self.stage, self.live = 0.0, "", sys.stderr.isatty()

    def show(self, progress: Progress) -> None:
        """Show where the job is, at most five times a second."""
        now, name = time.monotonic(), stage_name(progress.stage)
        fresh = progress.stage != self.stage
        if not fresh and (not self.live or now - self.last < REPORT_EVERY_S):
            return
        self.last, self.stage = now, progress.stage
        if self.live:
            click.echo(
                f"\r\033[K{name} {progress.done:4.0%} {progress.message}", nl=False, err=True
            )
            if progress.stage == "done":
                click.echo(err=True)
        else:
            click.echo(f"{name} {progress.message}".rstrip(), err=True)
