"""Boundary markers 界桩 and sign boards 标识牌 read from CSV or XLSX, with every fault."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ecoredline.codes import code_list
from ecoredline.errors import EcoredlineError, InputError
from ecoredline.geodesy import parse_dms
from ecoredline.ledger.sheets import Fault, as_day, as_words, read_rows

COLUMNS = {
    "number": ("编号", "界桩编号", "界桩号", "标识牌编号", "number", "marker_no", "JZBH", "JZH"),
    "kind": ("类型", "类别", "kind", "LX"),
    "lon": ("经度", "东经", "lon", "longitude", "JD"),
    "lat": ("纬度", "北纬", "lat", "latitude", "WD"),
    "redline_code": ("红线斑块编码", "红线编码", "斑块编码", "redline_code", "HXBM"),
    "text": ("牌面文字", "文字", "text"),
    "erected_on": ("设立日期", "埋设日期", "erected_on", "SLSJ"),
    "state": ("状态", "巡护状态", "state"),
}
NEEDED = ("number", "kind", "lon", "lat")
LENGTHS = {"number": 60, "redline_code": 60, "text": 300}


@dataclass
class MarkerReading:
    """Rows with number, kind, lon, lat, redline_code, text, erected_on, state; and every fault.

    `lines` are the rows' numbers in the file.
    """

    rows: list[dict] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_markers(path: Path | str) -> MarkerReading:
    """Read a table of markers; coordinates in degrees or as `E101°32′15″` (CGCS2000).

    Raises `InputError` when the file is no table or has none of the needed columns.
    """
    table = read_rows(path)
    where = {k: next((c for c in names if c in table.heads), None) for k, names in COLUMNS.items()}
    lacking = [COLUMNS[k][0] for k in NEEDED if where[k] is None]
    if lacking:
        raise InputError(
            f"表头有：{'、'.join(table.heads) or '无'}；缺少列：{'、'.join(lacking)}；请按模板补上"
        )
    found, seen = MarkerReading(), {}
    for number, cells in table.rows:
        row = {k: cells.get(head) if head else None for k, head in where.items()}
        found.rows.append(read_one(row, number, found.faults))
        found.lines.append(number)
        mine = found.rows[-1]["number"]
        if mine and mine in seen:
            found.faults.append(Fault(number, "编号", mine, f"与第{seen[mine]}行重复"))
        seen.setdefault(mine, number)
    if not found.rows:
        raise InputError("表中没有数据行；请从表头下一行开始填写")
    return found


def read_one(row: dict, number: int, faults: list[Fault]) -> dict:
    """One row's values; what is wrong is added to the faults."""
    found = {k: as_words(row[k]) for k in ("number", "redline_code", "text")}
    for column, most in LENGTHS.items():
        if len(found[column]) > most:
            faults.append(
                Fault(number, COLUMNS[column][0], found[column][:30], f"不超过 {most} 字")
            )
    if not found["number"]:
        faults.append(Fault(number, "编号", "", "未填写"))
    for column, name, default in (("kind", "marker_kinds", ""), ("state", "marker_states", "good")):
        found[column] = coded(row[column], name, COLUMNS[column][0], number, faults) or default
    if not as_words(row["kind"]):
        faults.append(Fault(number, "类型", "", "未填写"))
    for column, most in (("lon", 180.0), ("lat", 90.0)):
        found[column] = degrees(row[column], most, COLUMNS[column][0], number, faults)
    found["erected_on"] = None
    if as_words(row["erected_on"]):
        try:
            found["erected_on"] = as_day(row["erected_on"])
        except ValueError as fault:
            faults.append(Fault(number, "设立日期", as_words(row["erected_on"]), str(fault)))
    if found["erected_on"] and found["erected_on"] > date(2100, 1, 1):
        faults.append(Fault(number, "设立日期", str(found["erected_on"]), "不应晚于 2100 年"))
    return found


def coded(value, name: str, column: str, number: int, faults: list[Fault]) -> str:
    """The code of a word of the list `name`; blank stays blank."""
    word = as_words(value)
    for code, row in code_list(name).items():
        if word in (code, row["zh"], row["en"]):
            return code
    if word:
        known = "、".join(r["zh"] for r in code_list(name).values())
        faults.append(Fault(number, column, word, f"应为：{known}"))
    return ""


def degrees(value, most: float, column: str, number: int, faults: list[Fault]) -> float | None:
    """A coordinate in degrees, within the earth."""
    word = as_words(value)
    try:
        found = parse_dms(word)
        if abs(found) > most:
            raise InputError(f"超出 ±{most:.0f} 度")
    except EcoredlineError as fault:
        said = "未填写" if not word else f"应为十进制度或度分秒（{fault}）"
        faults.append(Fault(number, column, word, said))
        return None
    return found
