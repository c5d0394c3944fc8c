"""Finding the head of a list: which row, which column is which, in what unit."""

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache

from ecoredline.codes import code_list
from ecoredline.documents.readback.opening import RawCell, RawTable
from ecoredline.documents.readback.values import half_width, unit_of

LEAST_LABELS = 3
HEAD_SHARE = 0.6  # of the filled cells of a head row that are labels
GROUPS = {
    "所在行政区名称",
    "所在行政区",
    "行政区",
    "行政区划",
    "经纬度",
    "坐标",
    "中心坐标",
    "地理坐标",
    "中心经纬度",
    "位置",
    "序号",
}
BRACKETS = re.compile(r"[(\[].*?[)\]]")
UNIT_ABOVE = re.compile(r"单位[:：]([^;；]*)")
ONLY_PROBLEMS = ("number", "handling", "description", "photo_index")


@dataclass
class Head:
    """The head of a table: its rows, the column of each field, the unit of the area.

    `faults` and `notes` are (column or None, words).
    """

    list_name: str
    first: int
    last: int
    columns: dict[str, int]
    labels: dict[int, str]
    unit: str = "ha"
    faults: list[tuple[int | None, str]] = field(default_factory=list)
    notes: list[tuple[int | None, str]] = field(default_factory=list)


@lru_cache(maxsize=20_000)
def squeezed(said: str) -> str:
    r"""A label without spaces, breaks, marks and brackets, lower case.

    >>> squeezed("面 积\n（公顷）")
    '面积'
    """
    narrow = re.sub(r"[\s*]+", "", half_width(said))
    return BRACKETS.sub("", narrow).strip(":").casefold()


@cache
def fields(list_name: str) -> dict[str, dict]:
    """The fields of a list: rows of `annex_fields` by their name."""
    return {r["field"]: r for r in code_list("annex_fields").values() if r["list"] == list_name}


@cache
def _labels(list_name: str) -> dict[str, str]:
    """Squeezed labels as fields; the official label wins over an alias."""
    made = {}
    for name, row in fields(list_name).items():
        for alias in row["aliases"].split(";"):
            made.setdefault(re.sub(r"\s+", "", half_width(alias)).casefold(), name)
            made.setdefault(squeezed(alias), name)
    return made | {squeezed(row["zh"]): name for name, row in fields(list_name).items()}


@lru_cache(maxsize=20_000)
def field_of(said: str, list_name: str) -> str:
    r"""The field that a heading means; blank for none.

    >>> field_of("图斑\n编号", "patches"), field_of("面积/亩", "patches")
    ('patch_id', 'area_ha')
    """
    labels = _labels(list_name)
    whole = re.sub(r"\s+", "", half_width(said)).casefold()
    first = re.split(r"[/:_-]", squeezed(said))[0]
    found = labels.get(whole) or labels.get(squeezed(said))
    return found or ("area_ha" if labels.get(first) == "area_ha" else "")


def is_head_row(cells: list[RawCell], list_name: str) -> bool:
    """Is this row a head: mostly labels, and enough of them?"""
    words = [cell.words for cell in cells if cell.words]
    named = {field_of(w, list_name) for w in words} - {""}
    like = sum(bool(field_of(w, list_name)) or squeezed(w) in GROUPS for w in words)
    return len(named) >= LEAST_LABELS and like >= HEAD_SHARE * len(words)


def is_under_head(cells: list[RawCell]) -> bool:
    """A row of units, or of column numbers 1, 2, 3, right under the head."""
    words = [half_width(cell.words).strip("()") for cell in cells if cell.words]
    if not words:
        return False
    units = all(unit_of(w) or w in ("度", "°", "个", "") for w in words)
    counted = len(words) >= 5 and words == [str(n) for n in range(1, len(words) + 1)]
    return units or counted


