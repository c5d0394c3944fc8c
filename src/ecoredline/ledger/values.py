"""Values of ledger columns: read from a cell, checked, kept as JSON, shown again as they were read."""

from datetime import date
from decimal import Decimal, InvalidOperation

from ecoredline.codes import code_list
from ecoredline.errors import EcoredlineError
from ecoredline.geodesy import parse_dms, round_ha
from ecoredline.ledger.declare import Book, Column
from ecoredline.ledger.sheets import Fault, as_day, as_words

MOST_TEXT, MOST_LONG = 300, 5000
FIRST_YEAR, LAST_YEAR = 1950, 2100
NUMBER_DIGITS = 9  # significant decimals a number keeps
TRUE, FALSE = ("是", "有", "true", "yes", "1"), ("否", "无", "false", "no", "0")
LIMITS = {"lon": 180.0, "lat": 90.0}
LONLAT_DECIMALS = 6


def parse_cell(column: Column, value):
    """The value of a cell, as JSON can hold it; None when it is blank.

    Raises `ValueError` that says what was wanted.

    >>> from ecoredline.ledger.declare import book
    >>> parse_cell(book("institution").column("issued_on"), "2026年3月5日")
    '2026-03-05'
    """
    word = as_words(value)
    if word == "":
        return None
    if column.kind in ("text", "long"):
        most = MOST_TEXT if column.kind == "text" else MOST_LONG
        if len(word) > most:
            raise ValueError(f"有 {len(word)} 字，应不超过 {most} 字")
        return word
    if column.kind == "date":
        return as_day(value).isoformat()
    if column.kind == "code":
        return coded(column, word)
    if column.kind == "bool":
        if word.casefold() in TRUE or word.casefold() in FALSE:
            return word.casefold() in TRUE
        raise ValueError("应为“是”或“否”")
    if column.kind in LIMITS:
        return degrees(word, LIMITS[column.kind])
    return numeric(column, word)


def coded(column: Column, word: str) -> str:
    """The code of a word of the column's list."""
    rows = code_list(column.codes)
    for code, row in rows.items():
        if word in (code, row["zh"], row["en"]):
            return code
    known = "、".join(r["zh"] for r in list(rows.values())[:12])
    raise ValueError(f"应为：{known}{'…' if len(rows) > 12 else ''}")


def degrees(word: str, most: float) -> float:
    """A coordinate in degrees, six decimals."""
    try:
        found = parse_dms(word)
    except EcoredlineError:
        raise ValueError("应为十进制度或度分秒，如 101.537500 或 E101°32′15″") from None
    if abs(found) > most:
        raise ValueError(f"应在 ±{most:.0f} 度以内")
    return round(found, LONLAT_DECIMALS)


def numeric(column: Column, word: str):
    """A whole number, year, hectares or other number."""
    try:
        found = Decimal(word.replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise ValueError("应为数字") from None
    if not found.is_finite():
        raise ValueError("应为数字")
    if column.kind in ("int", "year"):
        if found != found.to_integral_value():
            raise ValueError("应为整数")
        if column.kind == "year" and not FIRST_YEAR <= found <= LAST_YEAR:
            raise ValueError(f"年份应在 {FIRST_YEAR}—{LAST_YEAR} 之间")
        return int(found)
    if column.kind == "ha":
        if found < 0:
            raise ValueError("面积不应为负")
        return round_ha(float(found))
    return float(f"{float(found):.{NUMBER_DIGITS}g}")


def check_row(
    book: Book, cells: dict, number: int, sheet: str = "", told=None
) -> tuple[dict, list[Fault]]:  # fmt: skip
    """Values of a row (column name → cell) and every fault; blank columns are left out.

    With `told` only those columns are looked at: a file need not have them all.
    """
    found, faults = {}, []
    for column in book.columns:
        if told is not None and column.name not in told:
            continue
        raw = cells.get(column.name)
        try:
            value = parse_cell(column, raw)
        except ValueError as fault:
            faults.append(Fault(number, column.label(), as_words(raw)[:60], str(fault), sheet))
            continue
        if value is None and column.needed:
            faults.append(Fault(number, column.label(), "", "未填写", sheet))
        if value is not None:
            found[column.name] = value
    if ("lon" in found) != ("lat" in found) and {"lon", "lat"} <= {c.name for c in book.columns}:
        lacking = "lat" if "lon" in found else "lon"
        if not any(f.column == book.column(lacking).label() for f in faults):
            faults.append(
                Fault(number, book.column(lacking).label(), "", "经度和纬度应一并填写", sheet)
            )
    return found, faults


def cell_of(column: Column, value, language: str = "zh"):
    """A kept value as a cell: dates as dates, numbers as numbers, codes by their label."""
    if value is None or value == "":
        return None
    if column.kind == "date":
        return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    if column.kind == "code":
        row = code_list(column.codes).get(str(value))
        return row[language] if row else str(value)
    if column.kind == "bool":
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if column.kind in ("int", "year"):
        return int(value)
    if column.kind == "ha":
        return round_ha(float(value))
    if column.kind in ("lon", "lat"):
        return round(float(value), LONLAT_DECIMALS)
    if column.kind == "number":
        return float(f"{float(value):.{NUMBER_DIGITS}g}")
    return str(value)


def shown(column: Column, value, language: str = "zh") -> str:
    """A kept value as words on a page; blank for none.

    >>> from ecoredline.ledger.declare import book
    >>> shown(book("redline_patch").column("area_ha"), 12.5)
    '12.5000'
    """
    found = cell_of(column, value, language)
    if found is None:
        return ""
    if column.kind == "ha":
        return f"{found:.4f}"
    if column.kind in ("lon", "lat"):
        return f"{found:.{LONLAT_DECIMALS}f}"
    return as_words(found)
