"""What goes out: a schema for each kind of row, made from its model. Areas are text, so that nothing rounds them."""

import json
from decimal import Decimal

from django.contrib.gis.db.models import GeometryField
from django.db.models import DecimalField, Model
from ninja import Schema
from ninja.orm import create_schema
from pydantic import Field

from ecoredline.web.core.timeline import timeline

HIDDEN = {
    "scope_codes", "state_before_merge", "client_key", "rows", "values", "frame", "record",
}  # fmt: skip


def schema_of(model: type[Model], name: str = "") -> type[Schema]:
    """The fields of a model but outlines, lists and what is for the platform alone."""
    shapes = {f.name for f in model._meta.concrete_fields if isinstance(f, GeometryField)}
    many = {f.name for f in model._meta.many_to_many}
    own = {f.name for f in model._meta.concrete_fields}
    hidden = (shapes | many | HIDDEN) & (own | many)
    numbers = [  # a default of 0 for what goes out as text is no valid OpenAPI
        (f.name, Decimal, Field(title=str(f.verbose_name)))
        for f in model._meta.concrete_fields
        if isinstance(f, DecimalField) and f.has_default() and f.name not in hidden
    ]
    name = name or f"{model.__name__}Out"
    return create_schema(model, name=name, exclude=sorted(hidden), custom_fields=numbers)


class Step(Schema):
    """One row of a history."""

    at: str
    subject: str
    step: str
    label: str
    start: str
    end: str
    unit: str
    person: str
    reason: str
    details: dict


def history_of(*subjects) -> list[dict]:
    """The timeline."""
    return [
        {
            "at": row.at.isoformat(), "subject": row.subject_name, "step": row.step,
            "label": str(row.label), "start": row.start, "end": row.end, "unit": row.unit_name,
            "person": row.person_name, "reason": row.reason, "details": row.details,
        }
        for row in timeline(*subjects)
    ]  # fmt: skip


def outline(row) -> dict | None:
    """The outline as GeoJSON in EPSG:4490 (lon, lat)."""
    return json.loads(row.geom.geojson) if row.geom else None
