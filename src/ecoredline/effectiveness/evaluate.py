"""A rule set applied to a year: raw value, baseline and score side by side, down to the records."""

import math
from dataclasses import dataclass, field

from ecoredline.effectiveness.curves import score
from ecoredline.effectiveness.measures import MEASURES, measured
from ecoredline.effectiveness.numbers import Numbers
from ecoredline.effectiveness.rules import Indicator, RuleSet
from ecoredline.errors import InputError, NotEnoughData

INCOMPLETE = "数据不全，未评级"
PART_TOLERANCE = 0.01  # areas of one place from a map and from a layer differ a little
DECIMALS = 6  # kept in files; printed with fewer


@dataclass(frozen=True)
class Finding:
    """One indicator of one unit: raw numbers, value, baseline's year, score, share of the total."""

    indicator: str
    zh: str
    block: str
    numbers: dict[str, float]
    value: float
    unit: str
    baseline_year: int | None
    score: float
    weight: float
    missing: tuple[str, ...]
    refs: dict[str, tuple[str, ...]]
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """One unit in one year."""

    unit: str
    unit_zh: str
    year: int
    findings: tuple[Finding, ...]
    blocks: dict[str, float]
    total: float
    grade: str


def evaluate(rules: RuleSet, numbers: Numbers, year: int) -> list[Evaluation]:
    """Evaluate every unit that has numbers for `year`; raise `NotEnoughData` when none has."""
    units = [u for u in numbers.units if any(k[0] == u and k[1] == year for k in numbers.values)]
    if not units:
        known = ", ".join(map(str, numbers.years))
        raise NotEnoughData(f"got no numbers of {year}; wanted a year of {known}")
    return [evaluate_unit(rules, numbers, unit, year) for unit in units]


def evaluate_unit(rules: RuleSet, numbers: Numbers, unit: str, year: int) -> Evaluation:
    """Evaluate one unit."""
    found = tuple(finding(i, numbers, unit, year) for i in rules.indicators)
    blocks = {b: weighted(rules, [f for f in found if f.block == b]) for b in rules.blocks}
    total = weighted(rules, found)
    return Evaluation(unit, numbers.names[unit], year, found, blocks, total, grade(rules, total))


def finding(indicator: Indicator, numbers: Numbers, unit: str, year: int) -> Finding:
    """One indicator of one unit."""
    names = indicator.inputs
    now = {role: numbers.get(unit, year, name) for role, name in names.items()}
    base = baseline_year(indicator, numbers, unit, year)
    then = None
    if base is not None:
        then = {role: numbers.get(unit, base, name) for role, name in names.items()}
    missing = [names[r] for r, v in now.items() if math.isnan(v)]
    if MEASURES[indicator.measure].baseline:
        if then is None:
            missing.append(f"{indicator.baseline} baseline")
        else:
            missing += [f"{names[r]} ({base})" for r, v in then.items() if math.isnan(v)]
    too_large = parts_too_large(names, now, then, base)
    value = math.nan if too_large else measured(indicator.measure, now, then)
    missing += too_large
    missing += zeros(indicator, now, then, base) if math.isnan(value) and not missing else []
    raw = {names[r]: v for r, v in now.items()}
    if then is not None:
        raw |= {f"{names[r]} ({base})": v for r, v in then.items()}
    refs = {n: numbers.refs[unit, year, n] for n in names.values() if numbers.refs.get((unit, year, n))}  # fmt: skip
    sources = {n: s for n in names.values() if (s := numbers.sources.get((unit, year, n)))}
    return Finding(
        indicator.id, indicator.zh, indicator.block, raw, tidy(value), indicator.unit, base,
        tidy(score(value, indicator.curve)), indicator.weight, tuple(missing), refs, sources,
    )  # fmt: skip


def parts_too_large(names: dict, now: dict, then: dict | None, base: int | None) -> list[str]:
    """Parts that are larger than their whole, as `NAME > NAME` or `NAME > NAME (YEAR)`: units or counts are wrong.

    >>> parts_too_large({"part": "a", "whole": "b"}, {"part": 3, "whole": 2}, {"part": 1, "whole": 2}, 2020)
    ['a > b']
    """
    if set(names) != {"part", "whole"}:
        return []
    years = ((now, ""), (then, f" ({base})")) if then is not None else ((now, ""),)
    return [
        f"{names['part']} > {names['whole']}{year}"
        for v, year in years
        if v["part"] > v["whole"] * (1 + PART_TOLERANCE) > 0
    ]


def zeros(indicator: Indicator, now: dict, then: dict | None, base: int | None) -> list[str]:
    """Which numbers a share was to be taken of are 0, as `NAME = 0` or `NAME (YEAR) = 0`."""
    measure = MEASURES[indicator.measure]
    role = measure.inputs[-1]
    name, found = indicator.inputs[role], []
    if len(measure.inputs) > 1 and now[role] == 0:
        found.append(f"{name} = 0")
    if measure.baseline and then is not None and then[role] == 0:
        found.append(f"{name} ({base}) = 0")
    return found


def baseline_year(indicator: Indicator, numbers: Numbers, unit: str, year: int) -> int | None:
    """The year an indicator is held against; None when there is none."""
    if indicator.baseline == "year":
        return indicator.baseline_year
    if indicator.baseline == "previous":
        return year - 1
    if indicator.baseline == "first":
        wanted = set(indicator.inputs.values())
        years = [y for u, y, n in numbers.values if u == unit and n in wanted and y <= year]
        return min(years, default=None)
    return None


def weighted(rules: RuleSet, findings) -> float:
    """Mean score by weight; NaN when something is missing and the rules refuse to do without."""
    kept = [f for f in findings if not math.isnan(f.score)]
    if (len(kept) < len(findings) and rules.when_missing == "refuse") or not kept:
        return math.nan
    weights = math.fsum(f.weight for f in kept)
    if not weights:
        return math.nan
    return tidy(math.fsum(f.score * f.weight for f in kept) / weights)


def grade(rules: RuleSet, total: float) -> str:
    """The band a total falls into.

    >>> from ecoredline.effectiveness.store import shipped_rules
    >>> grade(shipped_rules("demo"), 100.0), grade(shipped_rules("demo"), math.nan)
    ('优', '数据不全，未评级')
    """
    if math.isnan(total):
        return INCOMPLETE
    for band in rules.grades:
        if band.low <= total < band.high or total == band.high == 100:
            return band.zh
    raise InputError(f"got a total of {total}; wanted it in the bands of {rules.id}")


def tidy(value: float) -> float:
    """Rounded as kept in files, so that two machines write the same."""
    return round(value, DECIMALS) + 0.0
