"""OGC API – Tiles for the vector layers, WMTS for the images: the same tiles as the map's."""

from xml.sax.saxutils import escape, quoteattr

import morecantile
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse

from ecoredline.web.core.actions import address_of, note_daily, note_request
from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.imagery.models import Scene
from ecoredline.web.maps import tiles
from ecoredline.web.maps.views import VECTOR_TILE, scene_tile
from ecoredline.web.ogc.access import interface, refusal, reply
from ecoredline.web.ogc.catalogue import collection_of
from ecoredline.web.ogc.feature_views import at, link
from ecoredline.web.patches.models import Run

QUAD = "WebMercatorQuad"
QUAD_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
DEEPEST = 20
ROOT_SCALE = 559_082_264.028717
EDGE = 20_037_508.3427892


@interface
def tms_list(request):
    """The one tiling scheme."""
    here = at(request, "ogc_tms", QUAD)
    return reply(
        {
            "tileMatrixSets": [
                {"id": QUAD, "title": QUAD, "uri": QUAD_URI, "links": [link(here, "self")]}
            ]
        }
    )


@interface
def tms(request, scheme: str):
    """Its definition."""
    known(scheme)
    return reply(morecantile.tms.get(QUAD).model_dump(exclude_none=True, mode="json"))


def known(scheme: str) -> None:
    """Raise `NotFound` for another scheme."""
    if scheme != QUAD:
        raise NotFound(scheme)


def tileset(request, name: str) -> dict:
    """A collection's tiles."""
    here = at(request, "ogc_tileset", name, QUAD)
    template = {
        "href": f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
        "rel": "item",
        "type": VECTOR_TILE,
        "templated": True,
    }
    return {
        "title": collection_of(name).title, "dataType": "vector", "tileMatrixSetURI": QUAD_URI,
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "links": [
            link(here, "self"), template,
            link(at(request, "ogc_tms", QUAD), "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"),
        ],
    }  # fmt: skip


@interface
def tilesets(request, name: str):
    """The tilesets of a collection: one."""
    collection_of(name)
    return reply({"tilesets": [tileset(request, name)]})


@interface
def tileset_page(request, name: str, scheme: str):
    """One tileset."""
    known(scheme)
    return reply(tileset(request, name))


@interface
def vector_tile(request, name: str, scheme: str, z: int, row: int, col: int):
    """A vector tile; note the order: matrix, row, column."""
    known(scheme)
    found = collection_of(name)
    try:
        tiles.check(found.tiles, z, col, row)
    except BadFilter as fault:  # the standard: a tile outside the scheme is not there
        raise NotFound(f"{z}/{row}/{col}") from fault
    opened(request, name)
    rows = divisions(request.user, z) if name == "divisions" else found.rows(request.user)
    body = tiles.tile(found.tiles, z, col, row, rows)
    return HttpResponse(body, content_type=VECTOR_TILE, status=200 if body else 204)


def divisions(person, z: int):
    """Only the levels that are worth showing at a zoom."""
    return tiles.divisions_for(person, z)


# ---- WMTS
def scenes_for(person):
    """The images of the runs the person sees."""
    runs = Run.objects.visible_to(person)
    return Scene.objects.filter(
        Q(pk__in=runs.values("before")) | Q(pk__in=runs.values("after"))
    ).order_by("acquired_on", "pk")


