"""Vertex tables 拐点坐标表 (CSV, XLSX): rings of one or several projects, every fault with its cell.

Coordinates may be decimal degrees, degrees-minutes-seconds or eastings and northings; which
of them, and in which order, the numbers tell (`ecoredline.vector.crs`).
"""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from ecoredline.admission.faults import Fault, TableFaults
from ecoredline.errors import InputError, SourceError
from ecoredline.geodesy import parse_dms
from ecoredline.vector.encoding import BOM, CANDIDATES
from ecoredline.vector.fields import aliases, as_text, plain_name, take_columns
from ecoredline.vector.unpack import check_workbook, rows_of

SUFFIXES = (".csv", ".txt", ".xlsx", ".xlsm")
LEAST_VERTICES = 3
MOST_TITLES = 10  # rows above the head of a table
COLONS = re.compile(r"^([EWNS]?)\s*(-?\d{1,3})[:\-\s](\d{1,2})[:\-\s](\d{1,2}(?:\.\d+)?)$", re.I)
PROJECT_COLUMNS = ("code", "name", "activity", "path", "opinion", "buffer", "province")


@dataclass
class Sketch:
    """One project of a table: its facts, its rings as (label, coordinates), single points too."""

    facts: dict
    rings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


def read_sketches(path: Path | str, encoding: str | None = None) -> tuple[list[Sketch], list[str]]:
    """The projects of a vertex table and notes about it.

    Raises `TableFaults` with every bad cell, `InputError` without coordinate columns,
    `SourceError` when the file cannot be read.
    """
    path, notes = Path(path), []
    frame = read_table(path, encoding)
    taken = take_columns(frame, "project")
    missing = [c for c in ("x", "y") if c not in taken]
    if missing:
        have = "、".join(map(str, frame.columns)) or "none"
        wanted = "；".join("/".join(aliases("project")[c]) for c in missing)
        raise InputError(f"got {path.name} with columns {have}; wanted coordinates named {wanted}")
    faults: list[Fault] = []
    heads = {c: _head(frame, c) for c in taken}
    first = int(frame.attrs["first_row"])
    x, y = (_numbers(taken[c], heads[c], first, faults) for c in ("x", "y"))
    blank = [row for row in range(len(frame)) if not taken["x"][row] and not taken["y"][row]]
    sketches = _group(taken, x, y, set(blank), heads, first, faults)
    if blank:
        notes.append(f"跳过 {len(blank)} 个没有坐标的空行")
    if faults:
        raise TableFaults(path.name, sorted(faults, key=lambda f: f.row))
    if not sketches:
        raise InputError(f"got {path.name} without a single vertex; wanted rows of coordinates")
    return sketches, notes


def read_table(path: Path, encoding: str | None = None) -> pd.DataFrame:
    """A CSV or the first sheet of a workbook as text, rows as they stand."""
    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            return _workbook(path)
        raw = path.read_bytes().removeprefix(BOM)
    except InputError:
        raise
    except (OSError, KeyError, ValueError) as fault:
        raise SourceError(f"could not read {path}: {fault}; copy it again") from fault
    for name in (encoding,) if encoding else CANDIDATES:
        try:
            text = raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        lines = text.splitlines()
        comma = max(",\t;", key=(lines[0] if lines else "").count)
        rows = list(csv.reader(io.StringIO(text), delimiter=comma))
        return _frame(rows, path)
    raise InputError(f"got {path} that is neither UTF-8 nor GB18030; wanted its encoding")


def shape_of(sketch: Sketch, notes: list[str]):
    """The rings as one shape: a ring inside another is a hole, partial overlaps are said.

    One vertex is a point, two are a line.

    >>> ring = {"1": [(0, 0), (4, 0), (4, 4), (0, 4)], "2": [(1, 1), (2, 1), (2, 2), (1, 2)]}
    >>> shape_of(Sketch({}, ring), []).area
    15.0
    """
    labels = [name for name, places in sketch.rings.items() if len(places) >= LEAST_VERTICES]
    short = {n: c for n, c in sketch.rings.items() if n not in labels}
    if short and labels:
        notes.append(f"{'、'.join(short)} 不足 3 个点，不成面，未计入项目范围")
    elif short:
        kinds = (
            shapely.Point(c[0]) if len(c) == 1 else shapely.LineString(c) for c in short.values()
        )
        return shapely.union_all(list(kinds))
    areas = [shapely.Polygon(sketch.rings[name]) for name in labels]
    mended = [shapely.make_valid(a, method="structure", keep_collapsed=False) for a in areas]
    for name, area in zip(labels, areas, strict=True):
        if not area.is_valid:
            notes.append(f"环 {name or '1'} 自相交，已修复：{shapely.is_valid_reason(area)}")
    return _assembled(labels, mended, notes)