def find_head(table: RawTable, wanted: str = "") -> Head | None:
    """The head of a table, for the list named or for the one it looks like; None without one."""
    for index, (_, cells) in enumerate(table.rows):
        for list_name in (wanted,) if wanted else ("patches", "problems"):
            if is_head_row(cells, list_name):
                return _head(table, index, wanted or _list_of(table, index))
    return None


def _list_of(table: RawTable, index: int) -> str:
    """Which list a head belongs to: some headings are of annex 4 only."""
    said = [c.words for _, cells in table.rows[index : index + 2] for c in cells]
    found = {field_of(w, "problems") for w in said if not field_of(w, "patches")}
    return "problems" if found & set(ONLY_PROBLEMS) else "patches"


def _head(table: RawTable, first: int, list_name: str) -> Head:
    """Columns by their lowest label, the unit, what is missing, double or unknown."""
    last = first
    while last + 1 < len(table.rows):
        cells = table.rows[last + 1][1]
        if not (is_head_row(cells, list_name) or is_under_head(cells)):
            break
        last += 1
    head = Head(list_name, first, last, {}, {})
    rows = [cells for _, cells in table.rows[first : last + 1]]
    units = {}
    for column in range(max(len(cells) for cells in rows)):
        words = [cells[column].words for cells in rows if column < len(cells)]
        _place(head, column, [w for w in words if w], units)
    head.unit = _unit(table, head, units)
    missing = [
        row for name, row in fields(list_name).items()
        if name not in head.columns and not (name in ("lon", "lat") and "lonlat" in head.columns)
    ]  # fmt: skip
    for row in missing:
        if row["column"] == "needed":
            head.faults.append((None, f"缺少“{row['zh']}”列"))
        elif row["field"] != "lonlat":
            head.notes.append((None, f"没有“{row['zh']}”列，按空白处理"))
    return head


def _place(head: Head, column: int, words: list[str], units: dict[int, str]) -> None:
    """Give one column to its field; a second column for a field is a fault, or another unit."""
    named = [w for w in words if field_of(w, head.list_name)]
    if not named:
        if words and squeezed(words[-1]) not in GROUPS:
            head.labels[column] = words[-1]
            head.notes.append((column, "不是附件规定的列，未读取"))
        return
    inner = [w for w in named if field_of(w, head.list_name) != "lonlat"]
    label = (inner or named)[-1]
    name = field_of(label, head.list_name)
    head.labels[column] = re.sub(r"\s+", "", label)
    if name == "area_ha":
        units[column] = next(filter(None, map(_unit_in, words)), "")
    if name not in head.columns:
        head.columns[name] = column
        return
    other = head.columns[name]
    if name == "area_ha" and units[column] != units[other]:
        keep, drop = (column, other) if units[column] == "ha" else (other, column)
        head.columns[name] = keep
        head.notes.append((drop, "面积另有一列，以另一列为准，本列未读取"))
        return
    head.faults.append((column, f"与“{head.labels[other]}”列重复，无法判断以哪列为准"))


def _unit_in(label: str) -> str:
    """The unit that a heading names, in brackets or after a stroke; blank without one."""
    narrow = re.sub(r"\s+", "", half_width(label))
    found = (
        re.findall(r"[(\[](?:单位:)?(.*?)[)\]]", narrow)
        + re.split(r"[/:_-]", narrow)[1:]
        + [narrow]
    )
    return next(filter(None, map(unit_of, found)), "")


def _unit(table: RawTable, head: Head, units: dict[int, str]) -> str:
    """The area's unit: of its heading, of a line 单位 above, or hectares, which is then said."""
    column = head.columns.get("area_ha")
    if column is None:
        return "ha"
    if units.get(column):
        return units[column]
    above = [c.words for _, cells in table.rows[: head.first] for c in cells]
    for line in (*table.above, *above):
        for said in UNIT_ABOVE.findall(half_width(line)):
            for word in re.split(r"[,，、\s]", said):
                if unit := unit_of(word):
                    return unit
    head.notes.append((column, "表头没有写面积单位，按公顷读取"))
    return "ha"
