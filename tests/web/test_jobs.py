"""Background jobs: progress, cancelling, death of a worker, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sample_run
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from ecoredline.errors import InputError, NotComparable
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import JobFinished, NotAllowed
from ecoredline.web.jobs import follow
from ecoredline.web.jobs.actions import cancel_job, carry_out, rescue_jobs
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches import jobs
from ecoredline.web.patches.models import Run

pytestmark = pytest.mark.django_db
FILES = {r: f"pair/{r}.{e}" for r, e in
         (("before", "tif"), ("after", "tif"), ("redline", "gpkg"), ("divisions", "gpkg"))}  # fmt: skip


@pytest.fixture
def images(folders):
    """A pair with its layers in the server's imagery folder."""
    return sample_run.write_inputs(folders.IMAGERY_FOLDER / "pair")


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Progress is written at once, so that no test waits."""
    monkeypatch.setattr(follow, "WRITE_SECONDS", 0.01)


@pytest.fixture
def pipeline(monkeypatch):
    """The main job replaced by one that takes no time; `.stage` may be set to fail or wait."""

    class Pipeline:
        calls = 0

        @staticmethod
        def during(job):
            job.at("score", 0.5, "half")

        def __call__(self, files, out, *, choices, job):
            type(self).calls += 1
            (out / "evidence").mkdir(parents=True)
            (out / "half-written.part").write_text("x")
            self.during(job)
            sample_run.write_run(out, files)

    fake = Pipeline()
    monkeypatch.setattr(jobs, "run_pipeline", fake)
    return fake


def start(cast, who="city_analyst", **more):
    return jobs.start_run(files=FILES, by=cast[who], **more)


def test_a_job_brings_its_run_in(committed, cast, images, pipeline, folders):
    row = start(cast, minimum_area_m2=500)
    assert ProcrastinateJob.objects.get().args == {"job": row.pk}
    assert jobs.find_patches(row.pk) == "done"
    row.refresh_from_db()
    assert (row.state, row.attempts, row.percent) == ("done", 1, 100)
    assert row.run.created_by == cast["city_analyst"]
    assert row.run.patches.count() == 6
    assert row.run.folder.startswith(str(folders.RUNS_FOLDER))
    actions = list(AccessRecord.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["job.start", "run.load", "job.end"]


def test_the_same_job_twice_does_its_work_once(committed, cast, images, pipeline):
    row = start(cast)
    assert jobs.find_patches(row.pk) == "done"
    assert jobs.find_patches(row.pk) == "skipped"
    assert (pipeline.calls, Run.objects.count()) == (1, 1)


def test_starting_is_for_analysts_and_administrators(cast, images):
    for who in ("city_analyst", "city_administrator", "yanbian_analyst"):
        assert start(cast, who).created_by == cast[who]
    for who in ("yanbian_officer", "ministry_supervisor", "city_auditor"):
        with pytest.raises(NotAllowed):
            start(cast, who)


@pytest.mark.parametrize(
    "name",
    ["../secret-key", "/etc/passwd", "pair/../../secret-key", "pair/missing.tif", "link.tif", "pair",
     "pair/redline.gpkg", ""],
)  # fmt: skip
def test_only_images_inside_the_imagery_folder_are_read(cast, images, folders, name):
    (folders.ECOREDLINE_VAR / "secret-key").write_text("secret")
    (folders.ECOREDLINE_VAR / "outside.tif").write_text("secret")
    (folders.IMAGERY_FOLDER / "link.tif").symlink_to(folders.ECOREDLINE_VAR / "outside.tif")
    with pytest.raises(InputError):
        jobs.start_run(files=FILES | {"before": name}, by=cast["city_analyst"])
    assert not BackgroundJob.objects.exists()
    assert "link.tif" not in jobs.files_for("before")


def test_geodatabases_and_zipped_shapefiles_are_offered_and_read(cast, images, folders):
    root = folders.IMAGERY_FOLDER
    (root / "Layers.GDB").mkdir()
    (root / "Layers.GDB" / "inner.gpkg").write_text("part of it")
    (root / "redline.shp.zip").write_bytes(b"PK")
    (root / "plain").mkdir()
    (root / "file.gdb").write_text("no folder")
    wanted = ["Layers.GDB", "redline.shp.zip"]
    offered = jobs.files_for("redline")
    assert set(offered) - {f"pair/{n}.gpkg" for n in ("redline", "divisions", "protected_areas")} \
        == set(wanted)  # fmt: skip
    for name in wanted:
        assert jobs.input_file(name, "redline") == root / name
    row = jobs.start_run(files=FILES | {"redline": "Layers.GDB"}, by=cast["city_analyst"])
    assert row.arguments["files"]["redline"] == "Layers.GDB"
    for name in ("Layers.GDB/inner.gpkg", "plain", "file.gdb", "../Layers.GDB", "Layers.GDB\0"):
        with pytest.raises(InputError):
            jobs.input_file(name, "redline")
    with pytest.raises(InputError, match=r"\.tif"):
        jobs.input_file("Layers.GDB", "before")


def test_a_geodatabase_that_leads_outside_is_not_read(folders):
    root, outside = folders.IMAGERY_FOLDER, folders.ECOREDLINE_VAR / "secret.gdb"
    outside.mkdir()
    (outside / "a00000001.gdbtable").write_text("secret")
    (root / "whole.gdb").symlink_to(outside)
    (root / "part.gdb").mkdir()
    (root / "part.gdb" / "a00000001.gdbtable").symlink_to(outside / "a00000001.gdbtable")
    assert jobs.files_for("redline") == []
    for name in ("whole.gdb", "part.gdb"):
        with pytest.raises(InputError, match="inside"):
            jobs.input_file(name, "redline")


def test_the_list_shows_the_button_to_cancel_and_the_run_without_waiting(
    as_person, cast, images, sample_folder
):
    from ecoredline.web.patches.actions import load_run

    row = start(cast)
    client = as_person("city_analyst")
    button = reverse("job_cancel", args=[row.pk])
    assert button in client.get(reverse("run_list")).content.decode()
    run = load_run(sample_folder, job=row)
    Run.objects.filter(pk=run.pk).update(job=row)
    BackgroundJob.objects.filter(pk=row.pk).update(state="failed", message="late")
    page = client.get(reverse("run_list"))
    assert button not in page.content.decode()
    (shown,) = page.context["jobs"]
    assert (shown.may_cancel, shown.seen_run) == (False, run)
    links = page.content.decode().split("</section>")[0].split('class="jobs"')[1]
    assert reverse("run", args=[run.pk]) in links


def test_the_page_starts_a_run_and_shows_its_progress(as_person, images, pipeline):
    client = as_person("city_analyst")
    page = client.get(reverse("run_start"))
    choices = dict(page.context["form"].fields["before"].choices)
    assert set(choices) == {"", "pair/before.tif", "pair/after.tif"}
    got = client.post(reverse("run_start"), FILES | {"minimum_area_m2": "400"})
    assert (got.status_code, got.headers["Location"]) == (302, reverse("run_list"))
    row = BackgroundJob.objects.get()
    assert row.arguments == {"files": FILES, "minimum_area_m2": 400.0}
    assert [j.pk for j in client.get(reverse("run_list")).context["jobs"]] == [row.pk]
    shown = client.get(reverse("job_progress", args=[row.pk]))
    assert shown.context["may_cancel"] is True
    bad = client.post(reverse("run_start"), FILES | {"before": "../secret-key"})
    assert bad.status_code == 200
    assert bad.context["form"].errors["before"]


def test_the_word_on_far_seasons_and_the_third_image_reach_the_main_job(
    as_person, images, monkeypatch, tmp_path
):
    client = as_person("city_analyst")
    page = client.get(reverse("run_start")).content.decode()
    assert "季节差超过限值、未经第三时相确认时仍继续" in page and "现为60天" in page
    client.post(
        reverse("run_start"), FILES | {"confirm": "pair/after.tif"} | {"season_gap_accepted": "on"}
    )
    row = BackgroundJob.objects.get()
    assert row.arguments["season_gap_accepted"] is True
    asked = {}
    monkeypatch.setattr("ecoredline.pipeline.find_patches", lambda *a, **more: asked.update(more))
    files = {role: tmp_path / name for role, name in row.arguments["files"].items()}
    choices = {k: v for k, v in row.arguments.items() if k != "files"}
    jobs.run_pipeline(files, tmp_path, choices=choices, job=None)
    assert asked["options"].season_gap_accepted is True
    assert asked["confirm"] == tmp_path / "pair/after.tif"


def test_a_job_is_seen_and_stopped_only_by_its_starter_and_their_administrator(
    as_person, cast, images
):
    row = start(cast)
    for who in ("yanbian_officer", "yanbian_analyst", "ministry_analyst", "city_auditor"):
        client = as_person(who)
        assert client.get(reverse("job_progress", args=[row.pk])).status_code == 404
        assert client.post(reverse("job_cancel", args=[row.pk])).status_code == 404
        assert client.get(reverse("run_list")).context["jobs"] == []
    client = as_person("city_administrator")
    assert client.get(reverse("job_cancel", args=[row.pk])).status_code == 405
    assert client.post(reverse("job_cancel", args=[row.pk])).context["job"].state == "cancelled"
    again = client.post(reverse("job_cancel", args=[row.pk]))
    assert again.status_code == 409


def test_a_waiting_job_that_was_cancelled_is_never_done(committed, cast, images, pipeline):
    row = start(cast)
    cancel_job(job=row, by=cast["city_analyst"])
    assert jobs.find_patches(row.pk) == "skipped"
    assert pipeline.calls == 0
    with pytest.raises(JobFinished):
        cancel_job(job=row, by=cast["city_analyst"])


def test_a_running_job_that_is_cancelled_leaves_nothing(committed, cast, images, pipeline, folders):
    row = start(cast)

    def wait_for_it(job):
        cancel_job(job=row, by=cast["city_analyst"])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            job.at("score", 0.5)
            time.sleep(0.01)

    pipeline.during = wait_for_it
    assert jobs.find_patches(row.pk) == "cancelled"
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert not Run.objects.exists()
    assert list(folders.RUNS_FOLDER.iterdir()) == []


def test_progress_reaches_the_row_while_the_job_runs(committed, cast, images, pipeline):
    row = start(cast)
    seen = []

    def report(job):
        deadline = time.monotonic() + 20
        while not seen and time.monotonic() < deadline:
            job.at("score", 0.5, "half")
            row.refresh_from_db()
            if row.stage == "score":
                seen.append((row.state, row.stage, row.percent, row.message))
            time.sleep(0.01)

    pipeline.during = report
    jobs.find_patches(row.pk)
    assert seen == [("running", "score", 50, "half")]


def test_a_job_that_fails_says_why_and_leaves_nothing(committed, cast, images, pipeline, folders):
    def refuse(job):
        raise NotComparable("got two images that are all cloud")

    pipeline.during = refuse
    row = start(cast)
    assert jobs.find_patches(row.pk) == "failed"
    row.refresh_from_db()
    assert row.message == "got two images that are all cloud"
    assert list(folders.RUNS_FOLDER.iterdir()) == []

    def break_down(job):
        raise ZeroDivisionError("bug")

    pipeline.during = break_down
    row = start(cast)
    assert jobs.find_patches(row.pk) == "failed"
    row.refresh_from_db()
    assert row.message == "ZeroDivisionError: bug"


def make_stale(row, **more):
    old = timezone.now() - timedelta(hours=1)
    BackgroundJob.objects.filter(pk=row.pk).update(heartbeat=old, **more)


def test_a_job_whose_worker_died_is_tried_once_more_and_then_given_up(cast, images):
    row = start(cast)
    make_stale(row, state="running", attempts=1)
    assert rescue_jobs() == [row.pk]
    row.refresh_from_db()
    assert row.state == "waiting"
    assert ProcrastinateJob.objects.filter(args__job=row.pk).count() == 2
    make_stale(row, state="running", attempts=2)
    rescue_jobs()
    row.refresh_from_db()
    assert row.state == "failed"
    assert "2" in row.message


def test_a_lively_or_patiently_waiting_job_is_left_alone(cast, images):
    waiting, lively = start(cast), start(cast)
    make_stale(waiting)
    BackgroundJob.objects.filter(pk=lively.pk).update(state="running", attempts=1)
    assert rescue_jobs() == []


def test_a_waiting_job_that_no_worker_would_be_given_is_handed_out_again(cast, images):
    row = start(cast)
    ProcrastinateJob.objects.all()._raw_delete("default")
    make_stale(row)
    assert rescue_jobs() == [row.pk]
    assert ProcrastinateJob.objects.get().args == {"job": row.pk}


def test_a_cancelled_job_whose_worker_died_is_not_tried_again(cast, images):
    row = start(cast)
    make_stale(row, state="running", attempts=1, cancel_requested=True)
    rescue_jobs()
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_a_worker_thought_dead_stops_and_does_not_touch_the_second_attempt(committed, cast, images):
    row = start(cast)

    def work(held, job):
        BackgroundJob.objects.filter(pk=held.pk).update(attempts=held.attempts + 1)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            job.at("score")
            time.sleep(0.01)
        raise AssertionError("was not stopped")

    assert carry_out(row.pk, work) == "lost"
    row.refresh_from_db()
    assert row.state == "running"


def test_a_second_attempt_goes_on_from_a_finished_folder(
    committed, cast, images, pipeline, folders
):
    row = start(cast)
    out = folders.RUNS_FOLDER / f"job-{row.pk}"
    sample_run.write_run(out, images)
    assert jobs.find_patches(row.pk) == "done"
    assert pipeline.calls == 0
    assert Run.objects.get().job == row


def test_a_second_attempt_after_the_load_does_not_load_twice(committed, cast, images, pipeline):
    row = start(cast)
    jobs.find_patches(row.pk)
    BackgroundJob.objects.filter(pk=row.pk).update(state="waiting")
    assert jobs.find_patches(row.pk) == "done"
    assert (Run.objects.count(), pipeline.calls) == (1, 1)


WORKER = """
import sys, time
import django
django.setup()
from ecoredline.web.patches import jobs
import sample_run
def slow(files, out, *, choices, job):
    out.mkdir(parents=True, exist_ok=True)
    (out / "half-written.part").write_text("x")
    job.at("score", 0.5)
    if sys.argv[1] == "hang":
        time.sleep(600)
    sample_run.write_run(out, files)
jobs.run_pipeline = slow
from procrastinate.contrib.django import app
app.with_connector(app.connector.get_worker_connector()).run_worker(
    concurrency=1, wait=sys.argv[1] == "hang", install_signal_handlers=False, delete_jobs="never")
"""


def worker(folders, mode: str) -> subprocess.Popen:
    """A real worker process on this test's database."""
    place = connection.settings_dict
    address = (
        f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}&port={place['PORT']}"
    )
    environment = os.environ | {
        "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "ecoredline.web.settings",
        "ECOREDLINE_VAR": str(folders.ECOREDLINE_VAR), "ECOREDLINE_JOB_STALE_SECONDS": "2",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", WORKER, mode], env=environment)


def test_a_worker_killed_in_the_middle_loses_nothing(committed, cast, images, folders):
    row = start(cast)
    killed = worker(folders, "hang")
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            row.refresh_from_db()
            if row.state == "running" and row.stage == "score":
                break
            time.sleep(0.05)
        assert (row.state, row.stage) == ("running", "score")
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    make_stale(row)
    assert rescue_jobs() == [row.pk]
    assert worker(folders, "finish").wait(60) == 0
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("done", 2)
    assert Run.objects.get().patches.count() == 6
