"""A delivery handed in is checked in the background, kept, and reported back to whoever may see it."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecoredline.quality import CheckOptions, check_delivery
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.deliveries import actions, jobs
from ecoredline.web.deliveries.models import Delivery

pytestmark = pytest.mark.django_db
BAD = b"""{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "R1"},
 "geometry": {"type": "Polygon", "coordinates": [[[101,26],[102,27],[102,26],[101,27],[101,26]]]}}]}"""


def test_the_check_of_a_page_is_the_check_of_the_command(cast, as_person, tmp_path):
    client = as_person("yanbian_officer")
    sent = client.post(
        "/deliveries/new/",
        {"upload": SimpleUploadedFile("redline.geojson", BAD), "role": "redline"},
    )
    assert sent.status_code == 302, sent.content.decode()
    row = Delivery.objects.get()
    assert "html" in client.get(f"/deliveries/{row.pk}/").content.decode()
    assert jobs.check_delivery(row.job_id) == "done"
    row.refresh_from_db()
    (tmp_path / "redline.geojson").write_bytes(BAD)
    direct = check_delivery(tmp_path / "redline.geojson", CheckOptions(role="redline")).to_dict()
    assert row.report["results"] == direct["results"]
    assert row.status == "fail"
    page = client.get(f"/deliveries/{row.pk}/").content.decode()
    failed = next(r for r in direct["results"] if r["status"] == "fail")
    assert failed["zh"] in page
    book = openpyxl.load_workbook(io.BytesIO(
        b"".join(client.get(f"/deliveries/{row.pk}/quality.xlsx").streaming_content)))  # fmt: skip
    assert "检查结果" in book.sheetnames
    assert as_person("city_supervisor").get(f"/deliveries/{row.pk}/").status_code == 200
    for who in ("miyi_officer", "huaping_officer"):
        assert as_person(who).get(f"/deliveries/{row.pk}/").status_code == 404
        assert as_person(who).get(f"/deliveries/{row.pk}/quality.xlsx").status_code == 404


def test_what_cannot_be_taken_is_told_at_once_and_nothing_is_kept(cast):
    upload = SimpleUploadedFile("virus.exe", b"x")
    with pytest.raises(BadForm) as fault:
        actions.hand_in(upload, by=cast["city_analyst"], role="sea", year=1)
    assert len(fault.value.details) == 3
    with pytest.raises(NotAllowed):
        actions.hand_in(upload, by=cast["city_auditor"])
    assert not Delivery.objects.exists()


def test_pages_name_fields_and_no_command_s_options():
    from ecoredline.datum import no_way
    from ecoredline.vector.gcj02 import ADVICE
    from ecoredline.web.core.problems import for_pages

    said = [
        for_pages(s)
        for s in (no_way("西安80坐标系"), f"偏移 428 米。{ADVICE}", "with --buffer METRES")
    ]
    assert not any("--" in s for s in said)
    assert "“坐标系”栏 EPSG:4490" in said[0] and "重新提交" in said[1] and "缓冲区" in said[2]
