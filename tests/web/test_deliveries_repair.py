"""A delivery's check can be stopped and goes on; a repair lists each change; the API is the page."""

import hashlib
import io
import json
import zipfile

import geopandas as gpd
import openpyxl
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile

from ecoredline.errors import Cancelled
from ecoredline.geodesy import areas_ha
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import BadForm, JobFinished, NotAllowed
from ecoredline.web.deliveries import actions, jobs, repairing
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.deliveries.shelf import Shelf, reports_folder
from ecoredline.web.jobs import follow
from ecoredline.web.jobs.actions import cancel_job, resume_job

pytestmark = pytest.mark.django_db
SQUARE = [[101.7, 26.5], [101.71, 26.5], [101.71, 26.51], [101.7, 26.51], [101.7, 26.5]]
DOUBLED = [[101.8, 26.5], [101.81, 26.5], [101.81, 26.5], [101.81, 26.51], [101.8, 26.5]]
BOW = [[101.9, 26.5], [101.91, 26.51], [101.91, 26.5], [101.9, 26.51], [101.9, 26.5]]


@pytest.fixture(autouse=True)
def unfollowed(monkeypatch):
    """Another connection does not see this test's rows: the thread that looks for them sleeps."""
    monkeypatch.setattr(follow, "WRITE_SECONDS", 3600)


def layer(*rings) -> bytes:
    features = [
        {"type": "Feature", "properties": {"code": f"R{n}", "name": "x"},
         "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for n, ring in enumerate(rings)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def packed(**files: bytes) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.geojson", content)
    return body.getvalue()


def sent(name: str, body: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def test_a_stopped_check_goes_on_with_what_it_has(cast, monkeypatch):
    by = cast["yanbian_officer"]
    row = actions.hand_in(sent("a.zip", packed(one=layer(SQUARE), two=layer(BOW))), by=by)
    seen = []
    from ecoredline.quality import run as running

    whole = running.check_item

    def stops(item, *rest):
        seen.append(item.name)
        if len(seen) == 2:
            raise Cancelled("stopped")
        return whole(item, *rest)

    monkeypatch.setattr(running, "check_item", stops)
    assert jobs.check_delivery(row.job_id) == "cancelled"
    assert len(Shelf(reports_folder(row.pk) / "found")) == 1
    with pytest.raises(NotAllowed):
        resume_job(job=row.job, by=cast["miyi_officer"])
    resume_job(job=row.job, by=by)
    assert jobs.check_delivery(row.job_id) == "done"
    assert seen == ["one.geojson", "two.geojson", "two.geojson"]
    row.refresh_from_db()
    assert {r["item"] for r in row.report["results"]} == {"one.geojson", "two.geojson"}
    assert not (reports_folder(row.pk) / "found").exists()
    row.job.refresh_from_db()
    with pytest.raises(JobFinished):
        resume_job(job=row.job, by=by)


def test_a_waiting_job_is_cancelled_and_resumed_on_the_page(cast, as_person):
    row = actions.hand_in(sent("a.geojson", layer(SQUARE)), by=cast["yanbian_officer"])
    cancel_job(job=row.job, by=cast["yanbian_officer"])
    page = as_person("yanbian_officer").get(f"/deliveries/{row.pk}/").content.decode()
    assert f"/jobs/{row.job_id}/resume/" in page
    assert as_person("miyi_officer").post(f"/jobs/{row.job_id}/resume/").status_code == 404
    back = as_person("yanbian_officer").post(f"/jobs/{row.job_id}/resume/")
    assert 'data-state="waiting"' in back.content.decode()
    assert jobs.check_delivery(row.job_id) == "done"


def test_repair_from_page_lists_changes_keeps_areas_and_the_original(cast, as_person, tmp_path):
    body = layer(SQUARE, DOUBLED, BOW)
    row = actions.hand_in(sent("redline.geojson", body), by=cast["yanbian_officer"], role="redline")
    with pytest.raises(BadForm):
        repairing.ask_repair(row, by=cast["yanbian_officer"])
    jobs.check_delivery(row.job_id)
    path = f"/deliveries/{row.pk}/"
    assert as_person("miyi_officer").post(f"{path}repair/").status_code == 404
    assert as_person("city_auditor").post(f"{path}repair/").status_code == 403
    client = as_person("yanbian_officer")
    assert client.post(f"{path}repair/").status_code == 302
    row.refresh_from_db()
    assert jobs.repair_delivery(row.repair_job_id) == "done"
    row.refresh_from_db()
    said = {(c["what"], c["done"]) for c in row.repair["changes"]}
    assert ("删除重复节点", True) in said
    assert ("修复无效图形", True) in said or row.repair["left"]
    assert row.repair["status"] in ("warn", "pass", "fail")
    page = client.get(path).content.decode()
    assert "repaired.zip" in page
    assert "删除重复节点" in page
    archive = b"".join(client.get(f"{path}repaired.zip").streaming_content)
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        (name,) = held.namelist()
        held.extract(name, tmp_path)
    mended = gpd.read_file(tmp_path / name)
    before = areas_ha([shapely.Polygon(SQUARE), shapely.Polygon(DOUBLED)])
    assert list(mended["code"])[:2] == ["R0", "R1"]
    assert areas_ha(mended.geometry.to_numpy()[:2]) == pytest.approx(before, rel=1e-4)
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(client.get(f"{path}repair.xlsx").streaming_content))
    )
    assert book["修复记录"].max_row == row.repair["done"] + row.repair["left"] + 1
    assert row.sha256 == hashlib.sha256(body).hexdigest()
    assert AccessRecord.objects.filter(action="delivery.report").count() == 2


