"""CQL2 (text or JSON) as a condition on a collection's rows; what is not a queryable is refused by name."""

import json
import re
from datetime import date, datetime

import cql2
from django.contrib.gis.db import models
from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.core.exceptions import ValidationError
from django.db.models import Q

from ecoredline.web.core.problems import BadFilter
from ecoredline.web.ogc.catalogue import Collection
from ecoredline.web.ogc.crs import System

MOST_CHARACTERS, MOST_SIGNS, DEEPEST = 8000, 300, 50
QUOTED = re.compile(r"'[^']*'")
SIGNS = re.compile(r"[-+*/^=<>(\[]|\bnot\b", re.I)
COMPARE = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "<>": "exact"}
MIRROR = {
    "<": ">", "<=": ">=", ">": "<", ">=": "<=", "t_before": "t_after", "t_after": "t_before",
}  # fmt: skip
SIDES = {"not": 1, "between": 3, "isNull": 1}  # arguments; every other operator has two
TIMES = {"t_before": "lt", "t_after": "gt", "t_equals": "exact"}
SPATIAL = {
    "s_intersects": "intersects", "s_within": "within", "s_contains": "contains",
    "s_disjoint": "disjoint", "s_touches": "touches", "s_crosses": "crosses",
    "s_overlaps": "overlaps", "s_equals": "equals",
}  # fmt: skip
GEOMETRY = ("geometry", "geom")
TRUTH = {"true": True, "false": False}  # as a query parameter writes them


def condition(text: str, language: str, collection: Collection, system: System) -> Q:
    """The filter as `Q`; raises `BadFilter` (with the parser's own words for what it cannot read)."""
    if len(text) > MOST_CHARACTERS:
        raise BadFilter(f"filter: {len(text)} characters; at most {MOST_CHARACTERS}")
    if "\\u0000" in text:
        raise BadFilter("filter: no NUL")
    # the parser recurses into every sign: thousands of them would end the whole process
    if language == "cql2-text" and len(SIGNS.findall(QUOTED.sub("", text))) > MOST_SIGNS:
        raise BadFilter(f"filter: more than {MOST_SIGNS} operators and brackets")
    try:
        parsed = (cql2.parse_json if language == "cql2-json" else cql2.parse_text)(text).to_json()
    except Exception as fault:  # the parser raises bare ones too
        raise BadFilter(f"filter: {fault}") from fault
    return Reader(collection, system).q(parsed)


