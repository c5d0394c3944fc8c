"""Who may see and stop background work."""

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core.permissions import may


def started_it(person, job) -> bool:
    """The person started the job."""
    return job.created_by_id == person.pk


def administers_it(person, job) -> bool:
    """An administrator whose divisions hold the unit of whoever started the job."""
    seen = scope(person)
    if seen is None or person.role != "administrator" or job.created_by.unit is None:
        return False
    return job.created_by.unit.division_code.startswith(seen.prefix)


RULES = {
    "job.view": [started_it, administers_it],
    "job.cancel": [started_it, administers_it],
    "job.resume": [started_it],
}


def job_rights(person, job) -> dict[str, bool]:
    """What the person may do with a job now, for its progress on a page."""
    stopped = job is not None and job.state in (job.State.FAILED, job.State.CANCELLED)
    return {
        "may_follow": job is not None and may(person, "job.view", job),
        "may_cancel": job is not None and job.is_live and may(person, "job.cancel", job),
        "may_resume": stopped and may(person, "job.resume", job),
    }
