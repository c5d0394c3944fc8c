"""A file of the redline is read by a job: bounded before, all faults after, nothing or everything."""

import re
from datetime import date

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import redlining
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ecoredline.errors import Cancelled
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import Job
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.jobs import follow
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.redlines import comparing, jobs, queries, uploads
from ecoredline.web.redlines.models import RedlineDelivery
from ecoredline.web.regions import actions as regions
from ecoredline.web.regions.models import ProtectedAreaVersion, RedlinePolygon

pytestmark = pytest.mark.django_db
DAY = date(2024, 1, 1)


@pytest.fixture(autouse=True)
def quiet_follower(monkeypatch):
    """The following thread does not see this test's rows and sleeps."""
    monkeypatch.setattr(follow, "WRITE_SECONDS", 3600)


def hand_in(upload, by, **told):
    return uploads.hand_in(
        "redline", upload, by=by, **{"name": "红线", "valid_from": DAY, "crs": ""} | told
    )


def test_the_page_answers_before_the_file_is_read_and_the_job_takes_it_in(
    as_person, cast, run, tmp_path
):
    client = as_person("city_supervisor")
    form = {"name": "红线2024", "valid_from": "2024-01-01", "note_said": "首版",
            "upload": redlining.upload(tmp_path, redlining.FIRST)}  # fmt: skip
    page = client.post(reverse("redline_new"), form).url
    assert not RedlineDelivery.objects.exists()
    (job,) = uploads.readings_of(cast["city_supervisor"])
    assert page == reverse("redline_reading", args=[job.pk])
    for address in (page, reverse("redline_list")):
        assert reverse("job_cancel", args=[job.pk]) in client.get(address).content.decode()
    assert as_person("yanbian_officer").get(page).status_code == 404
    assert jobs.read_redline(job.pk) == "done"
    made = RedlineDelivery.objects.get()
    assert (made.state, made.note, made.owner, made.valid_from) == (
        "checked", "首版", cast["city_supervisor"].unit, DAY,
    )  # fmt: skip
    assert as_person("city_supervisor").get(page).url == reverse("redline", args=[made.pk])
    job.refresh_from_db()
    uploads.carry(job, Job())  # a second attempt of a job that had done its work
    assert RedlineDelivery.objects.count() == 1
    with pytest.raises(BadForm, match=made.number):
        hand_in(form["upload"], cast["city_supervisor"])


def test_what_needs_no_reading_is_said_at_once(cast, run, tmp_path):
    by, good = cast["city_supervisor"], redlining.upload(tmp_path, redlining.FIRST)
    with pytest.raises(NotAllowed):
        hand_in(good, cast["yanbian_officer"])
    bad = SimpleUploadedFile("红线.docx", b"x")
    bad.size = uploads.actions.MOST_BYTES + 1
    with pytest.raises(BadForm) as fault:
        hand_in(bad, by, name=" ", crs="beijing")
    assert len(fault.value.details) == 4
    assert not BackgroundJob.objects.exists()
    hand_in(good, by)
    with pytest.raises(BadForm, match="正在读取"):
        hand_in(good, by)


def test_every_fault_is_listed_with_row_and_column_and_the_words_are_taken_over(
    as_person, cast, run, tmp_path
):
    file = redlining.upload(
        tmp_path, {"R1": (2, 2, 10, 10), "R2": (5, 5, 10, 10)}, zones={"R2": "保留区"}, XZQDM="51"
    )
    job = hand_in(file, cast["city_supervisor"], name="我写的名称")
    before = RedlinePolygon.objects.count()
    assert jobs.read_redline(job.pk) == "failed"
    assert (RedlinePolygon.objects.count(), RedlineDelivery.objects.count()) == (before, 0)
    page = as_person("city_supervisor").get(reverse("redline_reading", args=[job.pk]))
    said = re.findall(r"<li>(第.*?)</li>", page.content.decode())
    assert [re.match(r"第(\d)行“(.*?)”", line).groups() for line in said] == [
        ("1", "所在县级区划代码"), ("2", "所在县级区划代码"), ("2", "管控区"), ("1", "红线斑块编码"),
    ]  # fmt: skip
    assert reverse("job_resume", args=[job.pk]) not in page.content.decode()
    again = f"{reverse('redline_new')}?again={job.pk}"
    assert "我写的名称" in as_person("city_supervisor").get(again).content.decode()
    assert "我写的名称" not in as_person("province_supervisor").get(again).content.decode()
    broken = hand_in(SimpleUploadedFile("a.gpkg", b"x" * 999), cast["city_supervisor"])
    assert jobs.read_redline(broken.pk) == "failed"
    broken.refresh_from_db()
    assert "a.gpkg" in broken.faults[0] and "/" not in broken.faults[0]


