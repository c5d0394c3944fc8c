"""The collections, declared once: rows, properties, date; everything else is made from this."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.contrib.gis.db import models
from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Coalesce

from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.problems import NotFound
from ecoredline.web.maps.tiles import divisions_for
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import patches_for
from ecoredline.web.regions.models import (
    STORAGE_SRID,
    Division,
    ProtectedArea,
    ProtectedAreaVersion,
    RedlinePolygon,
    RedlineVersion,
)
from ecoredline.web.regions.queries import in_use

FINEST_ZOOM = 22
SHAPE = models.GeometryField(srid=STORAGE_SRID)
SPOT = Func(F("lon"), F("lat"), function="ST_MakePoint", output_field=SHAPE)
PLACE = Coalesce("geom", Func(SPOT, Value(STORAGE_SRID), function="ST_SetSRID", output_field=SHAPE))
TYPES = (
    (models.BooleanField, {"type": "boolean"}),
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.IntegerField, {"type": "integer"}),
    (models.FloatField, {"type": "number"}),
    (models.DecimalField, {"type": "number"}),
)


@dataclass(frozen=True)
class Collection:
    """One collection. `properties` are names of columns; `a=b__c` takes column c of the related b."""

    id: str
    title: str
    model: type
    rows: Callable
    properties: tuple[str, ...]
    date: str = ""
    places: bool = False  # a row without an outline may have lon and lat
    tiles: str = ""

    @property
    def shape(self) -> str:
        """What filters by place ask: the outline, or (`placed`) its spot where there is none."""
        return "shape_or_spot" if self.places else "geom"

    def placed(self, rows: QuerySet) -> QuerySet:
        """The rows with `shape_or_spot`, where a row may have only lon and lat."""
        if not self.places:
            return rows
        return rows.annotate(shape_or_spot=PLACE)

    @property
    def paths(self) -> dict[str, str]:
        """Property → where the database has it."""
        pairs = (name.partition("=") for name in self.properties)
        return {name: path or name for name, _, path in pairs}

    def field(self, name: str) -> models.Field:
        """The field behind a property."""
        model, *rest = self.model, *self.paths[name].split("__")
        found = None
        for part in rest:
            found = model._meta.get_field(part)
            model = found.related_model
        return found

    def schema(self, name: str) -> dict:
        """A property as JSON Schema, with its Chinese name."""
        field = self.field(name)
        kind = next((t for cls, t in TYPES if isinstance(field, cls)), {"type": "string"})
        return {"title": str(field.verbose_name)} | kind

    @property
    def queryables(self) -> tuple[str, ...]:
        """The properties that can be filtered by."""
        return tuple(n for n in self.paths if not isinstance(self.field(n), models.JSONField))


def newest_seen(versions, features, person, day: date | None = None) -> QuerySet:
    """The features the person sees of the version in use on the day, among those that have any."""
    mine = features.objects.visible_to(person)
    return mine.filter(version=in_use(versions.objects.filter(pk__in=mine.values("version")), day))


def redline(person) -> QuerySet:
    """The redline in force."""
    return newest_seen(RedlineVersion, RedlinePolygon, person)


def protected(person) -> QuerySet:
    """The newest protected areas."""
    return newest_seen(ProtectedAreaVersion, ProtectedArea, person)


WORKFLOW = (
    "number", "state", "year", "province", "city", "county", "township", "division_code", "lon",
    "lat", "area_ha", "redline_area_ha", "activity_type", "problem_type", "control_zone",
    "redline_version", "due_on", "holder=holder__name", "owner=owner__name", "is_demo",
)  # fmt: skip
COLLECTIONS = (
    Collection(
        "redline", "生态保护红线斑块", RedlinePolygon, redline,
        ("code", "name", "control_zone", "function", "area_ha", "version=version__name",
         "version_sha256=version__sha256", "is_demo=version__is_demo"), tiles="redline",
    ),
    Collection(
        "protected_areas", "自然保护地", ProtectedArea, protected,
        ("code", "name", "level", "kind", "area_ha", "version=version__name",
         "is_demo=version__is_demo"), tiles="protected",
    ),
    Collection(
        "divisions", "行政区划", Division, lambda person: divisions_for(person, FINEST_ZOOM),
        ("code", "name", "level", "is_demo"), tiles="divisions",
    ),
    Collection(
        "patches", "图斑", Patch, patches_for,
        ("patch_id", "run=run__name", "state", "channel", "province", "city", "county", "township",
         "division_code", "lon", "lat", "area_ha", "redline_area_ha", "protected_area_ha",
         "activity_type", "problem_type", "confidence", "redline_names", "control_zone",
         "redline_version", "before_on", "after_on", "remark", "is_demo"),
        date="after_on", tiles="patches",
    ),
    Collection(
        "clues", "疑似生态破坏问题", Clue, Clue.objects.visible_to,
        (*WORKFLOW, "source", "priority", "is_major", "found_on"), date="found_on", places=True,
        tiles="clues",
    ),
    Collection(
        "cases", "生态破坏问题", Case, Case.objects.visible_to,
        (*WORKFLOW, "damage_type", "is_serious", "opened_on", "closed_on", "outcome"),
        date="opened_on", places=True, tiles="cases",
    ),
)  # fmt: skip
BY_ID = {c.id: c for c in COLLECTIONS}


def collection_of(name: str) -> Collection:
    """A collection by its id; raises `NotFound`."""
    if name not in BY_ID:
        raise NotFound(name)
    return BY_ID[name]
