"""One clue from raising to closing and back, by the API alone, each step by whoever may."""

import json
from io import BytesIO

import pytest
from PIL import Image

from ecoredline.web.api import tokens
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, cast):
    secrets = {}

    def call(who, path, body=None, status=200, method="POST"):
        if who not in secrets:
            _, secrets[who] = tokens.make_token(by=cast[who], name="t", days=1, may_write=True)
        answer = client.generic(
            method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json",
            headers={"Authorization": f"Bearer {secrets[who]}"},
        )  # fmt: skip
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    call.secrets = secrets
    return call


def photo():
    stream = BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 60)).save(stream, "JPEG")
    stream.seek(0)
    stream.name = "p.jpg"
    return stream


def test_patch_to_clue_by_two_people(ask, run):
    patch = Patch.objects.filter(division_code__startswith="510422", channel="suspected").first()
    types = {"activity_type": "1", "problem_type": "vegetation"}
    at = f"/patches/{patch.pk}"
    assert ask("city_analyst", f"{at}/accept", types)["state"] == "accepted"
    assert ask("city_analyst", f"{at}/release", status=403)["code"].startswith("403")
    assert ask("city_checker", f"{at}/release")["state"] == "released"
    made = ask("city_analyst", "/clues", {"patches": [patch.pk]})
    clue = Clue.objects.get(pk=made["id"])
    assert clue.redline_area_ha == patch.redline_area_ha
    strange = ask("city_analyst", "/clues", {"patches": [patch.pk, 999999]}, status=422)
    assert "999999" in strange["details"][0]


def test_the_whole_way_by_the_api(ask, cast, client):
    county = cast["yanbian_officer"].unit
    told = {"source": "petition", "source_detail": "信访件1号", "lon": 101.5, "lat": 26.7,
            "division_code": "510422", "activity_type": "1", "problem_type": "vegetation"}  # fmt: skip
    clue = ask("city_analyst", "/clues", told)["id"]
    outcome = [{"clue": clue, "outcome": "keep"}]
    ask("city_supervisor", "/consultations",
        {"participants": "两局", "summary": "同意", "outcomes": outcome})  # fmt: skip
    ask("city_supervisor", "/dispatches", {"clues": [clue], "to_unit": county.pk})
    ask("yanbian_officer", f"/clues/{clue}/receive")
    ask("miyi_officer", f"/clues/{clue}/receive", status=404)
    draft = {"verdict": "false", "kind": "desk", "checked_on": clock.today().isoformat(),
             "checkers": "甲、乙", "found": "现场为原有道路，无新增破坏", "handling": "无"}  # fmt: skip
    ask("yanbian_officer", f"/clues/{clue}/verification", draft)
    blocked = ask("yanbian_officer", f"/clues/{clue}/submit", status=409)
    assert blocked["code"] == "409.6"
    assert blocked["details"], "what is missing is listed"
    assert Clue.objects.get(pk=clue).state == "dispatched"


def test_a_file_is_checked_by_its_content(ask, client, cast):
    ask("city_supervisor", "/units", method="GET")
    clue = ask(
        "city_analyst",
        "/clues",
        {
            "source": "media",
            "source_detail": "某报",
            "lon": 101.5,
            "lat": 26.7,
            "division_code": "510422",
        },
    )
    bearer = {"Authorization": f"Bearer {ask.secrets['city_supervisor']}"}
    at = f"/api/v1/clues/{clue['id']}/attachments"
    good = client.post(at, {"upload": photo(), "kind": "photo"}, headers=bearer)
    assert good.status_code == 200, good.content
    fake = BytesIO(b"MZ\x90\x00 not a picture")
    fake.name = "p.jpg"
    assert client.post(at, {"upload": fake, "kind": "photo"}, headers=bearer).status_code == 422
    other = client.post(
        at.replace("clues", "patches"), {"upload": photo(), "kind": "photo"}, headers=bearer
    )
    assert other.status_code == 404


def test_a_reading_token_cannot_write(client, cast):
    _, secret = tokens.make_token(by=cast["city_analyst"], name="r", days=1)
    answer = client.post(
        "/api/v1/clues", "{}", content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert answer.status_code == 403
    assert not Clue.objects.exists()
    assert not Case.objects.exists()
