"""Filters that are malformed, turned round or about places: told, never a fault of the server or a wrong answer; tiles are noted."""

import json

import pytest

from ecoredline.web.api import tokens
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.moves import begin

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/patches/items"
COUNTY = {"property": "county"}


@pytest.fixture
def get(client, cast):
    """`get("city_analyst", address, …)` with a token of that person."""
    secrets = {}

    def call(who, path, **query):
        if who not in secrets:
            _, secrets[who] = tokens.make_token(by=cast[who], name="qgis", days=1)
        return client.get(path, query, headers={"Authorization": f"Bearer {secrets[who]}"})

    return call


@pytest.mark.parametrize(
    "node",
    [
        {"op": "not", "args": []}, {"op": "and", "args": []}, {"op": "or", "args": []},
        {"op": "=", "args": [COUNTY]}, {"op": "=", "args": [COUNTY, "a", "b"]},
        {"op": "like", "args": [COUNTY]}, {"op": "between", "args": [{"property": "area_ha"}, 1]},
        {"op": "in", "args": [COUNTY]}, {"op": "isNull", "args": []},
        {"op": "s_intersects", "args": [{"property": "geometry"}]},
        {"op": "s_intersects", "args": [{"op": "casei", "args": [{"property": "geometry"}]}, {"bbox": [1, 2, 3, 4]}]},
        {"op": "=", "args": [COUNTY, "a\u0000b"]},
    ],
)  # fmt: skip
def test_a_condition_with_the_wrong_arguments_is_told(get, run, node):
    query = {"filter": json.dumps(node), "filter-lang": "cql2-json"}
    answer = get("city_analyst", ITEMS, **query)
    assert answer.status_code == 400
    assert answer.json()["description"]


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "S_INTERSECTS(geometry, POINT EMPTY)"},
        {"filter": "ACCENTI(county) = 'x'"},
        {"datetime": "9999-12-31T23:59:59Z"},
        {"datetime": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_what_the_parser_or_the_calendar_cannot_hold_is_told(get, run, query):
    assert get("city_analyst", ITEMS, **query).status_code == 400


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("T_BEFORE(DATE('2999-01-01'), after_on)", False),
        ("T_AFTER(DATE('2999-01-01'), after_on)", True),
        ("T_BEFORE(DATE('1999-01-01'), after_on)", True),
        ("DATE('2999-01-01') > after_on", True),
        ("CASEI(channel) IN ('SUSPECTED', 'Outside', 'PROTECTED')", True),
    ],
)
def test_a_condition_means_the_same_from_either_side(get, run, text, every):
    whole = get("city_analyst", ITEMS).json()["numberMatched"]
    found = get("city_analyst", ITEMS, filter=text).json()["numberMatched"]
    assert whole and found == whole * every


def test_a_filter_by_place_finds_the_clue_that_is_only_a_point(get, cast):
    clue = Clue(
        number="XS1", source="report", year=2026, division_code="510422", lon=101.7, lat=26.6, raised_by=cast["city_supervisor"],
        holder=cast["city_supervisor"].unit, owner=cast["city_supervisor"].unit, scope_codes=["51", "5104", "510422"],
    )  # fmt: skip
    begin(clue, by=cast["city_supervisor"], step="raise")
    path = "/ogc/collections/clues/items"

    def count(text):
        return get("city_supervisor", path, filter=text).json()["numberMatched"]

    assert get("city_supervisor", path, bbox="101.6,26.5,101.8,26.7").json()["numberMatched"] == 1
    assert count("S_INTERSECTS(geometry, BBOX(101.6,26.5,101.8,26.7))") == 1
    assert count("NOT S_INTERSECTS(geometry, BBOX(0,0,1,1))") == 1
    assert count("S_WITHIN(geometry, BBOX(0,0,1,1))") == 0


def test_tiles_read_by_program_leave_one_line_a_day_and_person(get, run):
    path = "/ogc/collections/patches/tiles/WebMercatorQuad/5/13/25"
    for _ in range(3):
        assert get("city_analyst", path).status_code in (200, 204)
    assert get("ministry_supervisor", path).status_code in (200, 204)
    found = AccessRecord.objects.filter(action="ogc.tiles").values_list("thing", "person_name")
    assert sorted(found)[:2] == [("patches", "city_analyst"), ("patches", "ministry_supervisor")]
    query = {"request": "GetTile", "layer": f"scene-{run.after_id}", "tilematrix": 5, "tilerow": 13, "tilecol": 25}  # fmt: skip
    assert get("city_analyst", "/ogc/wmts", **query).status_code in (200, 204)
    assert AccessRecord.objects.filter(action="ogc.tiles", thing=f"scene {run.after_id}").count() == 1  # fmt: skip
