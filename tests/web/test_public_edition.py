"""The public's pages: off until published, no session, nothing finer than the grid, nobody's name."""

import io
import json
import re
from datetime import date

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from PIL import Image

from ecoredline.web.clues.models import Clue
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.moves import begin, history
from ecoredline.web.core.problems import BadForm, Blocked, NotAllowed
from ecoredline.web.patches.models import Patch
from ecoredline.web.publications import actions, generalise, rate
from ecoredline.web.publications.models import PublicEdition
from ecoredline.web.publications.picture import COLOURS, REDLINE
from ecoredline.web.publications.queries import tables
from ecoredline.web.regions.models import RedlinePolygon

pytestmark = pytest.mark.django_db
FACTS = {"title": "概略图", "day": date(2026, 3, 31), "step_deg": 0.01, "area_step_km2": 1}
FAR = {"HTTP_ACCEPT_LANGUAGE": "en-US"}


@pytest.fixture
def clue(cast, run):
    """A clue with a word and a place nobody outside may read."""
    city = cast["city_supervisor"]
    made = Clue(number="XS-SECRET", year=2026, source="petition", owner=city.unit, holder=city.unit,
                raised_by=city, lon=101.7123, lat=26.6321, division_code="510422", is_demo=True,
                place="张三家后山", found_on=date(2026, 3, 1), scope_codes=["51", "5104", "510422"])  # fmt: skip
    begin(made, by=city)
    return made


@pytest.fixture
def published(cast, clue):
    made = actions.prepare(by=cast["city_administrator"], **FACTS)
    return actions.publish(made, by=cast["city_administrator"])


def cells(places, step):
    return np.abs(np.asarray(places) / step - np.rint(np.asarray(places) / step)).max(initial=0)


def test_nothing_is_public_until_an_edition_is_and_after_it_is_withdrawn(client, cast, clue):
    admin = cast["city_administrator"]
    assert client.get("/public/").status_code == 404
    draft = actions.prepare(by=admin, **FACTS)
    tile = reverse("public_tile", args=[draft.pk, 0, 0, 0])
    asked = ["/public/", f"/public/?edition={draft.number}", tile]
    for address in asked:
        found = client.get(address)
        assert found.status_code == 404
        assert draft.title not in found.content.decode()
    actions.publish(draft, by=admin)
    assert [client.get(a).status_code for a in asked] == [200, 200, 200]
    actions.withdraw(draft, by=admin, reason="更正")
    assert [client.get(a).status_code for a in asked] == [404, 404, 404]
    steps = [(row.step, row.person_name) for row in history(draft)]
    assert steps == [(s, "city_administrator") for s in ("prepare", "publish", "withdraw")]


def test_a_public_page_needs_and_makes_no_session(client, published, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        page = client.get("/public/", **FAR)
    assert page.status_code == 200
    assert not page.cookies
    assert "Cookie" not in page.headers.get("Vary", "")
    assert page.headers["Cache-Control"] == "public, max-age=300"
    assert page.headers["Content-Language"] == "zh-hans"
    text = page.content.decode()
    assert "演示合成数据" in text
    assert "csrf" not in text
    again = client.get("/public/", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    english = client.get("/public/?lang=en")
    assert english.headers["Content-Language"] == "en"
    assert "Approximate extent" in english.content.decode()
    assert client.post("/public/").status_code == 405
    assert not AccessRecord.objects.filter(person=None, action__startswith="public").exists()


def test_no_coordinate_is_finer_than_the_grid(client, published):
    rows = published.contents["counties"]
    places = [p for r in rows for kind in ("outline", "redline") for g in r[kind] for ring in g for p in ring]  # fmt: skip
    assert places
    assert cells(places, published.step_deg) < 1e-6
    text = client.get("/public/").content.decode()
    config = json.loads(re.search(r'id="public-map-config"[^>]*>(.*?)</script>', text).group(1))
    told = [*(n["at"] for n in config["names"]), config["extent"][:2], config["extent"][2:]]
    assert cells(told, published.step_deg) < 1e-6
    assert not re.search(r"\d{2,3}\.\d{3,}", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_a_tile_is_of_one_colour_in_each_cell(client, published):
    west, south, *_ = np.array(published.contents["counties"][0]["outline"][0][0]).min(axis=0)
    z, step = 14, published.step_deg
    lon, lat = west + step / 2, south + step / 2
    x = (lon / 360 + 0.5) * 2**z
    y = (0.5 - np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) / (2 * np.pi)) * 2**z
    got = client.get(reverse("public_tile", args=[published.pk, z, int(x), int(y)]))
    assert got.headers["Cache-Control"] == "public, max-age=300"
    picture = np.asarray(Image.open(io.BytesIO(got.content)).convert("RGBA"))
    across = (int(x) + (np.arange(256) + 0.5) / 256) / 2**z * 360 - 180
    down = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (int(y) + (np.arange(256) + 0.5) / 256) / 2**z))))  # fmt: skip
    red = (picture == COLOURS[REDLINE]).all(axis=2)
    seen = 0
    for col in np.unique(np.floor(across / step)):
        for row in np.unique(np.floor(down / step)):
            inner = np.ix_(np.abs(down / step - row - 0.5) < 0.47, np.abs(across / step - col - 0.5) < 0.47)  # fmt: skip
            if red[inner].size:
                seen += 1
                assert red[inner].all() or not red[inner].any()
    assert seen >= 4


