"""OGC API – Features, Tiles, WMTS and STAC: the pages' permissions, the standards' axis orders and filters."""

import base64
import json
from datetime import timedelta
from xml.etree import ElementTree

import mvt
import pytest
import shapely
from sample_run import PATCHES

from ecoredline.web.accounts.models import Person
from ecoredline.web.api import tokens
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.moves import begin
from ecoredline.web.ogc.crs import EPSG
from ecoredline.web.patches.queries import patches_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(client, cast):
    """`get("city_analyst", "/collections")` with a bearer token of that person; gives the response."""
    secrets = {}

    def call(who, path, **query):
        if who not in secrets:
            _, secrets[who] = tokens.make_token(by=cast[who], name="qgis", days=1)
        return client.get(f"/ogc{path}", query, headers={"Authorization": f"Bearer {secrets[who]}"})

    return call


def names(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [f["properties"]["patch_id"] for f in response.json()["features"]]


def test_without_a_token_there_is_nothing_and_a_token_goes_as_bearer_or_password(client, cast, run):
    person = cast["city_supervisor"]
    _, secret = tokens.make_token(by=person, name="qgis", days=1)

    def status(kind, value):
        return client.get(
            "/ogc/collections", headers={"Authorization": f"{kind} {value}"}
        ).status_code

    def pair(name, word):
        return base64.b64encode(f"{name}:{word}".encode()).decode()

    bare = client.get("/ogc/collections")
    assert (bare.status_code, bare.headers["WWW-Authenticate"][:5]) == (401, "Basic")
    assert status("Bearer", secret) == status("Basic", pair("city_supervisor", secret)) == 200
    assert status("Basic", pair("city_analyst", secret)) == 401
    assert status("Basic", pair("city_supervisor", "correct-horse-7")) == 401
    assert client.get(f"/ogc/collections?token={secret}").status_code == 401
    with clock.standing_at(clock.now() + timedelta(days=2)):
        assert status("Bearer", secret) == 401
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert status("Bearer", secret) == 401


@pytest.mark.parametrize(
    "who", ["ministry_supervisor", "city_analyst", "yanbian_officer", "huaping_officer"]
)
def test_each_sees_what_the_pages_show_and_each_access_is_noted_once(get, cast, run, who):
    found = get(who, "/collections/patches/items", limit=1000)
    assert names(found) == [p.patch_id for p in patches_for(cast[who]).order_by("pk")]
    note = AccessRecord.objects.get(action="ogc.list")
    assert (note.thing, note.detail["count"], note.person) == (
        "patches",
        found.json()["numberMatched"],
        cast[who],
    )
    key = patches_for(cast["ministry_supervisor"]).exclude(pk__in=patches_for(cast[who])).first()
    if key:
        assert get(who, f"/collections/patches/items/{key.pk}").status_code == 404


def test_pages_follow_each_other_and_give_every_feature_once(get, run):
    path, query, found = "/collections/patches/items", {"limit": 3}, []
    while True:
        body = get("ministry_supervisor", path, **query).json()
        found += [f["id"] for f in body["features"]]
        following = [x["href"] for x in body["links"] if x["rel"] == "next"]
        if not following:
            break
        query = dict(p.split("=") for p in following[0].split("?")[1].split("&"))
    assert len(found) == len(set(found)) == body["numberMatched"] == len(PATCHES) + 1


@pytest.mark.parametrize(("uri", "flips"), [(f"{EPSG}4490", True), (f"{EPSG}4326", True)])
def test_the_axis_order_is_the_authoritys(get, run, uri, flips):
    plain = get("city_analyst", "/collections/redline/items").json()["features"]
    response = get("city_analyst", "/collections/redline/items", crs=uri)
    assert response.headers["Content-Crs"] == f"<{uri}>"
    for one, two in zip(plain, response.json()["features"], strict=True):
        turned = shapely.transform(
            shapely.geometry.shape(two["geometry"]), lambda c: c[:, ::-1] if flips else c
        )
        assert shapely.equals_exact(shapely.geometry.shape(one["geometry"]), turned, 1e-12)


def test_a_box_means_the_same_in_every_system(get, run):
    from pyproj import Transformer

    shape = shapely.from_wkb(bytes(run.patches.get(patch_id__endswith="4").geom.wkb))
    west, south, east, north = shape.bounds
    move = Transformer.from_crs(4490, 3857, always_xy=True)
    boxes = {
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84": (west, south, east, north),
        f"{EPSG}4490": (south, west, north, east),
        f"{EPSG}3857": (*move.transform(west, south), *move.transform(east, north)),
    }
    path = "/collections/patches/items"
    found = [
        names(
            get(
                "ministry_supervisor",
                path,
                bbox=",".join(f"{n:.9f}" for n in box),
                **{"bbox-crs": uri},
            )
        )
        for uri, box in boxes.items()
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 1
    assert get("ministry_supervisor", path, bbox="1,2,x,4").status_code == 400


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("channel = 'suspected'", lambda p: p["channel"] == "suspected"),
        ("county = '盐边县' OR activity_type = '6' AND channel <> 'outside'",
         lambda p: p["county"] == "盐边县" or (p["activity_type"] == "6" and p["channel"] != "outside")),
        ("NOT (county LIKE '盐%') AND area_ha > 0.1", lambda p: not p["county"].startswith("盐") and p["area_ha"] > 0.1),
        ("division_code IN ('510422', '530723')", lambda p: p["division_code"] in ("510422", "530723")),
        ("area_ha BETWEEN 0 AND 100 AND patch_id LIKE '%_1'", lambda p: p["patch_id"][-1] == "1"),
        ("CASEI(channel) = CASEI('OUTSIDE')", lambda p: p["channel"] == "outside"),
        ("after_on >= DATE('2026-03-05')", lambda p: p["after_on"] >= "2026-03-05"),
        ("T_BEFORE(after_on, DATE('2026-03-05'))", lambda p: p["after_on"] < "2026-03-05"),
        ("county IS NULL", lambda p: p["county"] == ""),
        ("S_INTERSECTS(geometry, BBOX(101, 26, 103, 28))", lambda p: True),
        ("NOT S_INTERSECTS(geometry, POLYGON((0 0,1 0,1 1,0 0)))", lambda p: True),
    ],
)  # fmt: skip
def test_a_filter_gives_what_python_gives(get, run, text, keep):
    path = "/collections/patches/items"
    every = [f["properties"] for f in get("ministry_supervisor", path).json()["features"]]
    found = names(get("ministry_supervisor", path, filter=text))
    assert found == [p["patch_id"] for p in every if keep(p)]


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "folder = 'x'"}, {"filter": "run__folder = 'x'"}, {"filter": "area_ha ="},
        {"filter": "area_ha > 'much'"}, {"colour": "red"}, {"limit": "0"}, {"offset": "-1"},
        {"datetime": "soon"}, {"crs": "EPSG:2000"}, {"filter": "S_INTERSECTS(geometry, 3)"},
        {"filter": "a" * 9000}, {"filter": "(" * 3000 + "1=1" + ")" * 3000},
        {"filter": "-" * 7000 + "1=1"}, {"filter": "a=" * 3900 + "1"}, {"filter": "NOT " * 250 + "a=1"},
        {"filter": "[" * 3000, "filter-lang": "cql2-json"},
        {"filter": "created_by__password LIKE '%'"}, {"bbox": "nan,0,1,1"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(get, run, query):
    answer = get("city_analyst", "/collections/patches/items", **query)
    assert answer.status_code == 400
    assert answer.json()["description"]


def test_queryables_and_dates_are_filters_too(get, run):
    path = "/collections/patches/items"
    assert (
        names(get("ministry_supervisor", path, county="华坪县")) == ["530723-2026-0006"]
        or len(names(get("ministry_supervisor", path, county="华坪县"))) == 1
    )
    day = run.after_on
    assert len(names(get("ministry_supervisor", path, datetime=f"{day}/.."))) == len(PATCHES) + 1
    assert names(get("ministry_supervisor", path, datetime=f"../{day - timedelta(days=1)}")) == []
    schema = get("city_analyst", "/collections/patches/queryables").json()["properties"]
    assert schema["area_ha"] == {"title": "图斑面积", "type": "number"}
    assert not {"folder", "scope_codes", "record"} & schema.keys()


def test_a_clue_with_a_point_only_is_a_point(get, cast):
    city = cast["city_supervisor"]
    clue = Clue(number="P-1", year=2026, source="petition", owner=city.unit, holder=city.unit, raised_by=city,
                lon=101.7, lat=26.6, division_code="510422", scope_codes=["51", "5104", "510422"])  # fmt: skip
    begin(clue, by=city)
    path = "/collections/clues/items"
    (found,) = get("yanbian_officer", path, bbox="101.6,26.5,101.8,26.7").json()["features"]
    assert found["geometry"] == {"type": "Point", "coordinates": [101.7, 26.6]}
    assert get("miyi_officer", path).json()["features"] == []


def test_tiles_hold_what_the_items_hold(get, run):
    body = get("city_analyst", "/collections/patches/tiles/WebMercatorQuad").json()
    assert "{tileMatrix}/{tileRow}/{tileCol}" in body["links"][1]["href"]
    from morecantile import tms

    quad = tms.get("WebMercatorQuad")
    lon, lat = run.extent.centroid.coords
    tile = quad.tile(lon, lat, 10)
    answer = get(
        "ministry_supervisor", f"/collections/patches/tiles/WebMercatorQuad/10/{tile.y}/{tile.x}"
    )
    assert answer.status_code == 200
    found = {f["patch_id"] for f in mvt_rows(answer.content, "patches")}
    assert found <= set(names(get("ministry_supervisor", "/collections/patches/items")))
    assert found
    assert get("ministry_supervisor", "/collections/patches/tiles/Other/1/0/0").status_code == 404


def mvt_rows(body, layer):
    """Properties of a tile's features."""
    return [f.get("properties", f) for f in mvt.read_tile(body)[layer]]


def test_wmts_offers_the_scenes_of_ones_own_runs_and_their_tiles(get, run):
    xml = ElementTree.fromstring(
        get("city_analyst", "/wmts", SERVICE="WMTS", REQUEST="GetCapabilities").content
    )
    ows = "{http://www.opengis.net/ows/1.1}"
    found = [e.text for e in xml.iter(f"{ows}Identifier") if e.text.startswith("scene-")]
    assert sorted(found) == sorted(f"scene-{s.pk}" for s in (run.before, run.after))
    other = ElementTree.fromstring(get("panzhou_officer", "/wmts").content)
    assert not [e for e in other.iter(f"{ows}Identifier") if e.text.startswith("scene-")]
    from morecantile import tms

    tile = tms.get("WebMercatorQuad").tile(*run.extent.centroid.coords, 14)
    query = {
        "request": "GetTile",
        "layer": found[0],
        "tilematrix": 14,
        "tilerow": tile.y,
        "tilecol": tile.x,
    }
    picture = get("ministry_supervisor", "/wmts", **query)
    assert picture.content[:4] == b"\x89PNG"
    assert get("panzhou_officer", "/wmts", **query).status_code == 404


def test_stac_gives_the_file_only_to_whoever_may_see_the_whole_run(get, run):
    whole = get("ministry_supervisor", "/stac/search").json()
    assert {f["id"] for f in whole["features"]} == {
        f"scene-{run.before_id}",
        f"scene-{run.after_id}",
    }
    assert all("data" in f["assets"] for f in whole["features"])
    part = get("yanbian_officer", "/stac/search").json()
    assert len(part["features"]) == 2
    assert not any(f["assets"] for f in part["features"])
    path = f"/stac/collections/scenes/items/scene-{run.after_id}/data.tif"
    assert get("yanbian_officer", path).status_code == 403
    assert get("ministry_supervisor", path).status_code == 400, "imagery goes out with a purpose"
    body = b"".join(get("ministry_supervisor", f"{path}?reason=area+check").streaming_content)
    assert body[:2] in (b"II", b"MM")
    assert AccessRecord.objects.get(action="file.download").detail["reason"] == "area check"
    assert get("panzhou_officer", "/stac/search").json()["features"] == []


def test_stac_search_by_body(client, cast, run):
    _, secret = tokens.make_token(by=cast["ministry_supervisor"], name="x", days=1)

    def ask(body):
        return client.post("/ogc/stac/search", json.dumps(body), content_type="application/json",
                           headers={"Authorization": f"Bearer {secret}"})  # fmt: skip

    shape = json.loads(run.extent.geojson)
    assert (
        ask({"intersects": shape, "datetime": "2026-01-01T00:00:00Z/.."}).json()["numberMatched"]
        == 1
    )
    first = ask({"limit": 1}).json()
    (following,) = [x for x in first["links"] if x["rel"] == "next"]
    second = ask(following["body"]).json()
    assert first["features"][0]["id"] != second["features"][0]["id"]
    assert ask({"bbox": [0, 0, 1, 1]}).json()["features"] == []
    assert ask({"colour": "red", "limit": 0}).status_code == 400


def test_the_landing_pages_lead_everywhere(get, as_person, run):
    body = get("city_analyst", "/").json()
    seen = set()
    for found in [*body["links"], *get("city_analyst", "/stac").json()["links"]]:
        path = found["href"].removeprefix("http://testserver")
        if path.startswith("/ogc"):
            answer = get("city_analyst", path.removeprefix("/ogc"))
        else:  # a page for people, who log in
            answer = as_person("city_analyst").get(path)
        assert answer.status_code == 200, path
        seen.add(found["rel"])
    assert {"self", "service-desc", "conformance", "data"} <= seen
    described = get("city_analyst", "/api").json()
    assert "/collections/patches/items" in described["paths"]
