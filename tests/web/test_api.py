"""The API: tokens act as their person, refusals have one form, what it lists is what the pages show."""

import json
from datetime import timedelta

import pytest

from ecoredline.web.api import tokens
from ecoredline.web.api.models import Token
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.moves import begin
from ecoredline.web.core.problems import BadForm
from ecoredline.web.patches.queries import patches_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, cast):
    """`ask("city_supervisor", "GET", "/clues")` with a token of that person."""

    def call(who, method, path, body=None, may_write=True, **headers):
        _, secret = tokens.make_token(by=cast[who], name="test", days=1, may_write=may_write)
        return client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else b"",
            content_type="application/json", headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip

    return call


def clue_of(cast, number="A-1"):
    city = cast["city_supervisor"]
    found = Clue(
        number=number, year=2026, source="petition", owner=city.unit, holder=city.unit,
        raised_by=city, division_code="510422", scope_codes=["51", "5104", "510422"],
    )  # fmt: skip
    begin(found, by=city)
    return found


def test_without_a_live_token_nothing_is_told(client, cast):
    token, secret = tokens.make_token(by=cast["city_supervisor"], name="x", days=1)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/clues").status_code == 401
    assert client.get("/api/v1/clues", headers={"Authorization": "Bearer er_no"}).status_code == 401
    assert client.get("/api/v1/clues", headers=bearer).status_code == 200
    with clock.standing_at(clock.now() + timedelta(days=2)):
        assert client.get("/api/v1/clues", headers=bearer).status_code == 401
    tokens.revoke_token(token.pk, by=cast["city_supervisor"])
    assert client.get("/api/v1/clues", headers=bearer).status_code == 401


def test_a_token_ends_with_its_person_and_its_secret_is_kept_nowhere(client, cast):
    person = cast["city_supervisor"]
    token, secret = tokens.make_token(by=person, name="x", days=1)
    kept = Token.objects.filter(pk=token.pk).values().get()
    assert secret not in map(str, kept.values())
    person.is_active = False
    person.save()
    answer = client.get("/api/v1/clues", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


def test_each_sees_the_same_patches_as_on_the_pages(ask, cast, run):
    for who in ("ministry_supervisor", "city_analyst", "yanbian_officer", "huaping_officer"):
        found = ask(who, "GET", "/patches?limit=1000").json()
        wanted = patches_for(cast[who]).order_by("pk").values_list("pk", flat=True)
        assert [row["id"] for row in found["items"]] == list(wanted)
        assert found["count"] == len(wanted)
    assert AccessRecord.objects.filter(action="api.list", thing="patches").count() == 4


def test_areas_are_text_with_four_decimals_and_pages_follow_each_other(ask, run):
    first = ask("ministry_supervisor", "GET", "/patches?limit=1").json()
    assert first["next"] == 1
    area = first["items"][0]["area_ha"]
    assert isinstance(area, str)
    assert len(area.split(".")[1]) == 4
    second = ask("ministry_supervisor", "GET", "/patches?limit=1&offset=1").json()
    assert second["items"][0]["id"] != first["items"][0]["id"]


def test_what_is_outside_the_divisions_and_what_is_not_there_look_the_same(ask, cast):
    clue = clue_of(cast)
    assert ask("yanbian_officer", "GET", f"/clues/{clue.pk}").json()["number"] == "A-1"
    strange = ask("miyi_officer", "GET", f"/clues/{clue.pk}")
    missing = ask("city_supervisor", "GET", "/clues/999999")
    assert (strange.status_code, strange.json()) == (missing.status_code, missing.json())
    assert strange.json()["code"] == "404.1"


def test_history_and_steps(ask, cast):
    clue = clue_of(cast)
    (row,) = ask("yanbian_officer", "GET", f"/clues/{clue.pk}/history").json()
    assert (row["end"], row["person"]) == ("raised", "city_supervisor")
    assert "list" in ask("city_supervisor", "GET", f"/clues/{clue.pk}/steps").json()
    assert ask("yanbian_officer", "GET", f"/clues/{clue.pk}/steps").json() == []


@pytest.mark.parametrize(
    ("path", "status"),
    [("/clues?outcome=rectified", 422), ("/clues?year=abc", 422), ("/units?since=2026-01-01", 422)],
)
def test_a_filter_nobody_knows_is_told_and_not_ignored(ask, path, status):
    answer = ask("city_supervisor", "GET", path)
    assert answer.status_code == status
    assert answer.json()["details"]


def test_token_faults_are_told_together(cast):
    with pytest.raises(BadForm) as fault:
        tokens.make_token(by=cast["city_supervisor"], name=" ", days=4000)
    assert len(fault.value.details) == 2


def test_the_page_shows_a_secret_once_and_revokes_only_ones_own(as_person, cast):
    client = as_person("city_supervisor")
    page = client.post("/account/tokens/", {"name": "导出程序", "days": 30}).content.decode()
    assert "er_" in page
    token = Token.objects.get()
    assert f"{token.start}…" in client.get("/account/tokens/").content.decode()
    assert (
        as_person("yanbian_officer").post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    )
    assert (
        as_person("city_supervisor").post(f"/account/tokens/{token.pk}/revoke/").status_code == 302
    )
    token.refresh_from_db()
    assert not token.is_live


def test_the_description_names_every_resource(ask, client, as_person):
    assert client.get("/api/v1/openapi.json").status_code == 401
    assert as_person("yanbian_officer").get("/api/v1/openapi.json").status_code == 200
    found = ask("city_supervisor", "GET", "/openapi.json").json()
    assert found["openapi"].startswith("3.")
    assert {"/api/v1/patches", "/api/v1/clues", "/api/v1/cases"} <= found["paths"].keys()
    shown = found["components"]["schemas"]["ClueOut"]["properties"]
    assert "redline_area_ha" in shown
    assert not {"scope_codes", "geom"} & shown.keys()
