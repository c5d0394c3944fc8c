"""STAC API: the images of the runs a person sees; the file itself for whoever may see the whole run."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Max, Min, Q
from django.http import FileResponse

from ecoredline.web.core.actions import note_request
from ecoredline.web.core.problems import BadFilter, FileChanged, NotAllowed
from ecoredline.web.core.taking_out import purpose_of
from ecoredline.web.ogc.access import interface, reply
from ecoredline.web.ogc.crs import CRS84, SYSTEMS, box_of
from ecoredline.web.ogc.feature_views import GEOJSON, OPENAPI, at, link
from ecoredline.web.ogc.features import during
from ecoredline.web.ogc.tile_views import scenes_for
from ecoredline.web.patches.queries import scene_for

VERSION = "1.0.0"
NAME = "scenes"
API = "https://api.stacspec.org/v1.0.0/"
CONFORMS = [
    f"{API}core", f"{API}collections", f"{API}ogcapi-features", f"{API}item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
]  # fmt: skip
MAP_LINKS = "https://stac-extensions.github.io/web-map-links/v1.2.0/schema.json"
TITLES = {
    "self": "本页", "root": "EcoRedline 影像", "parent": "影像", "collection": "影像", "child": "影像",
    "data": "数据集", "items": "影像条目", "search": "检索", "next": "下一页", "wmts": "WMTS",
    "conformance": "符合的标准", "service-desc": "接口描述（OpenAPI）", "service-doc": "数据目录与接口地址",
}  # fmt: skip
PAGE_ROWS, MOST_ROWS = 100, 1000
TIFF = "image/tiff; application=geotiff"


def told(href: str, rel: str, kind: str = "application/json") -> dict:
    """A link with the title its relation has."""
    return link(href, rel, kind, TITLES[rel])


@interface
def landing(request):
    """The catalogue."""
    root = at(request, "stac_landing")
    search = at(request, "stac_search")
    return reply({
        "type": "Catalog", "stac_version": VERSION, "id": "ecoredline", "title": "EcoRedline 影像",
        "description": "平台上各批次所用的影像", "conformsTo": CONFORMS,
        "links": [
            told(root, "self"), told(root, "root"),
            told(at(request, "ogc_api"), "service-desc", OPENAPI),
            told(at(request, "dataset_list"), "service-doc", "text/html"),
            told(at(request, "stac_conformance"), "conformance"),
            told(at(request, "stac_collections"), "data"),
            told(at(request, "stac_collection"), "child"),
            told(search, "search", GEOJSON) | {"method": "GET"},
            told(search, "search", GEOJSON) | {"method": "POST"},
        ],
    })  # fmt: skip


@interface
def conformance(request):
    """The classes kept."""
    return reply({"conformsTo": CONFORMS})


def described(request) -> dict:
    """The one collection, its extent for this person."""
    found = (
        scenes_for(request.user)
        .order_by()
        .aggregate(box=Extent("footprint"), first=Min("acquired_on"), last=Max("acquired_on"))
    )
    seen = scenes_for(request.user).order_by("sensor").exclude(sensor="")
    sensors = list(seen.values_list("sensor", flat=True).distinct())
    here, root = at(request, "stac_collection"), at(request, "stac_landing")
    span = [f"{d}T00:00:00Z" if d else None for d in (found["first"], found["last"])]
    return {
        "type": "Collection", "stac_version": VERSION, "id": NAME, "title": "影像",
        "description": "前后时相影像", "license": "proprietary",
        "extent": {
            "spatial": {"bbox": [list(found["box"] or (-180, -90, 180, 90))]},
            "temporal": {"interval": [span]},
        },
        "summaries": {"instruments": sensors} if sensors else {},
        "links": [
            told(here, "self"), told(root, "root"), told(root, "parent"),
            told(at(request, "stac_items"), "items", GEOJSON),
        ],
    }  # fmt: skip


@interface
def collections(request):
    """All collections."""
    links = [
        told(at(request, "stac_collections"), "self"),
        told(at(request, "stac_landing"), "root"),
    ]
    return reply({"collections": [described(request)], "links": links})


@interface
def collection(request):
    """The collection."""
    return reply(described(request))


def item_of(request, scene) -> dict:
    """One image. Its file is offered only to whoever may see the whole of a run it belongs to."""
    _, whole = scene_for(request.user, scene.pk)
    own, root, parent = (
        at(request, "stac_item", scene.pk), at(request, "stac_landing"), at(request, "stac_collection"),
    )  # fmt: skip
    moment = f"{scene.acquired_on}T00:00:00Z" if scene.acquired_on else None
    properties = {
        "datetime": moment, "title": scene.image_id, "ecoredline:sha256": scene.sha256,
        "ecoredline:is_demo": scene.is_demo,
    }  # fmt: skip
    if moment is None:  # the standard wants a span where no moment is known: all of time
        properties |= {
            "start_datetime": "1970-01-01T00:00:00Z",
            "end_datetime": "2100-01-01T00:00:00Z",
        }
    if scene.sensor:
        properties["instruments"] = [scene.sensor]
    assets = {}
    if whole:
        assets["data"] = {
            "href": at(request, "stac_data", scene.pk),
            "type": TIFF,
            "title": scene.image_id,
            "roles": ["data"],
        }
    return {
        "type": "Feature", "stac_version": VERSION, "stac_extensions": [MAP_LINKS],
        "id": f"scene-{scene.pk}", "collection": NAME, "bbox": list(scene.footprint.extent),
        "geometry": json.loads(scene.footprint.geojson), "properties": properties, "assets": assets,
        "links": [
            link(own, "self", GEOJSON, scene.image_id), told(root, "root"), told(parent, "parent"),
            told(parent, "collection"), told(at(request, "wmts"), "wmts", "image/png") | {"wmts:layer": f"scene-{scene.pk}"},
        ],
    }  # fmt: skip


@interface
def item(request, pk: int):
    """One image; recorded."""
    scene, _ = scene_for(request.user, pk)
    note_request(request, "ogc.item", f"scene {pk}")
    return reply(item_of(request, scene), GEOJSON)


@interface
def data(request, pk: int):
    """The image file; recorded. Raises `NotAllowed` for whoever may see only a part of the run."""
    scene, whole = scene_for(request.user, pk)
    if not whole:
        raise NotAllowed("scene")
    purpose = purpose_of(request, NAME)
    path = Path(scene.path)
    if not path.is_file():
        raise FileChanged(scene.image_id)
    note_request(
        request, "file.download", f"scene {pk}", name=path.name, sha256=scene.sha256, **purpose
    )
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type=TIFF)


@dataclass(frozen=True)
class Wanted:
    """A search."""

    bbox: str = ""
    intersects: object = None
    datetime: str = ""
    ids: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    limit: int = PAGE_ROWS
    token: int = 0


def wanted(given: dict, *, body: bool = False) -> Wanted:
    """From a query or a body (where lists are lists); raises `BadFilter` with every fault."""
    lists = ("ids", "collections", "bbox")
    mixed = [n for n in lists if body and given.get(n) and not isinstance(given[n], list)]
    if mixed:
        raise BadFilter(*(f"{n}: [ ]" for n in mixed))
    strange = [n for n in given if n not in Wanted.__dataclass_fields__]
    values, faults = {}, [f"{n}: {', '.join(Wanted.__dataclass_fields__)}" for n in strange]
    for name in ("ids", "collections"):
        found = given.get(name) or ()
        values[name] = tuple(found.split(",") if isinstance(found, str) else map(str, found))
    box = given.get("bbox") or ""
    values["bbox"] = box if isinstance(box, str) else ",".join(map(str, box))
    values["datetime"] = str(given.get("datetime") or "")
    values["intersects"] = given.get("intersects")
    for name, least in (("limit", 1), ("token", 0)):
        text = str(given.get(name, getattr(Wanted, name)))
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least:
            values[name] = int(text)
        else:
            faults.append(f"{name}={text[:40]!r}")
    if values["bbox"] and values["intersects"]:
        faults.append("bbox, intersects: one of them")
    if faults:
        raise BadFilter(*faults)
    return Wanted(**values)


def chosen(person, asked: Wanted):
    """The images of a search."""
    rows = scenes_for(person)
    if asked.collections and NAME not in asked.collections:
        return rows.none()
    if asked.ids:
        keys = [i.removeprefix("scene-") for i in asked.ids]
        rows = rows.filter(pk__in=[k for k in keys if k.isascii() and k.isdigit() and len(k) < 19])
    if asked.bbox:
        rows = rows.filter(footprint__intersects=box_of(asked.bbox, SYSTEMS[CRS84]))
    if asked.intersects:
        text = (
            asked.intersects if isinstance(asked.intersects, str) else json.dumps(asked.intersects)
        )
        try:
            shape = SYSTEMS[CRS84].incoming(GEOSGeometry(text))
        except Exception as fault:  # GDAL, GEOS and ValueError: no geometry
            raise BadFilter("intersects: GeoJSON") from fault
        rows = rows.filter(footprint__intersects=shape)
    return (
        rows.filter(during(asked.datetime, "acquired_on", strict=True))
        if asked.datetime
        else rows.filter(Q())
    )


def page(request, asked: Wanted, base: str, *, body: dict | None = None):
    """A page of images; recorded."""
    limit = min(asked.limit, MOST_ROWS)
    rows = chosen(request.user, asked)
    count = rows.count()
    found = [item_of(request, s) for s in rows[asked.token : asked.token + limit]]
    note_request(request, "ogc.list", "stac", count=count, returned=len(found))
    links = [
        told(at(request, "stac_landing"), "root"),
        link(request.build_absolute_uri(), "self", GEOJSON, TITLES["items"]),
    ]
    following = asked.token + limit
    if following < count and body is None:
        query = urlencode(request.GET.dict() | {"token": following})
        links.append(told(f"{base}?{query}", "next", GEOJSON) | {"method": "GET"})
    elif following < count:
        links.append(
            told(base, "next", GEOJSON) | {"method": "POST", "body": body | {"token": following}}
        )
    return reply({
        "type": "FeatureCollection", "features": found, "links": links, "numberMatched": count,
        "numberReturned": len(found),
    }, GEOJSON)  # fmt: skip


@interface
def items(request):
    """The images of the collection."""
    return page(request, wanted(request.GET.dict()), at(request, "stac_items"))


@interface(methods=("GET", "HEAD", "POST"))
def search(request):
    """Images by place, time and id."""
    base = at(request, "stac_search")
    if request.method != "POST":
        return page(request, wanted(request.GET.dict()), base)
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as fault:
        raise BadFilter("body: JSON") from fault
    if not isinstance(body, dict):
        raise BadFilter("body: an object")
    return page(request, wanted(body, body=True), base, body=body)