def test_no_name_number_or_place_of_anything_gets_out(client, cast, published, clue):
    answers = [client.get(a) for a in ("/public/", "/public/?lang=en")]
    text = "".join(a.content.decode() for a in answers) + json.dumps(published.contents, ensure_ascii=False)  # fmt: skip
    secrets = [clue.number, clue.place, "101.7123", "26.6321", *(p.patch_id for p in Patch.objects.all())]  # fmt: skip
    secrets += [p.name for p in RedlinePolygon.objects.all() if p.name]
    secrets += [p.code for p in RedlinePolygon.objects.all() if p.code]
    secrets += [person.username for person in cast.values()]
    secrets += [f"{p.area_ha}" for p in RedlinePolygon.objects.all()]
    assert [s for s in secrets if s in text] == []
    (mine,) = [r for r in published.contents["counties"] if r["code"] == "510422"]
    assert mine["years"] == {"2026": {"clues": None, "cases": 0, "closed": 0}}
    assert {tuple(sorted(r)) for r in published.contents["counties"]} == {
        ("area_km2", "code", "name", "outline", "redline", "years")
    }
    assert [r["code"] for r in published.contents["counties"]] == ["510421", "510422"]


def test_an_address_has_a_rate_of_its_own(client, published, settings):
    settings.PUBLIC_RATE = 3
    assert [client.get("/public/").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(reverse("public_tile", args=[published.pk, 0, 0, 0]))
    assert (refused.status_code, refused.json()["code"]) == (429, "429.2")
    assert refused.headers["Retry-After"] == "60"
    assert client.get("/public/", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_only_the_unit_s_own_administrator_decides(cast, as_person, clue):
    for name in ("city_supervisor", "yanbian_officer", "city_auditor"):
        with pytest.raises(NotAllowed):
            actions.prepare(by=cast[name], **FACTS)
    draft = actions.prepare(by=cast["city_administrator"], **FACTS)
    page = reverse("edition", args=[draft.pk])
    client = as_person("city_supervisor")
    assert client.get(page).status_code == 200
    assert client.get(reverse("edition_tile", args=[draft.pk, 0, 0, 0])).status_code == 200
    assert client.post(reverse("edition_publish", args=[draft.pk])).status_code == 403
    assert as_person("huaping_officer").get(page).status_code == 403
    client = as_person("city_administrator")
    told = {"title": "", "day": "2026-03-31", "step_deg": "0.001", "area_step_km2": "0"}
    refused = client.post(reverse("edition_new"), told)
    assert refused.status_code == 422
    assert {"title", "step_deg", "area_step_km2"} <= set(refused.context["form"].errors)
    made = client.post(reverse("edition_new"), told | {"title": "二", "step_deg": "0.02", "area_step_km2": "1"})  # fmt: skip
    assert made.status_code == 302
    assert client.post(reverse("edition_publish", args=[draft.pk]), {"version": draft.version}).status_code == 302  # fmt: skip
    newer = PublicEdition.objects.get(title="二")
    actions.publish(newer, by=cast["city_administrator"])
    draft.refresh_from_db()
    assert (draft.state, newer.state) == ("withdrawn", "published")


def test_real_data_need_the_review_number_and_every_fault_is_said(cast, run):
    admin = cast["city_administrator"]
    with pytest.raises(BadForm) as fault:
        actions.prepare(by=admin, title=" ", day=date(2999, 1, 1), step_deg=0.001, area_step_km2=0)
    assert len(fault.value.details) == 4
    edition = actions.prepare(by=admin, **FACTS)
    edition.is_demo = False
    with pytest.raises(Blocked):
        actions.publish(edition, by=admin)
    with transaction.atomic(), pytest.raises(DatabaseError):
        PublicEdition.objects.filter(pk=edition.pk).update(contents={})


@pytest.mark.parametrize("kind", ["clues", "cases", "closed"])
def test_what_is_small_changes_nothing_that_the_public_can_read(
    client, cast, run, monkeypatch, kind
):
    """Whatever stands behind a hidden count, every answer is the same to the byte: no subtraction helps."""
    others = {"clues": 40, "cases": 7, "closed": 0}
    answers = set()
    for small in (1, 2, 3, 4):
        years = {"510421": {"2025": others}, "510422": {"2025": others | {kind: small}}}
        monkeypatch.setattr(generalise, "years_of", lambda codes, day, told=years: told)
        made = actions.prepare(by=cast["city_administrator"], **FACTS)
        table = tables(made)
        answers.add((made.sha256, json.dumps(table, sort_keys=True)))
    assert len(answers) == 1
    assert table["totals"][0][kind] == {"count": others[kind], "is_part": True}
    actions.publish(made, by=cast["city_administrator"])
    page = client.get("/public/").content.decode()
    assert page.count(">少于 5<") == 1 and f">{others[kind]}*<" in page
    assert ">0<" in page, "none is told, and five and more"


def test_an_edition_from_before_hides_small_counts_too(published):
    published.contents = {"counties": [
        {"name": "甲", "code": "1", "area_km2": 1, "years": {"2025": {"clues": 3, "cases": 5, "closed": 0}}}
    ]}  # fmt: skip
    found = tables(published)
    assert found["lines"][0]["cells"] == [{"clues": None, "cases": 5, "closed": 0}]
    assert found["is_part"] and found["totals"][0]["clues"]["count"] == 0


def test_requests_are_counted_where_every_process_sees_them(client, published):
    for _ in range(3):
        client.get("/public/")
    with connection.cursor() as cursor:
        cursor.execute("select address, count from publications_rate")
        rows = cursor.fetchall()
    assert sum(n for _, n in rows) == 3 and "127.0.0.1" not in str(rows)
    assert rate.count_request("127.0.0.1") == rows[-1][1] + 1
