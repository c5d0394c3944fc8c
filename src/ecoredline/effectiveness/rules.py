"""Rule sets as data: indicators with formula, baseline, curve, weight; grades; who verified them."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from ecoredline.errors import InputError

DEMO_MARK = "示例，非官方权重"
DIRECTIONS = ("higher", "lower")
POLICIES = ("none", "year", "first", "previous")
STEPS = 5  # colours of grades
WHEN_MISSING = ("refuse", "reweight")


@dataclass(frozen=True)
class Indicator:
    """One indicator; `inputs` maps what the measure takes → the name of a ledger number."""

    id: str
    block: str
    zh: str
    measure: str
    inputs: dict[str, str]
    unit: str
    direction: str
    curve: tuple
    weight: float
    basis: str
    baseline: str = "none"
    baseline_year: int | None = None


@dataclass(frozen=True)
class Grade:
    """A band of the total: from `low` (included) up to `high` (not included, but 100 is)."""

    low: float
    high: float
    zh: str


@dataclass(frozen=True)
class RuleSet:
    """A whole rule set. `names`: ledger number → Chinese; `signature`: hash of all else when signed."""

    id: str
    zh: str
    basis: str
    effective_from: str
    blocks: dict[str, str]
    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]
    names: dict[str, str]
    when_missing: str = "refuse"
    notes: str = ""
    verified_by: str = ""
    verified_on: str = ""
    signature: str = ""

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything but the signature."""
        data = asdict(replace(self, signature=""))
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_signed(self) -> bool:
        """Did somebody verify exactly this content?"""
        return bool(self.verified_by and self.verified_on) and self.signature == self.content_hash

    @property
    def mark(self) -> str:
        """What every page must bear; empty only for a signed rule set."""
        return "" if self.is_signed else DEMO_MARK

    @property
    def weights(self) -> dict[str, float]:
        """Indicator → weight."""
        return {i.id: i.weight for i in self.indicators}

    def as_json(self) -> str:
        """As it stands in a file."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def grade_steps(rules: RuleSet) -> list[dict]:
    """Grades from the lowest up with their colour step 1..5 (the best is 5)."""
    bands = sorted(rules.grades, key=lambda g: g.low)
    last = max(1, len(bands) - 1)
    return [
        {"zh": g.zh, "low": g.low, "high": g.high, "step": 1 + round(k / last * (STEPS - 1))}
        for k, g in enumerate(bands)
    ]


def signed(rules: RuleSet, person: str, day: str, basis: str) -> RuleSet:
    """The rule set with the word of a person who compared it with the document `basis` on `day`.

    Any later change of a weight, a curve or a word breaks the signature. Raises `InputError`.
    """
    if not (person.strip() and day.strip() and basis.strip()):
        raise InputError(
            f"got person {person!r}, day {day!r}, basis {basis!r}; wanted all three: a rule set is "
            "signed by somebody who has the document"
        )
    kept = replace(rules, verified_by=person.strip(), verified_on=day.strip(), basis=basis.strip())
    return replace(kept, signature=kept.content_hash)
