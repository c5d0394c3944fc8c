"""The purpose of an export: asked where the level wants it, kept for a while, noted each time."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ecoredline.web.api import tokens
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.ogc import datasets

pytestmark = pytest.mark.django_db
PAGE = {"HTTP_ACCEPT": "text/html,*/*", "HTTP_REFERER": "http://testserver/ledgers/?day=x"}


def noted(action="ledger.export"):
    return [r.detail for r in AccessRecord.objects.filter(action=action).order_by("pk")]


def test_a_page_asks_once_an_hour_and_every_export_is_noted(as_person, monkeypatch):
    client, export = as_person("yanbian_officer"), reverse("ledger_workbook") + "?county=510422"
    asked = client.get(export, **PAGE)
    assert asked.status_code == 302
    page = client.get(asked.url)
    assert {"next": page.context["next"], "back": page.context["back"]} == {
        "next": export, "back": "/ledgers/?day=x",
    }  # fmt: skip
    told = {"dataset": "ledgers", "next": export, "back": "/", "reason": "报"}
    assert client.post(reverse("export_purpose"), told).status_code == 422
    assert noted() == []
    answer = client.post(reverse("export_purpose"), told | {"reason": "报送市局季度核查"})
    assert answer.url == export
    assert client.get(export, **PAGE).content[:2] == b"PK"
    assert client.get(reverse("ledger_geopackage"), **PAGE).status_code == 200
    assert [(d["reason"], d["level"]) for d in noted()] == [("报送市局季度核查", "sensitive")] * 2
    assert client.get("/clues/export.xlsx", **PAGE).status_code == 302, "each dataset by itself"
    later = clock.now() + timedelta(minutes=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.get(export, **PAGE).status_code == 302
    assert "报送市局季度核查" in client.get(asked.url).content.decode()


def test_a_program_states_its_purpose_each_time_and_nobody_is_led_away(as_person, cast, client):
    _, secret = tokens.make_token(by=cast["city_analyst"], name="x", days=1)
    path, bearer = "/ogc/collections/redline/files/gpkg", {"Authorization": f"Bearer {secret}"}
    refused = client.get(path, headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (400, "422.5")
    assert "X-Export-Reason" in refused.json()["details"][0]
    why = {"X-Export-Reason": "%E5%A4%96%E4%B8%9A%E6%A0%B8%E6%9F%A5"}
    assert client.get(path, headers=bearer | why).status_code in (200, 404)
    assert client.get(path, headers=bearer).status_code == 400
    assert noted("data.export")[0]["reason"] == "外业核查"
    officer = as_person("yanbian_officer")
    assert officer.get(reverse("ledger_workbook")).status_code == 422, (
        "no page, no token: a refusal"
    )
    told = {"dataset": "ledgers", "next": "https://elsewhere.example/x", "reason": "报送市局核查"}
    assert officer.post(reverse("export_purpose"), told).url == "/"
    assert officer.get(reverse("export_purpose"), {"dataset": "nothing"}).status_code == 404


def test_the_level_decides_and_the_field_pack_asks_for_all_at_once(as_person, cast):
    client = as_person("city_analyst")
    asked = client.get("/ogc/qgis/field.zip", **PAGE)
    assert {e.dataset for e in client.get(asked.url).context["entries"]} == {
        "redline", "clues", "cases",
    }  # fmt: skip
    told = {"provider": "县局", "share": "conditional", "cycle": "daily", "level": "internal"}
    datasets.describe(by=cast["city_administrator"], dataset="ledgers", **told)
    assert as_person("yanbian_officer").get(reverse("ledger_workbook"), **PAGE).status_code == 200
    assert noted()[0] == noted()[0] | {"reason": "", "level": "internal"}