def test_the_api_checks_repairs_and_follows_with_a_token_that_may_write(cast, ask, client):
    def send(who, **more):
        return ask.upload(who, "/deliveries", {"upload": sent("redline.geojson", layer(DOUBLED)), **more})  # fmt: skip

    made = send("yanbian_officer", role="redline", previous=sent("old.geojson", layer(SQUARE, BOW)))
    assert made.status_code == 200, made.content.decode()
    pk, job = made.json()["id"], made.json()["job"]["id"]
    assert send("yanbian_officer", colour="red").status_code == 422
    bad = send("yanbian_officer", role="sea", crs="moon", year=1, max_pixel_m=-1)
    assert (bad.status_code, len(bad.json()["details"])) == (422, 4)
    assert send("city_auditor").status_code == 403
    assert ask("yanbian_officer", f"/jobs/{job}", method="GET")["state"] == "waiting"
    ask("yanbian_officer", f"/jobs/{job}/cancel")
    ask("miyi_officer", f"/jobs/{job}/resume", status=404)
    assert ask("yanbian_officer", f"/jobs/{job}/resume")["state"] == "waiting"
    ask("yanbian_officer", f"/deliveries/{pk}/repair", status=422)
    assert jobs.check_delivery(job) == "done"
    told = ask("yanbian_officer", f"/deliveries/{pk}", method="GET")
    gone = next(r for r in told["report"]["results"] if r["check"] == "period.withdrawn")
    assert (told["status"], gone["status"], gone["count"]) == ("fail", "fail", 1)
    repair = ask("yanbian_officer", f"/deliveries/{pk}/repair")["repair_job"]["id"]
    assert jobs.repair_delivery(repair) == "done"
    assert ask("yanbian_officer", f"/deliveries/{pk}", method="GET")["repair"]["done"] >= 1
    ask("miyi_officer", f"/deliveries/{pk}", method="GET", status=404)
    ask("miyi_officer", f"/deliveries/{pk}/files/quality.xlsx", method="GET", status=404)
    ask("yanbian_officer", f"/deliveries/{pk}/files/secret", method="GET", status=404)
    assert ask("city_supervisor", "/deliveries", method="GET")["count"] == 1
    assert ask("miyi_officer", "/deliveries", method="GET")["count"] == 0


def test_against_the_redline_in_force_only_ones_own_polygons_are_missed(cast, run):
    for who, least in (("yanbian_officer", 1), ("panzhou_officer", 0)):
        row = actions.hand_in(sent("redline.geojson", layer(SQUARE)), by=cast[who], role="redline", against_redline=True)  # fmt: skip
        assert jobs.check_delivery(row.job_id) == "done"
        row = Delivery.objects.get(pk=row.pk)
        found = next(r for r in row.report["results"] if r["check"] == "period.withdrawn")
        assert (found["status"] != "skip") == bool(least)
        assert (found["count"] > 0) == bool(least)