def _assembled(labels, areas, notes):
    order = sorted(range(len(areas)), key=lambda k: -areas[k].area)
    shape = shapely.Polygon()
    for k in order:
        area, name = areas[k], labels[k] or "1"
        inner = shapely.intersection(shape, area).area
        if area.area and inner > 0.999999 * area.area:
            notes.append(f"环 {name} 在另一环之内，按内环（扣除）处理")
            shape = shapely.difference(shape, area)
            continue
        if inner > 1e-9 * area.area:
            share = inner / area.area
            notes.append(f"环 {name} 与其他环部分重叠（占该环 {share:.0%}），按并集计算，请核对")
        shape = shapely.union(shape, area)
    return shape


def _group(taken, x, y, blank: set, heads, first: int, faults: list[Fault]) -> list[Sketch]:
    sketches: dict[str, Sketch] = {}
    last = {}
    for row in range(len(x)):
        if row in blank:
            continue
        facts = {c: str(taken[c][row]) if c in taken else "" for c in PROJECT_COLUMNS}
        if not (facts["code"] or facts["name"]):  # merged cells: the head row's project goes on
            facts = {c: facts[c] or last.get(c, "") for c in PROJECT_COLUMNS}
        last = facts
        sketch = sketches.setdefault(facts["code"] or facts["name"], Sketch(facts))
        ring = str(taken["ring"][row]) if "ring" in taken else ""
        sketch.rings.setdefault(ring, []).append((x[row], y[row]))
        sketch.rows.setdefault(ring, row + first)
    for sketch in sketches.values():
        _close(sketch, heads, faults)
    return list(sketches.values())


def _close(sketch: Sketch, heads, faults: list[Fault]) -> None:
    """Drop the repeated last vertex; a ring of 3 must enclose something."""
    for name, places in sketch.rings.items():
        if len(places) > LEAST_VERTICES and places[0] == places[-1]:
            places.pop()
        distinct = len(set(places))
        if not np.isfinite(places).all():  # told already, cell by cell
            continue
        if len(places) > 2 and (distinct < LEAST_VERTICES or not shapely.Polygon(places).area):
            where = heads.get("ring", heads["x"])
            said = f"共 {len(places)} 个点，不能围成面"
            faults.append(Fault(sketch.rows[name], where, name, said))


def _numbers(texts, head: str, first: int, faults: list[Fault]) -> np.ndarray:
    values = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if not text:
            faults.append(Fault(row + first, head, "", "缺少坐标"))
            continue
        try:
            values[row] = coordinate(text)
        except InputError:
            reason = "不是坐标；应为十进制度、度分秒（如 101°32′15″）或米"
            faults.append(Fault(row + first, head, text, reason))
    return values


def coordinate(text: str) -> float:
    """A number, or degrees, minutes, seconds as signs, colons or hyphens; raises `InputError`.

    >>> coordinate("101.5375"), coordinate("101°32′15″"), coordinate("101:32:15"), coordinate("34512345.67")
    (101.5375, 101.5375, 101.5375, 34512345.67)
    """
    try:
        value = float(text.replace(",", "").replace("，", ""))
    except ValueError:
        parts = COLONS.match(text.strip())
        if parts:
            head, d, m, s = parts.groups()
            text = f"{head}{d}°{m}′{s}″"
        return parse_dms(text)
    if not np.isfinite(value):
        raise InputError(f"got {text!r}; wanted a finite coordinate")
    return value


def _head(frame: pd.DataFrame, column: str) -> str:
    """What the file calls one of our columns."""
    own = {plain_name(c): str(c) for c in frame.columns}
    names = (own[plain_name(n)] for n in aliases("project")[column] if plain_name(n) in own)
    return next(names, column)


def _workbook(path: Path) -> pd.DataFrame:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    check_workbook(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException) as fault:
        raise SourceError(f"got {path}, which is no whole workbook: copy it again") from fault
    rows = [[as_text(v) for v in row] for row in rows_of(book.worksheets[0], path.name)]
    book.close()
    return _frame(rows, path)


def _frame(rows: list[list[str]], path: Path) -> pd.DataFrame:
    """Head and rows as text; short rows are filled up, so that row numbers stay the sheet's own."""
    if not rows:
        raise InputError(f"got {path} with no rows; wanted a head and vertices")
    top = _head_row(rows)
    head = [str(c).strip() or f"列{k + 1}" for k, c in enumerate(rows[top])]
    body = [[*map(as_text, r[: len(head)])] + [""] * (len(head) - len(r)) for r in rows[top + 1 :]]
    frame = pd.DataFrame(body, columns=head, dtype=object)
    frame.attrs["first_row"] = top + 2
    return frame


def _head_row(rows: list[list[str]]) -> int:
    """The first row that names both coordinates: titles may stand above it; else the first."""
    wanted = [{plain_name(n) for n in aliases("project")[c]} for c in ("x", "y")]
    for number, row in enumerate(rows[:MOST_TITLES]):
        names = {plain_name(c) for c in row if c}
        if all(names & w for w in wanted):
            return number
    return 0
