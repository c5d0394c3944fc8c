"""Sightings of species from a table, all faults at once."""

import csv
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ecoredline.errors import InputError, SourceError

# our names, and those of Darwin Core
COLUMNS = {
    "species": ("species", "scientificName", "物种"),
    "lon": ("lon", "decimalLongitude", "经度"),
    "lat": ("lat", "decimalLatitude", "纬度"),
}
LIMITS = {"lon": (-180.0, 180.0), "lat": (-90.0, 90.0)}
MOST_FAULTS = 50


class Sightings(NamedTuple):
    """One entry a sighting: the species' name, longitude and latitude in degrees (CGCS2000)."""

    species: np.ndarray
    lon: np.ndarray
    lat: np.ndarray


def read_sightings(path: Path | str) -> Sightings:
    """Sightings of a UTF-8 CSV with species, lon, lat (or the names of Darwin Core).

    Raises `SourceError`; `InputError` that lists row, column, value and reason of all faults.
    """
    rows, names = read_rows(path)
    columns = {own: next((n for n in offered if n in names), None) for own, offered in COLUMNS.items()}  # fmt: skip
    lacking = [own for own, name in columns.items() if name is None]
    if lacking:
        raise InputError(f"got {path} without {', '.join(lacking)}; wanted species, lon, lat")
    faults, kept = [], []
    for line, row in enumerate(rows, 2):
        name = (row[columns["species"]] or "").strip()
        if not name:
            faults.append(f"row {line}, {columns['species']}: empty")
        place = [degrees(row[columns[k]], line, columns[k], *LIMITS[k], faults) for k in LIMITS]
        kept.append((name, *place))
    fail_on(path, faults)
    if not kept:
        raise InputError(f"got {path} with no row; wanted a sighting or more")
    species, lon, lat = zip(*kept, strict=True)
    return Sightings(np.array(species), np.array(lon), np.array(lat))


def read_rows(path: Path | str) -> tuple[list[dict], list[str]]:
    """Rows of a CSV, and its columns; raise `SourceError`."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            return list(reader), list(reader.fieldnames or [])
    except (OSError, UnicodeDecodeError) as fault:
        raise SourceError(f"could not read {path} as UTF-8 CSV: {fault}") from fault


def degrees(text, line: int, column: str, low: float, high: float, faults: list[str]) -> float:
    """A number between limits; what is wrong goes into `faults`.

    >>> faults = []
    >>> degrees("191.5", 2, "lon", -180, 180, faults), faults
    (191.5, ["row 2, lon: got '191.5'; wanted a number from -180 to 180"])
    """
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not low <= value <= high:
        faults.append(
            f"row {line}, {column}: got {text!r}; wanted a number from {low:g} to {high:g}"
        )
    return value


def fail_on(path, faults: list[str]) -> None:
    """Raise `InputError` with the faults, the first fifty in words."""
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise InputError(
            f"got {path} with {len(faults)} faults: {'; '.join(faults[:MOST_FAULTS])}{more}"
        )