LAYER = """<Layer>
<ows:Title>{title}</ows:Title><ows:Abstract>{abstract}</ows:Abstract>
<ows:WGS84BoundingBox><ows:LowerCorner>{west} {south}</ows:LowerCorner><ows:UpperCorner>{east} {north}</ows:UpperCorner></ows:WGS84BoundingBox>
<ows:Identifier>scene-{pk}</ows:Identifier>
<Style isDefault="true"><ows:Identifier>default</ows:Identifier></Style>
<Format>image/png</Format>
<TileMatrixSetLink><TileMatrixSet>WebMercatorQuad</TileMatrixSet></TileMatrixSetLink>
<ResourceURL format="image/png" resourceType="tile" template={template}/>
</Layer>"""
MATRIX = """<TileMatrix><ows:Identifier>{z}</ows:Identifier><ScaleDenominator>{scale!r}</ScaleDenominator>
<TopLeftCorner>-{edge} {edge}</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight>
<MatrixWidth>{size}</MatrixWidth><MatrixHeight>{size}</MatrixHeight></TileMatrix>"""
OPERATION = (
    '<ows:Operation name="{name}"><ows:DCP><ows:HTTP><ows:Get xlink:href={href}>'
    '<ows:Constraint name="GetEncoding"><ows:AllowedValues><ows:Value>KVP</ows:Value></ows:AllowedValues>'
    "</ows:Constraint></ows:Get></ows:HTTP></ows:DCP></ows:Operation>"
)
CAPABILITIES = """<?xml version="1.0" encoding="UTF-8"?>
<Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
<ows:ServiceIdentification><ows:Title>EcoRedline 影像</ows:Title><ows:ServiceType>OGC WMTS</ows:ServiceType><ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion></ows:ServiceIdentification>
<ows:OperationsMetadata>{operations}</ows:OperationsMetadata>
<Contents>{layers}<TileMatrixSet><ows:Identifier>WebMercatorQuad</ows:Identifier><ows:SupportedCRS>urn:ogc:def:crs:EPSG::3857</ows:SupportedCRS>
<WellKnownScaleSet>urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible</WellKnownScaleSet>{matrices}</TileMatrixSet></Contents>
<ServiceMetadataURL xlink:href={own}/>
</Capabilities>"""


def capabilities(request) -> str:
    """The capabilities of this person's images."""
    here = at(request, "wmts")
    layers = []
    for scene in scenes_for(request.user):
        west, south, east, north = scene.footprint.extent
        pattern = reverse("wmts_tile", args=[scene.pk, 0, 0, 0]).replace(
            "/0/0/0.png", "/{TileMatrix}/{TileRow}/{TileCol}.png"
        )
        template = request.build_absolute_uri("/").rstrip("/") + pattern
        title = f"{scene.image_id} {scene.acquired_on or ''}".strip()
        layers.append(LAYER.format(
            pk=scene.pk, title=escape(title), west=west, south=south, east=east, north=north,
            abstract="演示合成数据" if scene.is_demo else "", template=quoteattr(template),
        ))  # fmt: skip
    matrices = "".join(
        MATRIX.format(z=z, scale=ROOT_SCALE / 2**z, edge=EDGE, size=2**z)
        for z in range(DEEPEST + 1)
    )
    operations = "".join(
        OPERATION.format(name=n, href=quoteattr(f"{here}?")) for n in ("GetCapabilities", "GetTile")
    )
    own = quoteattr(f"{here}?service=WMTS&request=GetCapabilities")
    return CAPABILITIES.format(
        operations=operations, layers="".join(layers), matrices=matrices, own=own
    )


@interface
def wmts(request):
    """WMTS by query: GetCapabilities (also without a request) and GetTile."""
    given = {k.lower(): v for k, v in request.GET.items()}
    wanted = given.get("request", "GetCapabilities").lower()
    if wanted == "getcapabilities":
        note_request(request, "ogc.list", "wmts", count=scenes_for(request.user).count())
        return HttpResponse(capabilities(request), content_type="application/xml")
    if wanted != "gettile":
        return refusal(400, "OperationNotSupported", given["request"][:40])
    layer = given.get("layer", "").removeprefix("scene-")
    numbers = [layer, *(given.get(n, "") for n in ("tilematrix", "tilerow", "tilecol"))]
    if not all(n.isascii() and n.isdigit() and len(n) < 19 for n in numbers):
        raise BadFilter("layer, tilematrix, tilerow, tilecol")
    scene, z, row, col = map(int, numbers)
    return picture(request, scene, z, row, col)


@interface
def wmts_tile(request, scene: int, z: int, row: int, col: int):
    """A picture tile by address."""
    return picture(request, scene, z, row, col)


def picture(request, scene: int, z: int, row: int, col: int):
    """A picture tile of a scene of the person's runs; that it was opened is recorded."""
    found = scene_tile(request, scene, z, col, row)
    opened(request, f"scene {scene}")
    return found


def opened(request, thing: str) -> None:
    """Write down, once a day, that the person reads tiles of a layer or image."""
    note_daily("ogc.tiles", thing, by=request.user, address=address_of(request))