@pytest.mark.parametrize("stage", ["read", "overlaps", "load"])
def test_a_wish_to_stop_is_heard_at_every_stage_and_leaves_nothing(cast, run, tmp_path, stage):
    side_by_side = {"R1": (2, 2, 10, 10), "R2": (12, 2, 10, 10)}
    job = hand_in(redlining.upload(tmp_path, side_by_side), cast["city_supervisor"])
    before, stages = RedlinePolygon.objects.count(), []
    stopping = Job(
        report=lambda p: stages.append(p.stage), cancelled=lambda: stages[-1:] == [stage]
    )
    with pytest.raises(Cancelled):
        uploads.carry(job, stopping)
    assert (RedlinePolygon.objects.count(), RedlineDelivery.objects.count()) == (before, 0)


def test_a_large_file_is_written_in_bounded_pieces_with_exact_areas(
    cast, run, tmp_path, monkeypatch
):
    turns = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    rows = [
        {"code": f"R{k}", "is_demo": True, "geometry": shapely.Polygon(
            np.c_[101.5 + 0.02 * k + 0.008 * np.cos(turns), 26.6 + 0.008 * np.sin(turns)])}
        for k in range(5)
    ]  # fmt: skip
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=STORAGE_CRS)
    pyogrio.write_dataframe(frame, tmp_path / "large.gpkg")
    monkeypatch.setattr(regions, "BATCH_POINTS", 7000)
    assert [len(piece) for piece in regions.batches(frame)] == [2, 2, 1]
    file = SimpleUploadedFile("large.gpkg", (tmp_path / "large.gpkg").read_bytes())
    monkeypatch.setattr(comparing, "MOST_POINTS_AT_ONCE", 1000)
    assert jobs.read_redline(hand_in(file, cast["city_supervisor"]).pk) == "done"
    made = RedlineDelivery.objects.get()
    assert comparing.job_of(made).is_live  # a large comparison is the next job
    assert made.version_of.polygons.count() == 5
    held = {p.code: (p.geom.num_coords, float(p.area_ha)) for p in made.version_of.polygons.all()}
    wanted = {r["code"]: (3001, regions.hectares(r["geometry"])) for r in rows}
    assert held == wanted


def test_protected_areas_come_in_by_the_same_job(as_person, cast, run, tmp_path):
    client = as_person("city_supervisor")
    form = {"name": "保护地2025", "valid_from": "2025-01-01",
            "upload": redlining.upload(tmp_path, redlining.FIRST, name="protected.gpkg")}  # fmt: skip
    page = client.post(reverse("protected_new"), form).url
    (job,) = uploads.readings_of(cast["city_supervisor"])
    assert jobs.read_redline(job.pk) == "done"
    assert ProtectedAreaVersion.objects.get(valid_from="2025-01-01").name == "保护地2025"
    assert client.get(page).url == reverse("redline_list")
    late = SimpleUploadedFile("b.gpkg", b"x")
    answer = client.post(reverse("protected_new"), form | {"upload": late})
    assert answer.status_code == 422 and "不晚于" in answer.content.decode()
    assert queries.protected_versions(cast["city_supervisor"])
