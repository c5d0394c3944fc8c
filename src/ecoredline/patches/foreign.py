"""A patch layer of any other detector as a patch table: columns by their usual names, every fault named."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.grid import STORAGE_CRS
from ecoredline.vector.crs import to_storage
from ecoredline.vector.fields import aliases, as_text, flags, plain_name, take_columns
from ecoredline.vector.layer import Layer
from ecoredline.vector.shapes import clean_polygons
from ecoredline.vector.source import read_source

MOST_FAULTS = 50
DAY = re.compile(r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[T ].*)?$")
NEWEST_TOLERATED_DAYS = 1  # time zones
TYPES = {"activity_type": "activity_types", "problem_type": "problem_types"}


@dataclass(frozen=True)
class ForeignOptions:
    """Whose layer it is, and what its columns do not say of themselves.

    `fields` maps our column → the file's name for it; `types` maps the source's class word → code
    of `activity_types`, '' for undetermined; `confidence_max` is 1 or 100.
    """

    source: str
    sensor: str = ""
    before_on: str = ""
    after_on: str = ""
    confidence: float | None = None
    confidence_max: float = 1.0
    fields: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    layer: str | None = None
    encoding: str | None = None
    crs: str | None = None


def read_foreign(path: Path | str, options: ForeignOptions, today: date | None = None) -> Layer:
    """The layer as patches in EPSG:4490, with found_by, sensor, dates, confidence, types, remark.

    Raises `InputError` that lists all faults with row and column (rows count from 1, as the table of
    a desktop GIS shows them), `SourceError`, `UnsuitableCRS`. Writes nothing.
    """
    check_options(options)
    notes: list[str] = []
    frame = read_source(path, notes, layer=options.layer, encoding=options.encoding)
    if not len(frame):
        raise InputError(f"got {path} with no features; wanted at least one: check the layer")
    told = texts_of(frame, options, path)
    faults: list[str] = []
    shapes = polygons(frame, path, options.crs, notes, faults)
    table = {
        "number": told.get("number", [""] * len(frame)),
        "found_by": [options.source] * len(frame),
        "sensor": [v or options.sensor for v in told.get("sensor", [""] * len(frame))],
    }
    table |= dates(told, options, len(frame), today or date.today(), faults)
    table["confidence"] = confidences(told, options, len(frame), faults)
    remarks = list(told.get("remark", [""] * len(frame)))
    for name in TYPES:
        table[name] = types(name, told, options, remarks, faults)
    table["remark"] = remarks
    table["is_demo"] = flags(np.array(told.get("is_demo", [""] * len(frame)), object))
    if faults:
        raise InputError(refusal(path, faults))
    made = gpd.GeoDataFrame(table, geometry=shapes, crs=STORAGE_CRS)
    return Layer(made, notes, bool(made["is_demo"].any()))


def refusal(path, faults: list[str]) -> str:
    """All faults in one message, the first fifty in full."""
    more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
    return (
        f"{path}: {len(faults)} faults: {'; '.join(faults[:MOST_FAULTS])}{more}. "
        "Nothing was written: mend the layer, or name its columns with --field and --type"
    )


def check_options(options: ForeignOptions) -> None:
    """Raise `InputError` for options that cannot be."""
    faults = []
    if not options.source.strip():
        faults.append("no source: say whose patches these are (--source)")
    if options.confidence_max not in (1.0, 100.0):
        faults.append(f"confidence_max {options.confidence_max}: wanted 1 or 100")
    if options.confidence is not None and not 0 <= options.confidence <= 1:
        faults.append(f"confidence {options.confidence}: wanted 0..1")
    known = aliases("patches")
    faults += [
        f"--field {n}: wanted one of {', '.join(known)}" for n in options.fields if n not in known
    ]
    codes = code_list("activity_types")
    faults += [
        f"--type {w}={c}: wanted a code of {', '.join(codes)} or nothing"
        for w, c in options.types.items()
        if c and c not in codes
    ]
    if faults:
        raise InputError("; ".join(faults))


def texts_of(frame, options: ForeignOptions, path) -> dict[str, list[str]]:
    """Our column → its texts, by the user's names first, then the usual ones."""
    told = {k: list(v) for k, v in take_columns(frame, "patches").items()}
    own = {plain_name(c): c for c in frame.columns if c != frame.geometry.name}
    absent = [f"{k}={v}" for k, v in options.fields.items() if plain_name(v) not in own]
    if absent:
        have = ", ".join(str(c) for c in own.values())
        raise InputError(f"got --field {', '.join(absent)} for {path}, whose columns are {have}")
    for ours, theirs in options.fields.items():
        told[ours] = [as_text(v) for v in frame[own[plain_name(theirs)]].tolist()]
    return told


