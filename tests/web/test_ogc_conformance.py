"""The requirements classes we declare, walked as their abstract tests walk them, and the documents against schemas."""

import json
from datetime import date

import jsonschema
import pytest
from openapi_spec_validator import validate
from pystac.validation.local_validator import get_local_schema_cache

from ecoredline.web.api import tokens
from ecoredline.web.ogc.feature_views import CONFORMS

pytestmark = pytest.mark.django_db
LINK = {"type": "object", "required": ["href", "rel"], "properties": {
    "href": {"type": "string", "minLength": 1}, "rel": {"type": "string"}, "type": {"type": "string"},
    "title": {"type": "string"}}}  # fmt: skip
LINKS = {"type": "array", "items": LINK, "minItems": 1}
LANDING = {"type": "object", "required": ["links"], "properties": {"links": LINKS}}
CLASSES = {"type": "object", "required": ["conformsTo"],
           "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}, "minItems": 1}}}  # fmt: skip
BBOX = {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}}  # fmt: skip
COLLECTION = {"type": "object", "required": ["id", "links"], "properties": {
    "id": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
    "links": LINKS, "itemType": {"const": "feature"}, "crs": {"type": "array", "items": {"type": "string"}},
    "extent": {"type": "object", "properties": {"spatial": {"type": "object", "required": ["bbox"], "properties": {"bbox": BBOX}}}},
}}  # fmt: skip
COLLECTIONS = {"type": "object", "required": ["links", "collections"],
               "properties": {"links": LINKS, "collections": {"type": "array", "items": COLLECTION}}}  # fmt: skip
FEATURE = {"type": "object", "required": ["type", "geometry", "properties"], "properties": {
    "type": {"const": "Feature"}, "id": {"type": ["string", "integer"]},
    "geometry": {"type": ["object", "null"], "required": ["type", "coordinates"]},
    "properties": {"type": ["object", "null"]}, "links": LINKS}}  # fmt: skip
PAGE = {"type": "object", "required": ["type", "features"], "properties": {
    "type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": FEATURE}, "links": LINKS,
    "timeStamp": {"type": "string"}, "numberMatched": {"type": "integer", "minimum": 0},
    "numberReturned": {"type": "integer", "minimum": 0}}}  # fmt: skip
EXCEPTION = {"type": "object", "required": ["code"],
             "properties": {"code": {"type": "string"}, "description": {"type": "string"}}}  # fmt: skip
STAC_V1_0 = "1.0.0"


@pytest.fixture
def get(client, cast, run):
    """`get("/collections")` as the ministry; `get(path, who="yanbian_officer")`; a whole address is taken too."""
    secrets = {}

    def call(path, query=None, who="ministry_supervisor", status=200, schema=None):
        if who not in secrets:
            _, secrets[who] = tokens.make_token(by=cast[who], name="cite", days=1)
        path = path.removeprefix("http://testserver/ogc")
        found = client.get(
            f"/ogc{path}", query, headers={"Authorization": f"Bearer {secrets[who]}"}
        )
        assert found.status_code == status, (path, found.content[:300])
        if schema is not None:
            jsonschema.validate(found.json(), schema)
        return found

    return call


def rels(body) -> dict[str, dict]:
    return {link["rel"]: link for link in body["links"]}


def test_core_landing_definition_conformance_collections(get):
    landing = rels(get("/", schema=LANDING).json())
    assert {"self", "conformance", "data"} <= landing.keys()
    definition = get(landing["service-desc"]["href"])
    assert definition.headers["Content-Type"] == landing["service-desc"]["type"]
    validate(definition.json())
    assert get(landing["conformance"]["href"], schema=CLASSES).json()["conformsTo"] == CONFORMS
    body = get(landing["data"]["href"], schema=COLLECTIONS).json()
    for held in body["collections"]:
        path = f"/collections/{held['id']}"
        assert get(path, schema=COLLECTION).json() == held, "/req/core/sfc-md-success"
        items = rels(held)["items"]
        assert items["type"] == "application/geo+json"
        assert f"{path}/items" in definition.json()["paths"], "/req/oas30/completeness"
        assert get(items["href"]).headers["Content-Type"] == "application/geo+json"
    get("/collections/nothing", status=404, schema=EXCEPTION)


