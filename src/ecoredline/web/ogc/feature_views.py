"""OGC API – Features: landing page, conformance, collections, items, queryables."""

from urllib.parse import urlencode

from django.contrib.gis.db.models import Extent
from django.urls import reverse

from ecoredline.record import DEMO_NOTICE
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.maps.context import demo_notice
from ecoredline.web.ogc import features
from ecoredline.web.ogc.access import interface, reply
from ecoredline.web.ogc.catalogue import COLLECTIONS, Collection, collection_of
from ecoredline.web.ogc.crs import CRS84, STORAGE_URI, SYSTEMS, system_of
from ecoredline.web.ogc.datasets import entries
from ecoredline.web.ogc.description import openapi

GEOJSON, SCHEMA = "application/geo+json", "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PART = "http://www.opengis.net/spec/ogcapi-"
CONFORMS = [
    f"{PART}common-1/1.0/conf/core",
    f"{PART}common-2/1.0/conf/collections",
    f"{PART}features-1/1.0/conf/core",
    f"{PART}features-1/1.0/conf/geojson",
    f"{PART}features-1/1.0/conf/oas30",
    f"{PART}features-2/1.0/conf/crs",
    f"{PART}features-3/1.0/conf/queryables",
    f"{PART}features-3/1.0/conf/queryables-query-parameters",
    f"{PART}features-3/1.0/conf/filter",
    f"{PART}features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    f"{PART}tiles-1/1.0/conf/core",
    f"{PART}tiles-1/1.0/conf/tileset",
    f"{PART}tiles-1/1.0/conf/tilesets-list",
    f"{PART}tiles-1/1.0/conf/geodata-tilesets",
    f"{PART}tiles-1/1.0/conf/mvt",
]
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def at(request, name: str, *args) -> str:
    """A whole address."""
    return request.build_absolute_uri(reverse(name, args=args))


def link(href: str, rel: str, kind: str = "application/json", title: str = "") -> dict:
    """A link."""
    found = {"href": href, "rel": rel, "type": kind}
    return found | {"title": title} if title else found


@interface
def landing(request):
    """What is here."""
    return reply({
        "title": "EcoRedline 生态保护红线监管平台",
        "description": f"{demo_notice()} 与平台页面同样的权限；坐标 CGCS2000（EPSG:4490）".strip(),
        "links": [
            link(at(request, "ogc_landing"), "self"),
            link(at(request, "ogc_api"), "service-desc", OPENAPI),
            link(at(request, "dataset_list"), "service-doc", "text/html", "数据目录与接口地址"),
            link(at(request, "ogc_conformance"), "conformance"),
            link(at(request, "ogc_collections"), "data"),
            link(at(request, "ogc_tms_list"), "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"),
            link(at(request, "stac_landing"), "alternate", title="STAC"),
            link(at(request, "wmts"), "alternate", "application/xml", "WMTS"),
        ],
    })  # fmt: skip


@interface
def conformance(request):
    """The classes kept."""
    return reply({"conformsTo": CONFORMS})


@interface
def api(request):
    """The description programs read."""
    return reply(openapi(request.build_absolute_uri(reverse("ogc_landing")).rstrip("/")), OPENAPI)


def described(request, collection: Collection) -> dict:
    """A collection, with its extent for this person."""
    rows = collection.rows(request.user)
    box = rows.order_by().aggregate(box=Extent("geom"))["box"]
    here = at(request, "ogc_collection", collection.id)
    items = at(request, "ogc_items", collection.id)
    found = {
        "id": collection.id, "title": collection.title, "itemType": "feature",
        "description": " ".join(filter(None, (demo_notice(), collection.title))),
        "crs": list(SYSTEMS), "storageCrs": STORAGE_URI,
        "links": [
            link(here, "self"),
            link(items, "items", GEOJSON, collection.title),
            link(at(request, "ogc_queryables", collection.id), QUERYABLES, SCHEMA),
        ],
    }  # fmt: skip
    entry = entries().get(collection.id)
    if entry is not None:
        found["ecoredline:dataset"] = entry.to_dict()
    if collection.tiles:
        found["links"].append(link(at(request, "ogc_tilesets", collection.id), TILESETS))
    if box:
        found["extent"] = {"spatial": {"bbox": [list(box)], "crs": CRS84}}
    return found


@interface
def collections(request):
    """All collections."""
    return reply({
        "links": [link(at(request, "ogc_collections"), "self")],
        "collections": [described(request, c) for c in COLLECTIONS],
    })  # fmt: skip


@interface
def collection(request, name: str):
    """One collection."""
    return reply(described(request, collection_of(name)))


@interface
def queryables(request, name: str):
    """What can be filtered by, as JSON Schema."""
    found = collection_of(name)
    properties = {n: found.schema(n) for n in found.queryables}
    properties["geometry"] = {
        "title": "范围",
        "x-ogc-role": "primary-geometry",
        "format": "geometry-any",
    }
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": at(request, "ogc_queryables", name), "type": "object", "title": found.title,
        "properties": properties, "additionalProperties": False,
    }  # fmt: skip
    return reply(body, SCHEMA)


@interface
def items(request, name: str):
    """A page of features; recorded."""
    found = collection_of(name)
    system = system_of(request, "crs")
    limit = min(features.whole_number(request, "limit", features.PAGE_ROWS, 1), features.MOST_ROWS)
    offset = features.whole_number(request, "offset", 0, 0)
    rows = features.selection(request, found)
    count = rows.count()
    page = features.features(rows[offset : offset + limit], found, system)
    query = request.GET.dict()
    note_request(request, "ogc.list", name, count=count, returned=len(page), query=query)
    body = {
        "type": "FeatureCollection", "features": page, "numberMatched": count,
        "numberReturned": len(page), "timeStamp": clock.now().isoformat(timespec="seconds"),
        "links": page_links(request, name, query, offset, limit, count),
    }  # fmt: skip
    if any(f["properties"].get("is_demo") for f in page):
        body["notice"] = DEMO_NOTICE
    return reply(body, GEOJSON, **{"Content-Crs": f"<{system.uri}>"})


def page_links(request, name: str, query: dict, offset: int, limit: int, count: int) -> list[dict]:
    """Links to the page itself, the ones beside it, the collection."""
    base = at(request, "ogc_items", name)

    def page(start: int) -> str:
        return f"{base}?{urlencode(query | {'offset': start, 'limit': limit})}"

    links = [
        link(request.build_absolute_uri(), "self", GEOJSON),
        link(at(request, "ogc_collection", name), "collection"),
    ]
    if offset + limit < count:
        links.append(link(page(offset + limit), "next", GEOJSON))
    if offset:
        links.append(link(page(max(0, offset - limit)), "prev", GEOJSON))
    return links


@interface
def item(request, name: str, key: str):
    """One feature; recorded."""
    found = collection_of(name)
    system = system_of(request, "crs")
    body = features.one(request, found, key, system)
    note_request(request, "ogc.item", f"{name} {key}")
    body["links"] = [
        link(at(request, "ogc_item", name, key), "self", GEOJSON),
        link(at(request, "ogc_collection", name), "collection"),
    ]
    return reply(body, GEOJSON, **{"Content-Crs": f"<{system.uri}>"})