def polygons(frame, path, crs, notes: list[str], faults: list[str]) -> np.ndarray:
    """The shapes in EPSG:4490; those that are no polygon become faults."""
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if known.any():
        shapes = to_storage(shapes, frame.crs, crs, notes)
    names = [f"第{i}行" for i in range(1, len(frame) + 1)]
    shapes = clean_polygons(shapes, names, path, notes)
    for i in np.flatnonzero(shapely.is_missing(shapes)):
        faults.append(f"row {i + 1}, geometry: not a polygon with an area")
    return shapes


def dates(told, options: ForeignOptions, count: int, today: date, faults: list[str]) -> dict:
    """before_on (may be blank) and after_on of each row as ISO text."""
    found = {}
    for name in ("before_on", "after_on"):
        texts = told.get(name, [""] * count)
        default, found[name] = getattr(options, name), []
        for row, text in enumerate(texts, 1):
            day = day_of(text or default)
            if day is None and (text or default):
                faults.append(f"row {row}, {name}: {text or default!r} is no date (YYYY-MM-DD)")
            elif day is None and name == "after_on":
                faults.append(f"row {row}, after_on: blank; give it in the layer or --after-date")
            elif day and (day - today).days > NEWEST_TOLERATED_DAYS:
                faults.append(f"row {row}, {name}: {day} lies in the future")
            found[name].append(day.isoformat() if day else "")
    for row, (one, other) in enumerate(zip(found["before_on"], found["after_on"], strict=True), 1):
        if one and other and one > other:
            faults.append(f"row {row}, before_on: {one} is later than after_on {other}")
    return found


def day_of(text: str) -> date | None:
    """A date in the usual spellings; None for anything else.

    >>> day_of("20240501"), day_of("2024年5月1日"), day_of("2024-13-01")
    (datetime.date(2024, 5, 1), datetime.date(2024, 5, 1), None)
    """
    said = DAY.match(unicodedata.normalize("NFKC", str(text)).strip())
    try:
        return date(*map(int, said.groups())) if said else None
    except ValueError:
        return None


def confidences(told, options: ForeignOptions, count: int, faults: list[str]) -> list[float]:
    """Confidence 0..1 of each row; NaN where the source says none."""
    default = float("nan") if options.confidence is None else options.confidence
    found = []
    for row, text in enumerate(told.get("confidence", [""] * count), 1):
        value = default
        if text:
            percent = text.endswith(("%", "％"))
            try:
                value = float(text.rstrip("%％")) / (100 if percent else options.confidence_max)
            except ValueError:
                value = float("inf")
            if not 0 <= value <= 1:
                most = f"{options.confidence_max:g}"
                faults.append(
                    f"row {row}, confidence: {text!r} is not within 0..{most}"
                    + ("" if percent or options.confidence_max > 1 else " (percent: --confidence-max 100)")
                )  # fmt: skip
                value = float("nan")
        found.append(value)
    return found


def types(name: str, told, options: ForeignOptions, remarks: list[str], faults: list[str]) -> list:
    """Codes of a type column: code or name of our list, or what `types` says of the word."""
    known = {}
    for code, row in code_list(TYPES[name]).items():
        for word in (code, row["zh"], row.get("short_zh"), row["en"]):
            known[plain_name(word or code)] = code
    own = {plain_name(w): c for w, c in options.types.items()} if name == "activity_type" else {}
    found = []
    for row, text in enumerate(told.get(name, [""] * len(remarks)), 1):
        word = plain_name(text)
        code = own.get(word, known.get(word)) if text else ""
        if code is None:
            faults.append(f"row {row}, {name}: {text!r} is none of ours; say --type {text}=CODE")
        elif text and not code:
            said = f"来源类别：{text}"
            remarks[row - 1] = f"{remarks[row - 1]}；{said}" if remarks[row - 1] else said
        found.append(code or "")
    return found
