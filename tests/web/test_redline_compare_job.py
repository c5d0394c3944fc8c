"""A large comparison is a job that can be stopped, goes on, and gives what the request would have given."""

from datetime import date

import pytest
import redlining
from django.urls import reverse

from ecoredline.errors import Cancelled
from ecoredline.record import Job
from ecoredline.web.core.problems import MovedMeanwhile, NotAllowed
from ecoredline.web.jobs import follow
from ecoredline.web.jobs.actions import resume_job
from ecoredline.web.redlines import actions, comparing, facts, jobs

pytestmark = pytest.mark.django_db
SMALLER = {"R1": (2, 2, 40, 50), "R2": (52, 2, 46, 76)}


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    """Every delivery counts as large; the following thread does not see this test's rows and sleeps."""
    monkeypatch.setattr(comparing, "MOST_POINTS_AT_ONCE", 0)
    monkeypatch.setattr(follow, "WRITE_SECONDS", 3600)


def test_a_large_comparison_is_a_job(cast, run, tmp_path, as_person, monkeypatch):
    by = cast["city_supervisor"]
    made = [
        actions.deliver(redlining.upload(tmp_path, places), by=by, name=f"红线{day.year}", valid_from=day)
        for places, day in ((redlining.FIRST, date(2024, 1, 1)), (SMALLER, date(2025, 6, 1)))
    ]  # fmt: skip
    first, second = made
    actions.accept(actions.check(first, by=by), by=by)
    with pytest.raises(NotAllowed):
        comparing.compare(second, by=cast["yanbian_officer"])
    client, page = as_person("city_supervisor"), reverse("redline", args=[second.pk])
    assert client.post(f"{page}check/", {"version": second.version}).status_code == 302
    job = comparing.job_of(second)
    assert comparing.compare(second, by=by) == job, "one job at a time"
    assert f'id="job-{job.pk}"' in client.get(page).content.decode()

    def stopped(version, against, job, on):
        raise Cancelled("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(actions, "difference_of", stopped)
        assert jobs.compare_redline(job.pk) == "cancelled"
    second.refresh_from_db()
    assert (second.state, second.difference) == ("draft", {})
    resume_job(job=job, by=by)
    assert jobs.compare_redline(job.pk) == "done"
    second.refresh_from_db()
    direct = facts.summary(
        facts.difference_of(second.version_of, first.version_of),
        second.version_of,
        first.version_of,
    )
    assert second.difference["total"] == direct["total"]
    assert second.difference["total"]["moved_out_ha"] > 0
    assert f'id="job-{job.pk}"' not in client.get(page).content.decode()
    with pytest.raises(MovedMeanwhile):  # the job does not overrule who was first
        comparing.carry(job, Job())


def test_the_comparison_tells_how_far_it_is_and_hears_the_wish_to_stop(cast, run, tmp_path):
    day = date(2024, 1, 1)
    made = actions.deliver(redlining.upload(tmp_path, redlining.FIRST), by=cast["city_supervisor"], name="x", valid_from=day)  # fmt: skip
    seen = []
    facts.difference_of(made.version_of, None, Job(report=seen.append))
    assert [p.message for p in seen if p.message] == ["R1", "R2"]
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    with pytest.raises(Cancelled):
        facts.difference_of(made.version_of, None, Job(cancelled=lambda: len(seen) > 0))
