"""What no field takes: NUL bytes, numbers no database holds, too much at once; and formulas in CSV."""

import json

import case_story as story
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from ecoredline.web.api import tokens
from ecoredline.web.clues import importing, views
from ecoredline.web.clues.actions import raise_clue
from ecoredline.web.core.csvs import harmless_row
from ecoredline.web.core.middleware import nul_in_json
from ecoredline.web.core.problems import BadForm
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews import actions as reviews
from ecoredline.web.reviews import claims, counts, verdicts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/login/", {"username": "a\0b", "password": "x"}),
        ("/letters/templates/", {"word": "a\0", "valid_from": "2026-01-01"}),
        ("/cases/freeze/", {"year": "2026", "note": "a\0"}),
        ("/lists/", {"kind": "suspected", "year": "2026", "note\0": "a"}),
    ],
)
def test_nul_in_a_form_is_refused_and_not_a_fault(as_person, path, said):
    assert as_person("city_supervisor").post(path, said).status_code == 422


def test_nul_anywhere_else(as_person, cast, ask):
    client = as_person("city_supervisor")
    clue = story.submitted_clue(cast)
    upload = {"caption": "a\0", "file": story.photo()}
    assert client.post(f"/clues/{clue.pk}/files/", upload).status_code == 422
    for path in ("/cases/?q=%00", "/letters/?q=a%00", "/api/v1/clues?state=%00"):
        assert client.get(path).status_code == 422
    told = {"source": "public", "source_detail": "电话", "division_code": "510422", "place": "a\0b"}
    answer = ask("city_supervisor", "/clues", told, status=422)
    assert answer["code"] == "422.4"
    assert not nul_in_json(json.dumps({"a": "\\u0000"}).encode())


def test_too_much_at_once(as_person, settings):
    client = as_person("city_supervisor")
    settings.UPLOAD_MEGABYTES = 0
    assert client.post("/clues/raise/", {"remark": "a"}).status_code == 413
    settings.UPLOAD_MEGABYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10, 100
    assert client.post("/clues/raise/", {"remark": "a" * 200}).status_code in (400, 413)


def test_numbers_no_database_holds(as_person, run):
    client = as_person("city_analyst")
    patch = Patch.objects.filter(division_code__startswith="510422").first()
    for said in ("²", "9" * 40):
        found = client.post(
            f"/reviews/{patch.pk}/decide/?purpose=review",
            {"version": said, "reason": "cloud", "remark": "厚云"},
        )
        assert found.status_code in (302, 409, 422)
        found = client.post(f"/reviews/{patch.pk}/outline/", {"version": said, "outline": "x"})
        assert found.status_code == 422


@pytest.mark.parametrize(
    "path",
    ["?offset=99999999999999999999", "?year=99999999999", f"?holder={10**20}", f"/{10**20}"],
)
def test_the_api_answers_numbers_beyond_bounds(ask, path):
    wanted = 404 if path[0] == "/" else 422
    answer = ask("city_supervisor", f"/cases{path}", method="GET", status=wanted)
    assert answer["code"].startswith(str(wanted))


def test_the_api_names_what_it_cannot_read(ask, cast, units):
    case = story.handed_case(cast, units)
    other = story.handed_case(cast, units, "C-2", place=(60, 30, 10, 10))
    story.plan_case(case, cast)
    story.plan_case(other, cast)
    mine, foreign = (c.plans.get().items.first() for c in (case, other))
    at = f"/cases/{case.pk}/progress"
    ask("yanbian_officer", at, {"said": "覆土", "item": mine.pk, "percent": 20})
    assert case.progress.get().item == mine
    for item in (foreign.pk, 10**20):
        ask("yanbian_officer", at, {"said": "覆土", "item": item}, status=422)
    round_ = {"passed": False, "checked_on": "2026-01-01", "checkers": "甲", "found": "乙",
              "conditions": {"²": {"met": True}}}  # fmt: skip
    answer = ask("city_supervisor", f"/cases/{case.pk}/recheck", round_, status=422)
    assert "²" in answer["details"][0]


def test_csv_of_reviews_holds_no_formulas(cast, run):
    patch = Patch.objects.filter(division_code__startswith="510422").first()
    analyst = cast["city_analyst"]
    type(analyst).objects.filter(pk=analyst.pk).update(username="=1+1")
    analyst.refresh_from_db()
    claims.take(patch, by=analyst)
    reviews.dismiss(patch, by=analyst, reason="cloud", remark="厚云")
    for body in (verdicts.as_csv(analyst), counts.as_csv(analyst, "person")):
        words = body.decode("utf-8-sig")
        assert "'=1+1" in words
        assert ",=1+1" not in words
    assert harmless_row({"a": "@x", "b": 1, "c": "甲"}) == {"a": "'@x", "b": 1, "c": "甲"}


def test_a_token_ends_with_its_password(cast, client, ask):
    person = cast["city_supervisor"]
    _, secret = tokens.make_token(by=person, name="t", days=5)
    assert tokens.live_token(secret) is not None
    person.set_password("另一个-very-long-9")
    person.save()
    assert tokens.live_token(secret) is None
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/cases", headers=headers).status_code == 401


def test_too_many_rows_are_refused_and_not_cut(as_person, cast, monkeypatch):
    for n in (1, 2):
        story.submitted_clue(cast, f"E-{n}", place=(30 * n, 30, 10, 10))
    client = as_person("city_supervisor")
    assert client.get("/clues/export.xlsx", {"reason": "核对导出内容"}).status_code == 200
    monkeypatch.setattr(views, "MOST_EXPORTED", 1)
    answer = client.get("/clues/export.xlsx", {"reason": "核对导出内容"})
    assert answer.status_code == 422
    assert "2" in answer.content.decode()


def test_a_long_list_is_refused_with_words(cast, monkeypatch):
    class Long:
        rows = [None] * (importing.MOST_ROWS + 1)

    monkeypatch.setattr(importing, "reading_of", lambda source, kind: Long)
    with pytest.raises(BadForm, match=f"{importing.MOST_ROWS + 1}"):
        importing.read_list(b"", by=cast["city_supervisor"], year=2026)


def test_an_outline_in_the_neighbours_county_is_not_ones_own(cast, run, units):
    """Naming one's own county does not bring in ground of another."""
    patch = Patch.objects.filter(division_code__startswith="510422").first()
    facts = {"source": "public", "source_detail": "电话", "outline": patch.geom}
    with pytest.raises(BadForm, match="不在本单位辖区"), transaction.atomic():
        raise_clue(by=cast["miyi_officer"], division_code="510421", **facts)
    assert raise_clue(by=cast["yanbian_officer"], division_code="510422", **facts).pk


def test_an_upload_that_shows_another_file_is_told_so(as_person, tmp_path):
    secret = tmp_path / "secret.geojson"
    secret.write_text('{"type":"FeatureCollection","features":[]}')
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    said = {"source": "public", "source_detail": "电话", "found_on": "2026-03-01",
            "priority": "must", "division_code": "510422"}  # fmt: skip
    for name in ("a.geojson", "a.kml", "a.gpkg"):
        upload = SimpleUploadedFile(name, vrt.encode())
        answer = as_person("yanbian_officer").post("/clues/raise/", said | {"file": upload})
        assert answer.status_code == 422
        assert "范围文件读不出" in answer.content.decode()
