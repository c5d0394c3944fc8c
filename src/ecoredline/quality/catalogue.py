"""The catalogue of checks: declared in `codes/quality_checks.csv`, one function each.

A function takes the thing it looks at and the context and returns the places of its faults. It
raises `NotApplicable` when there is nothing to look at. What it returns is a failure or a warning
by the severity the list gives it; a `soft` place is a warning in any case.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from shapely.errors import GEOSException

from ecoredline.codes import code_list
from ecoredline.errors import InputError

FUNCTIONS: dict[str, Callable] = {}
OBJECTS = ("file", "CRS", "geometry", "topology", "attributes", "cross-period", "raster", "photo")
PASS, WARN, FAIL, SKIP = "pass", "warn", "fail", "skip"
MOST_PLACES = 500  # of one check and one layer; the count is whole


@dataclass(frozen=True)
class Check:
    """One row of the list; `limit` is a number in `unit` or None."""

    id: str
    zh: str
    en: str
    object: str
    severity: str
    limit: float | None
    unit: str
    confidence: str
    source: str

    @property
    def cite(self) -> str:
        """The source; what was not seen as text says so."""
        official = code_list("confidence_tags")[self.confidence]["official"] == "1"
        return (
            self.source
            if official or self.source == "EcoRedline"
            else f"{self.source}，未经原文核对"
        )


@dataclass(frozen=True)
class Place:
    """One fault: which feature, what is wrong, where (lon, lat; None when nowhere)."""

    feature: str
    words: str
    lon: float | None = None
    lat: float | None = None
    soft: bool = False


@dataclass(frozen=True)
class CheckResult:
    """One check of one item: pass, warn, fail or skip."""

    check: Check
    item: str
    status: str
    places: tuple[Place, ...] = ()
    count: int = 0
    note: str = field(default="")

    def to_dict(self) -> dict:
        """Plain JSON."""
        told = self.check
        return {
            "check": told.id, "zh": told.zh, "object": told.object, "severity": told.severity,
            "source": told.cite, "item": self.item, "status": self.status, "count": self.count,
            "note": self.note, "places": [
                {"feature": p.feature, "words": p.words, "lon": p.lon, "lat": p.lat}
                for p in self.places
            ],
        }  # fmt: skip

    @classmethod
    def of(cls, told: dict) -> "CheckResult":
        """A result from its JSON.

        >>> result = CheckResult(catalogue()["file.bom"], "a.csv", WARN, (Place("", "BOM"),), 1)
        >>> CheckResult.of(result.to_dict()) == result
        True
        """
        places = tuple(Place(**place) for place in told["places"])
        check = catalogue()[told["check"]]
        return cls(check, told["item"], told["status"], places, told["count"], told["note"])


class NotApplicable(Exception):
    """There is nothing for a check to look at; the words say why."""


@cache
def catalogue() -> dict[str, Check]:
    """All checks by id, in the list's order.

    >>> catalogue()["raster.pixel"].limit
    2.0
    """
    return {
        code: Check(
            code, r["zh"], r["en"], r["object"], r["severity"],
            float(r["limit"]) if r["limit"] else None, r["unit"], r["confidence"], r["source"],
        )
        for code, r in code_list("quality_checks").items()
    }  # fmt: skip


def check(name: str) -> Callable:
    """Declare a function as the check `name`; the name must be in the list."""
    if name not in catalogue():
        raise InputError(f"got check {name!r}, which codes/quality_checks.csv does not have")

    def declare(function: Callable) -> Callable:
        FUNCTIONS[name] = function
        return function

    return declare


def run_check(name: str, item, context) -> CheckResult:
    """Run one check on one item."""
    told = catalogue()[name]
    try:
        places = list(FUNCTIONS[name](item, context))
    except NotApplicable as why:
        return CheckResult(told, item.name, SKIP, note=str(why))
    except GEOSException as fault:  # a shape no operation can take is a fault of the data
        places = [Place("", f"图形无法运算：{fault}")]
    if not places:
        return CheckResult(told, item.name, PASS)
    hard = told.severity == "error" and not all(p.soft for p in places)
    status = FAIL if hard else WARN
    return CheckResult(told, item.name, status, tuple(places[:MOST_PLACES]), len(places))
