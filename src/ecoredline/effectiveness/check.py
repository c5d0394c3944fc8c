"""Is a rule set whole? All faults at once, each with its place, value and reason."""

import itertools
import math
from dataclasses import MISSING, dataclass, fields
from datetime import date

from ecoredline.effectiveness.measures import MEASURES
from ecoredline.effectiveness.rules import (
    DIRECTIONS,
    POLICIES,
    WHEN_MISSING,
    Grade,
    Indicator,
    RuleSet,
)

WHOLE = 100.0
NEAR = 1e-6


@dataclass(frozen=True)
class Fault:
    """One fault: where, what stands there, what is wrong."""

    where: str
    value: object
    reason: str

    @property
    def said(self) -> str:
        """The fault in one line."""
        return f"{self.where}: got {self.value!r}; {self.reason}"


def faults_of(data: dict) -> list[Fault]:
    """All faults of a rule set's data (as read from JSON); empty when it may be used.

    >>> [f.where for f in faults_of({"id": "x"})][:2]
    ['zh', 'basis']
    """
    if not isinstance(data, dict):
        return [Fault("rule set", type(data).__name__, "wanted an object")]
    faults = keys(data, RuleSet, "")
    indicators, grades = data.get("indicators", []), data.get("grades", [])
    blocks = data.get("blocks", {})
    for name, value, kind in (("indicators", indicators, list), ("grades", grades, list), ("blocks", blocks, dict)):  # fmt: skip
        if not isinstance(value, kind) or not value:
            faults.append(Fault(name, value, f"wanted a {kind.__name__} that is not empty"))
            return faults
    for number, row in enumerate(indicators, 1):
        faults += indicator_faults(row, f"indicators {number}", blocks)
    faults += weight_faults(indicators, blocks)
    faults += name_faults(indicators, data.get("names", {}))
    faults += grade_faults(grades)
    if data.get("when_missing", "refuse") not in WHEN_MISSING:
        faults.append(Fault("when_missing", data["when_missing"], f"wanted one of {WHEN_MISSING}"))
    faults += date_faults(data)
    return faults


def keys(row, kind, where: str) -> list[Fault]:
    """Missing and unknown keys of an object."""
    if not isinstance(row, dict):
        return [Fault(where, row, "wanted an object")]
    known = {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(kind)}
    dot = f"{where}." if where else ""
    missing = [Fault(f"{dot}{n}", None, "is missing") for n, need in known.items() if need and n not in row]  # fmt: skip
    return missing + [Fault(f"{dot}{n}", row[n], "is unknown") for n in row if n not in known]


def number(value) -> bool:
    """Is it a finite number?"""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def indicator_faults(row, where: str, blocks: dict) -> list[Fault]:
    """Faults of one indicator."""
    faults = keys(row, Indicator, where)
    if faults:
        return faults
    where = f"{where} ({row['id']})"
    choices = (
        ("block", blocks), ("measure", MEASURES), ("direction", DIRECTIONS),
    )  # fmt: skip
    faults += [Fault(f"{where}.{n}", row[n], f"wanted one of {', '.join(k)}") for n, k in choices if row[n] not in k]  # fmt: skip
    if not number(row["weight"]) or row["weight"] < 0:
        faults.append(Fault(f"{where}.weight", row["weight"], "wanted a number of 0 or more"))
    measure = MEASURES.get(row["measure"])
    if measure and sorted(row["inputs"]) != sorted(measure.inputs):
        faults.append(
            Fault(f"{where}.inputs", row["inputs"], f"wanted {', '.join(measure.inputs)}")
        )
    return faults + baseline_faults(row, where, measure) + curve_faults(row, where)


def baseline_faults(row, where: str, measure) -> list[Fault]:
    """Faults of the baseline policy."""
    policy = row.get("baseline", "none")
    if policy not in POLICIES:
        return [Fault(f"{where}.baseline", policy, f"wanted one of {', '.join(POLICIES)}")]
    faults = []
    if measure and measure.baseline and policy == "none":
        faults.append(Fault(f"{where}.baseline", policy, f"{row['measure']} needs a baseline"))
    if policy == "year" and not isinstance(row.get("baseline_year"), int):
        faults.append(Fault(f"{where}.baseline_year", row.get("baseline_year"), "wanted a year"))
    return faults