@pytest.mark.parametrize("name", ["redline", "divisions", "patches", "clues", "cases"])
def test_core_items_counts_limits_links_features(get, name):
    path = f"/collections/{name}/items"
    body = get(path, schema=PAGE).json()
    assert body["numberReturned"] == len(body["features"]) <= body["numberMatched"]
    assert rels(body)["self"]["type"] == "application/geo+json"
    one = get(path, {"limit": 1}, schema=PAGE).json()
    assert len(one["features"]) == min(1, body["numberMatched"])
    assert ("next" in rels(one)) == (body["numberMatched"] > 1)
    get(path, {"limit": 0}, status=400, schema=EXCEPTION)
    get(path, {"limit": 999_999}, schema=PAGE)  # above the maximum: the maximum holds
    for feature in body["features"][:2]:
        found = get(f"{path}/{feature['id']}", schema=FEATURE).json()
        assert {k: found[k] for k in ("id", "geometry", "properties")} == {
            k: feature[k] for k in ("id", "geometry", "properties")
        }
        assert {"self", "collection"} <= rels(found).keys()
    get(f"{path}/0", status=404, schema=EXCEPTION)
    get(path, {"unknown": "1"}, status=400, schema=EXCEPTION)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("2026-01-01T00:00:00Z", 200), ("2026-01-01T00:00:00Z/2027-01-01T00:00:00Z", 200),
        ("../2027-01-01T00:00:00.5+08:00", 200), ("2026-01-01T00:00:00Z/", 200), ("2026-01-01", 200),
        ("2027-01-01T00:00:00Z/2026-01-01T00:00:00Z", 400), ("../..", 400), ("1/2/3", 400),
        ("2026-13-01", 400), ("20260101", 400), ("2026-01-01T00:00:00", 400), ("now", 400),
    ],
)  # fmt: skip
def test_core_datetime(get, text, status):
    answer = get("/collections/patches/items", {"datetime": text}, status=status)
    assert answer.status_code == status
    assert ("features" in answer.json()) is (status == 200)


def test_crs_every_system_of_every_collection_is_answered_and_named(get):
    for held in get("/collections").json()["collections"]:
        path = f"/collections/{held['id']}/items"
        assert held["storageCrs"] in held["crs"]
        assert held["crs"][0].endswith("CRS84")
        for uri in held["crs"]:
            for query in ({"crs": uri}, {"bbox": "0,0,90,90", "bbox-crs": uri, "limit": 1}):
                answer = get(path, query)
                assert answer.headers["Content-Crs"] == f"<{query.get('crs', held['crs'][0])}>"
        for name in ("crs", "bbox-crs", "filter-crs"):
            get(
                path,
                {name: "http://www.opengis.net/def/crs/EPSG/0/2", "bbox": "0,0,1,1"},
                status=400,
            )


def test_queryables_are_a_schema_and_each_is_a_parameter_and_a_property_of_cql2(get):
    for held in get("/collections").json()["collections"]:
        where = next(link["href"] for link in held["links"] if link["rel"].endswith("/queryables"))
        schema = get(where)
        assert schema.headers["Content-Type"] == "application/schema+json"
        jsonschema.Draft202012Validator.check_schema(schema.json())
        for name, told in schema.json()["properties"].items():
            if name == "geometry":
                continue
            sample = {"number": "1", "integer": "1", "boolean": "true"}.get(told["type"], "x")
            sample = date.today().isoformat() if told.get("format") == "date" else sample
            sample = "2026-01-01T00:00:00Z" if told.get("format") == "date-time" else sample
            get(f"/collections/{held['id']}/items", {name: sample})
            node = json.dumps({"op": "isNull", "args": [{"property": name}]})
            get(f"/collections/{held['id']}/items", {"filter": node, "filter-lang": "cql2-json"})
        get(f"/collections/{held['id']}/items", {"filter": "nothing = 1"}, status=400)


