"""Who may see and stop background work."""

from ecoredline.web.accounts.scoping import scope


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
}