class Reader:
    """Reads a parsed filter for one collection."""

    def __init__(self, collection: Collection, system: System):
        self.collection, self.system, self.named = collection, system, set()

    def q(self, node, depth: int = 0) -> Q:
        """A condition."""
        if depth > DEEPEST:
            raise BadFilter("filter: nested too deeply")
        if not isinstance(node, dict) or "op" not in node:
            raise BadFilter(f"filter: {json.dumps(node, ensure_ascii=False)[:80]} is no condition")
        op, args = node["op"], node.get("args", [])
        if op in ("and", "or"):
            if not args:
                raise BadFilter(f"filter: {op} of nothing")
            parts = [self.q(a, depth + 1) for a in args]
            return Q(*parts) if op == "and" else Q(*parts, _connector=Q.OR)
        known = {"like": self.like, "in": self.within, "between": self.between, "isNull": self.null}
        if op not in ("not", *known, *SPATIAL, *COMPARE, *TIMES):
            raise BadFilter(f"filter: operator {op!r} is not known here")
        if not isinstance(args, list) or len(args) != SIDES.get(op, 2):
            raise BadFilter(f"filter: {op!r} wants {SIDES.get(op, 2)} arguments")
        if op == "not":
            return self.negated(args[0], depth + 1)
        if op in known:
            return known[op](args)
        return self.spatial(op, args) if op in SPATIAL else self.compare(op, args)

    def negated(self, node, depth: int) -> Q:
        """NOT as CQL2 has it: what is unknown stays unknown, so a blank is in neither answer."""
        inner = Reader(self.collection, self.system)
        found = ~inner.q(node, depth)
        self.named |= inner.named
        for path in inner.named:
            found &= Q(**{f"{path}__isnull": False})
        return found

    def path(self, node) -> tuple[str, models.Field, str]:
        """Where a property is, its field, and `i` when case is not to count."""
        fold = ""
        if isinstance(node, dict) and node.get("op") == "casei":
            fold, node = "i", node["args"][0]
        name = node.get("property") if isinstance(node, dict) else None
        if name not in self.collection.queryables:
            wanted = ", ".join(self.collection.queryables)
            raise BadFilter(
                f"filter: {name or node!r} is no queryable of {self.collection.id}: {wanted}"
            )
        path = self.collection.paths[name]
        self.named.add(path)
        return path, self.collection.field(name), fold

    def value(self, node, field):
        """A literal as the field wants it."""
        if isinstance(node, dict) and node.get("op") == "casei":
            node = node["args"][0]
        if isinstance(node, dict):
            node = node.get("date", node.get("timestamp"))
        if node is None or isinstance(node, list | dict):
            raise BadFilter("filter: wanted a value on the other side of a property")
        if isinstance(field, models.DateTimeField | models.DateField):
            return moment(str(node), is_date=not isinstance(field, models.DateTimeField))
        if (
            isinstance(node, float)
            and node.is_integer()
            and not isinstance(field, models.FloatField)
        ):
            node = int(node)
        if isinstance(field, models.BooleanField) and node in TRUTH:
            return TRUTH[node]
        try:
            return field.to_python(node)
        except (ValidationError, ValueError, TypeError) as fault:
            raise BadFilter(f"filter: {node!r} does not fit {field.name}") from fault

    def compare(self, op: str, args) -> Q:
        """Two sides, the property on either."""
        left, right = args
        if not is_property(left):
            left, right, op = right, left, MIRROR.get(op, op)
        path, field, fold = self.path(left)
        lookup = TIMES.get(op) or COMPARE[op]
        if fold and lookup == "exact":
            lookup = "iexact"
        found = Q(**{f"{path}__{lookup}": self.value(right, field)})
        return ~found & Q(**{f"{path}__isnull": False}) if op == "<>" else found

    def like(self, args) -> Q:
        """% any text, _ one character, a backslash before either means itself."""
        path, _, fold = self.path(args[0])
        pattern = args[1]["args"][0] if isinstance(args[1], dict) else args[1]
        if not isinstance(pattern, str):
            raise BadFilter("filter: LIKE wants a text")
        words = re.split(r"(\\.|%|_)", pattern, flags=re.S)
        regex = "".join({"%": ".*", "_": "."}.get(w, escaped(w)) for w in words)
        return Q(**{f"{path}__{fold}regex": f"^{regex}$"})

    def within(self, args) -> Q:
        """One of several values."""
        path, field, fold = self.path(args[0])
        values = args[1] if isinstance(args[1], list) else args[1:]
        told = [self.value(v, field) for v in values]
        if fold:
            return Q(*((f"{path}__iexact", v) for v in told), _connector=Q.OR)
        return Q(**{f"{path}__in": told})

    def between(self, args) -> Q:
        """Both ends belong to it."""
        path, field, _ = self.path(args[0])
        return Q(**{f"{path}__range": tuple(self.value(v, field) for v in args[1:])})

    def null(self, args) -> Q:
        """No value: in a text column the database keeps that as blank."""
        path, field, _ = self.path(args[0])
        self.named.discard(path)
        blank = Q(**{path: ""}) if isinstance(field, models.CharField | models.TextField) else Q()
        return Q(**{f"{path}__isnull": True}) | blank

    def spatial(self, op: str, args) -> Q:
        """The outline beside a geometry or box."""
        left, right = args
        name = SPATIAL[op]
        if not is_property(left):
            left, right = right, left
            name = {"within": "contains", "contains": "within"}.get(name, name)
        if not isinstance(left, dict) or left.get("property") not in GEOMETRY:
            raise BadFilter(f"filter: {op} wants the property geometry and a geometry")
        column = self.collection.shape
        self.named.add(column)
        return Q(**{f"{column}__{name}": self.system.incoming(geometry_of(right))})


def is_property(node) -> bool:
    """Is it a property, or one within CASEI?"""
    return isinstance(node, dict) and ("property" in node or node.get("op") == "casei")


def escaped(word: str) -> str:
    r"""A piece of a LIKE pattern that stands for itself.

    >>> escaped("\\%"), escaped("a.b")
    ('%', 'a\\.b')
    """
    return re.escape(word[1:] if word.startswith("\\") and len(word) > 1 else word)


def moment(text: str, *, is_date: bool):
    """A date or time; raises `BadFilter`."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as fault:
        raise BadFilter(f"filter: {text!r} is no date") from fault
    return date(found.year, found.month, found.day) if is_date else found


def geometry_of(node) -> GEOSGeometry:
    """A literal geometry or box; raises `BadFilter`."""
    try:
        if "bbox" in node:
            box = node["bbox"]
            return Polygon.from_bbox(box if len(box) == 4 else [*box[:2], *box[3:5]])
        return GEOSGeometry(json.dumps(node))
    except Exception as fault:  # GDAL, GEOS and ValueError: all mean that it is no geometry
        raise BadFilter(f"filter: {str(node)[:80]} is no geometry") from fault