def test_tiles_lead_from_the_collection_to_the_scheme(get):
    scheme = get("/tileMatrixSets").json()["tileMatrixSets"][0]
    defined = get(rels(scheme)["self"]["href"]).json()
    assert [m["id"] for m in defined["tileMatrices"]][:3] == ["0", "1", "2"]
    for held in get("/collections").json()["collections"]:
        where = next(x["href"] for x in held["links"] if x["rel"].endswith("/tilesets-vector"))
        (tileset,) = get(where).json()["tilesets"]
        assert tileset["tileMatrixSetURI"] == scheme["uri"]
        assert get(rels(tileset)["self"]["href"]).json() == tileset
        get(f"/collections/{held['id']}/tiles/WebMercatorQuad/0/0/9", status=404)


def stac_schema(name: str) -> jsonschema.Draft7Validator:
    """The schema pystac carries (1.1.0), its version word set to the 1.0.0 we answer with."""
    cache = get_local_schema_cache()
    (uri,) = [u for u in cache if u.endswith(f"{name}-spec/json-schema/{name}.json")]
    text = json.dumps(cache[uri]).replace('"const": "1.1.0"', f'"const": "{STAC_V1_0}"')
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    kept = {u: Resource.from_contents(s, default_specification=DRAFT7) for u, s in cache.items()}
    return jsonschema.Draft7Validator(
        json.loads(text), registry=Registry().with_resources(kept.items())
    )


def test_stac_documents_fit_their_schemas_and_each_person_sees_their_own(get):
    stac_schema("catalog").validate(get("/stac").json())
    stac_schema("collection").validate(get("/stac/collections/scenes").json())
    items = get("/stac/search").json()["features"]
    pages = [get("/stac").json(), get("/stac/collections/scenes").json(), *items]
    assert all(x.get("title") for page in pages for x in page["links"])
    assert all(a["title"] for i in items for a in i["assets"].values())
    (doc,) = [x for x in pages[0]["links"] if x["rel"] == "service-doc"]
    assert (doc["type"], doc["href"]) == ("text/html", "http://testserver/data/")
    for item in items:
        stac_schema("item").validate(item)
    assert items
    assert get("/stac/search", who="panzhou_officer").json()["features"] == []
    assert get("/stac/collections/scenes", who="panzhou_officer").json()["extent"] != \
        get("/stac/collections/scenes").json()["extent"]  # fmt: skip
    get(f"/stac/collections/scenes/items/{items[0]['id']}", who="panzhou_officer", status=404)
    day = items[0]["properties"]["datetime"]
    stamp = f"{day[:10]}T00:00:00Z"
    assert [i["id"] for i in get("/stac/search", {"datetime": stamp}).json()["features"]] == [items[0]["id"]]  # fmt: skip
    for text in (f"{day[:10]}T00:00:01Z", f"{day[:10]}T23:59:59Z", f"../{day[:10]}T00:00:00+08:00"):
        assert items[0]["id"] not in [i["id"] for i in get("/stac/search", {"datetime": text}).json()["features"]]  # fmt: skip
    for text in (
        day[:10],
        f"{day[:10]}T00:00:00",
        "1985-04-12T23:20:50.Z",
        "1985-04-12T23:20:50,5Z",
    ):
        get("/stac/search", {"datetime": text}, status=400)


def test_stac_search_by_body_wants_lists(client, cast, run):
    _, secret = tokens.make_token(by=cast["ministry_supervisor"], name="x", days=1)
    head = {"Authorization": f"Bearer {secret}"}
    for body in ({"bbox": "100,0,105,1"}, {"ids": "scene-1"}, {"collections": "scenes"}):
        found = client.post("/ogc/stac/search", json.dumps(body), content_type="application/json", headers=head)  # fmt: skip
        assert found.status_code == 400


def test_the_rest_description_is_valid_openapi(client, cast):
    client.force_login(cast["city_analyst"])
    described = client.get("/api/v1/openapi.json").json()
    validate(described)  # raises for what is not OpenAPI
    assert described["openapi"].startswith("3.") and "/api/v1/cases" in described["paths"]
