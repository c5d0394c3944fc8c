"""What the ecology commands share."""

import sys

import click

from ecoredline.codes import stage_name
from ecoredline.record import Job, read_record


def terminal_job(quiet: bool) -> Job:
    """A job that shows its stage and share on a terminal."""
    if quiet or not sys.stderr.isatty():
        return Job()
    return Job(
        report=lambda p: click.echo(f"\r{stage_name(p.stage)} {p.done:4.0%}   ", nl=False, err=True)
    )


def said_of_run(folder) -> str:
    """Where a run lies, what it warns of."""
    record = read_record(folder)
    notice = f"【{record['notice']}】" if record["notice"] else ""
    return "\n".join([f"{notice}{folder}", *(f"  提示：{w}" for w in record["warnings"])])
