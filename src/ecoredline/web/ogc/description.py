"""The OpenAPI description, made from the collections."""

from ecoredline import __version__
from ecoredline.web.ogc.catalogue import COLLECTIONS
from ecoredline.web.ogc.crs import CRS84, SYSTEMS

JSON = {"application/json": {"schema": {"type": "object"}}}
GEOJSON = {"application/geo+json": {"schema": {"type": "object"}}}
REFUSED = {"description": "{code, description, details}"}
NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}


def parameter(name: str, schema: dict, **more) -> dict:
    """A query parameter."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": False,
    } | more


def answers(content: dict) -> dict:
    """What comes back."""
    return {"200": {"description": "OK", "content": content}} | dict.fromkeys(
        ("400", "401", "404"), REFUSED
    )


def reading(operation: str, content: dict, parameters=()) -> dict:
    """A GET."""
    return {
        "get": {
            "operationId": operation,
            "parameters": list(parameters),
            "responses": answers(content),
        }
    }


def item_parameters(collection) -> list[dict]:
    """What a page of items can be asked with."""
    systems = {"type": "string", "format": "uri", "enum": list(SYSTEMS), "default": CRS84}
    own = [
        parameter(n, {k: v for k, v in collection.schema(n).items() if k != "title"})
        for n in collection.queryables
    ]
    return [
        parameter("limit", {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}),
        parameter("offset", {"type": "integer", "minimum": 0, "default": 0}),
        parameter("bbox", NUMBERS),
        parameter("bbox-crs", systems),
        parameter("crs", systems),
        parameter("datetime", {"type": "string"}),
        parameter("filter", {"type": "string"}),
        parameter("filter-lang", {"type": "string", "enum": ["cql2-text", "cql2-json"]}),
        parameter("filter-crs", systems),
        *own,
    ]


def openapi(base: str) -> dict:
    """The whole description for an address."""
    paths = {
        "/": reading("landing", JSON),
        "/conformance": reading("conformance", JSON),
        "/collections": reading("collections", JSON),
    }
    key = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    for c in COLLECTIONS:
        at = f"/collections/{c.id}"
        paths[at] = reading(f"describe_{c.id}", JSON)
        paths[f"{at}/queryables"] = reading(f"queryables_{c.id}", JSON)
        paths[f"{at}/items"] = reading(f"items_{c.id}", GEOJSON, item_parameters(c))
        paths[f"{at}/items/{{featureId}}"] = reading(f"item_{c.id}", GEOJSON, [key])
    return {
        "openapi": "3.0.3",
        "info": {"title": "EcoRedline", "version": __version__},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            }
        },
        "security": [{"bearer": []}, {"basic": []}],
    }