def curve_faults(row, where: str) -> list[Fault]:
    """Faults of the scoring curve: points, order, range, direction."""
    curve, place = row["curve"], f"{where}.curve"
    if not isinstance(curve, list | tuple) or len(curve) < 2 or not all(len(p) == 2 and number(p[0]) and number(p[1]) for p in curve):  # fmt: skip
        return [Fault(place, curve, "wanted two points or more, [value, score]")]
    values, scores = zip(*curve, strict=True)
    faults = []
    if any(b <= a for a, b in itertools.pairwise(values)):
        faults.append(Fault(place, curve, "values must rise"))
    if min(scores) < 0 or max(scores) > WHOLE:
        faults.append(Fault(place, curve, "scores must lie in 0..100"))
    sign = 1 if row["direction"] == "higher" else -1
    if any((b - a) * sign < 0 for a, b in itertools.pairwise(scores)):
        faults.append(Fault(place, curve, f"scores run against direction {row['direction']!r}"))
    return faults


def weight_faults(indicators, blocks) -> list[Fault]:
    """Do weights sum up to 100, are ids unique, has every block an indicator?"""
    rows = [r for r in indicators if isinstance(r, dict)]
    total = math.fsum(r["weight"] for r in rows if number(r.get("weight")))
    faults = []
    if abs(total - WHOLE) > NEAR:
        faults.append(Fault("indicators.weight", total, "weights must sum up to 100"))
    ids = [r.get("id") for r in rows]
    faults += [Fault("indicators.id", i, "comes twice") for i in sorted({i for i in ids if i and ids.count(i) > 1})]  # fmt: skip
    used = {r.get("block") for r in rows}
    return faults + [Fault("blocks", b, "has no indicator") for b in blocks if b not in used]


def name_faults(indicators, names) -> list[Fault]:
    """Has every ledger number a Chinese name to be printed with?"""
    used = {
        n for r in indicators if isinstance(r, dict) for n in dict(r.get("inputs", {})).values()
    }
    known = names if isinstance(names, dict) else {}
    return [Fault("names", n, "has no Chinese name") for n in sorted(used - set(known))]


def grade_faults(grades) -> list[Fault]:
    """Do the bands cover 0..100 without gap or overlap?"""
    faults = [f for n, row in enumerate(grades, 1) for f in keys(row, Grade, f"grades {n}")]
    if faults or not all(number(r["low"]) and number(r["high"]) for r in grades):
        return faults or [Fault("grades", grades, "wanted numbers for low and high")]
    ordered = sorted(grades, key=lambda r: r["low"])
    if ordered[0]["low"] != 0 or ordered[-1]["high"] != WHOLE:
        faults.append(Fault("grades", [ordered[0]["low"], ordered[-1]["high"]], "bands must cover 0..100"))  # fmt: skip
    for a, b in itertools.pairwise(ordered):
        if a["high"] != b["low"]:
            what = "gap" if a["high"] < b["low"] else "overlap"
            faults.append(Fault("grades", f"{a['zh']} … {b['zh']}", f"{what} between {a['high']:g} and {b['low']:g}"))  # fmt: skip
    return faults


def date_faults(data: dict) -> list[Fault]:
    """Are dates dates, and is verifying whole?"""
    faults = []
    for name in ("effective_from", "verified_on"):
        value = data.get(name, "")
        try:
            if value:
                date.fromisoformat(value)
        except (TypeError, ValueError):
            faults.append(Fault(name, value, "wanted YYYY-MM-DD"))
    said = [bool(data.get(n)) for n in ("verified_by", "verified_on", "signature")]
    if any(said) and not all(said):
        faults.append(Fault("verified_by, verified_on, signature", said, "wanted all or none"))
    return faults
