"""Rule sets from files: read, checked, and those that come with the program."""

import json
from pathlib import Path

from ecoredline.effectiveness.check import faults_of
from ecoredline.effectiveness.rules import Grade, Indicator, RuleSet
from ecoredline.errors import InputError, SourceError, UnknownCode

FOLDER = Path(__file__).parent / "rules"


def read_rules(source: Path | str) -> RuleSet:
    """Read a rule set from a JSON file and check it; raise `InputError` with all faults."""
    path = Path(source)
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise SourceError(f"could not read {path}: {fault.strerror or fault}") from fault
    except ValueError as fault:
        raise InputError(f"got {path}, which is no JSON ({fault}); wanted a rule set") from fault
    faults = faults_of(data)
    if faults:
        raise InputError(
            f"got {path} with {len(faults)} faults: " + "; ".join(f.said for f in faults)
        )
    return rules_of(data)


def rules_of(data: dict) -> RuleSet:
    """A rule set of checked data."""
    indicators = tuple(
        Indicator(**{**row, "curve": tuple(map(tuple, row["curve"]))}) for row in data["indicators"]
    )
    grades = tuple(Grade(**row) for row in data["grades"])
    return RuleSet(**{**data, "indicators": indicators, "grades": grades})


def shipped_rules(name: str) -> RuleSet:
    """A rule set that comes with the program.

    >>> shipped_rules("demo").mark
    '示例，非官方权重'
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json")))
        raise UnknownCode(f"got rule set {name!r}; wanted one of {known}, or a file")
    return read_rules(path)
