"""Ledger numbers: one row a unit, year and name, with the polygons or records behind it."""

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path

from ecoredline.codes import code_list
from ecoredline.errors import InputError, SourceError

COLUMNS = ("unit", "unit_zh", "year", "name", "value")
MORE = ("source", "refs")
MOST_SAID = 20


@dataclass
class Numbers:
    """Values by (unit, year, name); `refs` are the codes of patches, cases, records behind a value."""

    values: dict[tuple[str, int, str], float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    sources: dict[tuple[str, int, str], str] = field(default_factory=dict)
    refs: dict[tuple[str, int, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def units(self) -> list[str]:
        """Codes of counties or redline polygons, in order."""
        return sorted(self.names)

    @property
    def years(self) -> list[int]:
        """Years that have a number."""
        return sorted({year for _, year, _ in self.values})

    def get(self, unit: str, year: int, name: str) -> float:
        """A value; NaN where there is none."""
        return self.values.get((unit, year, name), math.nan)


def read_numbers(path: Path | str) -> Numbers:
    """Read a CSV with the columns unit, unit_zh, year, name, value (and source, refs with `;`).

    Raises `InputError` that lists all faults with row, column, value and reason.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            columns, rows = reader.fieldnames or [], list(reader)
    except (OSError, UnicodeDecodeError) as fault:
        raise SourceError(f"could not read {path} as UTF-8 CSV: {fault}") from fault
    missing = [c for c in COLUMNS if c not in columns]
    if missing:
        raise InputError(f"got {path} without {', '.join(missing)}; wanted {', '.join(COLUMNS)}")
    made, faults = Numbers(), []
    for line, row in enumerate(rows, 2):
        faults += take(made, row, line)
    if not rows:
        faults.append("no row: wanted one or more")
    if faults:
        more = f" and {len(faults) - MOST_SAID} more" if len(faults) > MOST_SAID else ""
        raise InputError(f"got {path} with {len(faults)} faults: {'; '.join(faults[:MOST_SAID])}{more}")  # fmt: skip
    return made


def take(made: Numbers, row: dict, line: int) -> list[str]:
    """Take a row in; its faults in words."""
    faults = [f"row {line}, {c}: empty" for c in ("unit", "name") if not (row[c] or "").strip()]
    year, value = integer(row["year"]), real(row["value"])
    if year is None:
        faults.append(f"row {line}, year: got {row['year']!r}; wanted a year")
    if value is None:
        faults.append(f"row {line}, value: got {row['value']!r}; wanted a number of 0 or more")
    elif (most := limit_of((row["name"] or "").strip())) < value:
        faults.append(
            f"row {line}, value: got {value:g} for {row['name'].strip()}; wanted {most:g} or less"
        )
    if faults:
        return faults
    key = (row["unit"].strip(), year, row["name"].strip())
    if key in made.values:
        return [f"row {line}: {' '.join(map(str, key))} comes twice"]
    made.values[key] = value
    made.names[key[0]] = (row["unit_zh"] or "").strip() or key[0]
    made.sources[key] = (row.get("source") or "").strip()
    made.refs[key] = tuple(filter(None, (row.get("refs") or "").split(";")))
    return []


def limit_of(name: str) -> float:
    """The most that a number can be by its nature; infinite for one that has no such limit.

    >>> limit_of("fvc_mean"), limit_of("cases")
    (1.0, inf)
    """
    return float(code_list("effectiveness_numbers").get(name, {}).get("most") or math.inf)


def integer(text: str) -> int | None:
    """A year, or None."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def real(text: str) -> float | None:
    """A finite number of 0 or more, or None."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and value >= 0 else None
