"""A page of features: parameters into a selection, rows into GeoJSON."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Q, QuerySet
from django.utils import timezone

from ecoredline.web.core.problems import BadFilter, NotFound
from ecoredline.web.ogc import cql2
from ecoredline.web.ogc.catalogue import Collection
from ecoredline.web.ogc.crs import MERCATOR, System, box_of, system_of

PAGE_ROWS, MOST_ROWS = 100, 10_000
DECIMALS, METRE_DECIMALS = 8, 3
PARAMETERS = (
    "limit", "offset", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang",
    "filter-crs", "f",
)  # fmt: skip
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(DAY.pattern + r"[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
LANGUAGES = ("cql2-text", "cql2-json")


def whole_number(request, name: str, default: int, least: int) -> int:
    """A parameter that counts; raises `BadFilter`."""
    text = request.GET.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise BadFilter(f"{name}={text[:40]!r}: a whole number from {least} on")
    return int(text)


def selection(request, collection: Collection, more: tuple[str, ...] = ()) -> QuerySet:
    """The rows the person may see and asked for, in order of key; raises `BadFilter` with every fault.

    `more` are parameters the caller reads itself.
    """
    strange = [n for n in request.GET if n not in (*PARAMETERS, *more, *collection.queryables)]
    if strange:
        raise BadFilter(
            *(f"{n}: {', '.join((*PARAMETERS, *collection.queryables))}" for n in strange)
        )
    if request.GET.get("f", "json") not in ("json", "geojson"):
        raise BadFilter("f: json")
    rows = collection.rows(request.user)
    if text := request.GET.get("bbox"):
        rows = rows.filter(meets(box_of(text, system_of(request, "bbox-crs")), collection))
    if text := request.GET.get("datetime"):
        rows = rows.filter(during(text, collection.date))
    rows = collection.placed(rows)
    reader = cql2.Reader(collection, system_of(request, "filter-crs"))
    for name in collection.queryables:
        if name in request.GET:
            node = {"op": "=", "args": [{"property": name}, request.GET[name]]}
            rows = rows.filter(reader.q(node))
    if text := request.GET.get("filter"):
        language = request.GET.get("filter-lang", LANGUAGES[0])
        if language not in LANGUAGES:
            raise BadFilter(f"filter-lang={language!r}: {', '.join(LANGUAGES)}")
        rows = rows.filter(cql2.condition(text, language, collection, reader.system))
    return rows.order_by("pk")


def meets(box, collection: Collection) -> Q:
    """The outline meets a box; where only a point is known, that lies in it."""
    found = Q(geom__intersects=box)
    if collection.places:
        west, south, east, north = box.extent
        found |= Q(geom=None, lon__range=(west, east), lat__range=(south, north))
    return found


def during(text: str, column: str, *, strict: bool = False) -> Q:
    """`datetime`: a day or moment, or an interval open at either end; without a date column all rows fit.

    `strict` is STAC's: moments with their zone only, and a row stands at its day's first second (UTC).

    >>> during("2025-01-01/..", "on")
    <Q: (AND: ('on__gte', datetime.date(2025, 1, 1)))>
    """
    start, slash, end = text.partition("/")
    ends = [None if t in ("", "..") else moment_of(t, strict=strict) for t in (start, end or "")]
    if not slash:
        ends[1] = ends[0]
    if ends == [None, None] or (None not in ends and ends[0] > ends[1]):
        raise BadFilter(f"datetime={text[:60]!r}: an instant or start/end, .. for open")
    if not column:
        return Q()
    days = [None if t is None else t.date() for t in ends]
    if strict and ends[0] is not None and ends[0].time() != time.min:
        days[0] += timedelta(days=days[0] < date.max)
    bounds = zip(("gte", "lte"), days, strict=True)
    return Q(**{f"{column}__{how}": day for how, day in bounds if day is not None})


def moment_of(text: str, *, strict: bool = False) -> datetime:
    """An RFC 3339 time, or date unless `strict`, in the platform's zone (`strict`: UTC), zone left off.

    >>> moment_of("2026-03-01t23:00:00z"), moment_of("2026-03-01T23:00:00Z", strict=True)
    (datetime.datetime(2026, 3, 2, 7, 0), datetime.datetime(2026, 3, 1, 23, 0))
    """
    if not (MOMENT.fullmatch(text) or (DAY.fullmatch(text) and not strict)):
        raise BadFilter(f"datetime={text[:60]!r}: RFC 3339")
    zone = UTC if strict else timezone.get_default_timezone()
    try:
        found = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        return found.astimezone(zone).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError) as fault:  # no such day; one beyond the year 9999
        raise BadFilter(f"datetime={text[:60]!r}: RFC 3339") from fault


def features(rows: QuerySet, collection: Collection, system: System) -> list[dict]:
    """Rows as GeoJSON features in a system."""
    paths = collection.paths
    decimals = METRE_DECIMALS if system.srid == MERCATOR else DECIMALS
    drawn = rows.annotate(drawn=AsGeoJSON(system.outgoing(), precision=decimals))
    extra = ["lon", "lat"] if collection.places else []
    found = drawn.values("pk", "drawn", *dict.fromkeys([*paths.values(), *extra]))
    return [feature(row, paths, system) for row in found]


def feature(row: dict, paths: dict[str, str], system: System) -> dict:
    """One row."""
    shape = json.loads(row["drawn"]) if row["drawn"] else point(row, system)
    if shape:
        shape.pop("crs", None)
    properties = {name: plain(row[path]) for name, path in paths.items()}
    return {"type": "Feature", "id": row["pk"], "geometry": shape, "properties": properties}


def point(row: dict, system: System) -> dict | None:
    """The place of a row without an outline."""
    if row.get("lon") is None or row.get("lat") is None:
        return None
    if system.srid == MERCATOR:
        from pyproj import Transformer

        move = Transformer.from_crs(4490, MERCATOR, always_xy=True)
        return {"type": "Point", "coordinates": list(move.transform(row["lon"], row["lat"]))}
    place = [row["lon"], row["lat"]]
    return {"type": "Point", "coordinates": place[::-1] if system.flips else place}


def plain(value):
    """A cell as JSON."""
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return "；".join(map(str, value)) if isinstance(value, list) else value


def one(request, collection: Collection, key: str, system: System) -> dict:
    """One feature; raises `NotFound`."""
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise NotFound(key)
    found = features(collection.rows(request.user).filter(pk=int(key)), collection, system)
    if not found:
        raise NotFound(key)
    return found[0]
