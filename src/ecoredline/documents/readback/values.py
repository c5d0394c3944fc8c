"""One cell's value: coordinates, areas, types and numbers as people write them.

Each reader gives the value and what was converted on the way, or raises `CellFault`.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache, lru_cache

from ecoredline.codes import code_list
from ecoredline.documents.words import NOT_IN_XML
from ecoredline.errors import InputError
from ecoredline.geodesy import parse_dms
from ecoredline.patches.columns import AREA_DECIMALS, LONLAT_DECIMALS

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
DEGREE_SIGNS = str.maketrans(
    {**dict.fromkeys("˚º゜∘", "°"), **dict.fromkeys("'’‘´`ˊ", "′"), **dict.fromkeys('"”“〃', "″")}
)
CHINA = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}  # land and sea, whole degrees
AXES = {"lon": "经度", "lat": "纬度"}
PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?°?")
PARTS = re.compile(r"(\d{1,3})[:\-\s](\d{1,2})[:\-\s](\d{1,2}(?:\.\d+)?)")
DOTTED = re.compile(r"(\d{1,3})\.(\d{1,2})\.(\d{1,2}(?:\.\d+)?)")
AMOUNT = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(.*)")
NUMBERS = {
    **{c: str(i) for i, c in enumerate("①②③④⑤⑥", 1)},
    **{c: str(i) for i, c in enumerate("一二三四五六", 1)},
}
ORDINAL = re.compile(
    r"[(]?([1-9①②③④⑤⑥一二三四五六])[)][、.,]?(.*)|([1-9①②③④⑤⑥])[、.,]?(.*)|([一二三四五六])[、.,](.*)"
)
IDS = re.compile(r"[、,;\s]+")
RANGE = re.compile(r"[~～至到]")
MOST_HA = Decimal(1_000_000)
EXACT_DIGITS = 15  # of a number in a workbook


class CellFault(ValueError):
    """A cell that cannot be read; the message is Chinese."""


@dataclass(frozen=True)
class Parsed:
    """A value and what was converted to get it."""

    value: object
    notes: tuple[str, ...] = ()


def half_width(said: str) -> str:
    """Full-width letters, digits, punctuation and spaces as half-width ones.

    >>> half_width("１０２．５（亩）")
    '102.5(亩)'
    """
    return said.translate(FULL_WIDTH)


def as_text(raw) -> Parsed:
    """A cell as text; a number or a date that the workbook made of it is said.

    >>> as_text(12.0)
    Parsed(value='12', notes=('单元格是数值，按文字读取',))
    """
    if raw is None:
        return Parsed("")
    if isinstance(raw, datetime):
        plain = raw.date() if raw.time() == time() else raw
        return Parsed(
            plain.isoformat(sep=" ") if plain is raw else plain.isoformat(),
            ("单元格是日期，按年-月-日读取",),
        )
    if isinstance(raw, date | time | timedelta):
        return Parsed(str(raw), ("单元格是日期或时间，按文字读取",))
    if isinstance(raw, bool):
        return Parsed("是" if raw else "否", ("单元格是逻辑值，按文字读取",))
    if isinstance(raw, int | float):
        whole = float(raw).is_integer()
        if whole and abs(raw) >= 10**EXACT_DIGITS:
            raise CellFault("是超过15位的数值，末位可能已丢失：请改为文本格式后重填")
        return Parsed(str(int(raw)) if whole else repr(raw), ("单元格是数值，按文字读取",))
    cleaned = NOT_IN_XML.sub("", str(raw)).replace("\r\n", "\n").replace("\r", "\n").strip()
    return Parsed(cleaned)


def number_text(raw) -> Parsed:
    """A number such as a patch's: half-width, without spaces or line breaks.

    >>> number_text("５１０４２２－００１").value
    '510422-001'
    """
    found = as_text(raw)
    narrow = re.sub(r"\s+", "", half_width(found.value))
    notes = found.notes + (("全角字符或空格已规整",) if narrow != found.value else ())
    return Parsed(narrow, notes)


def patch_number(raw) -> Parsed:
    """One patch number; several in one cell are a fault."""
    found = number_text(raw)
    if re.search("[、,;]", found.value):
        raise CellFault("一行只能有一个图斑编号：请分行填写")
    return found


def number_list(raw) -> Parsed:
    """Several patch numbers in one cell, as a tuple; a range is a fault, as nobody can expand it.

    >>> number_list("A-1、A-2，A-3").value
    ('A-1', 'A-2', 'A-3')
    """
    found = as_text(raw)
    narrow = half_width(found.value)
    if RANGE.search(narrow):
        raise CellFault("图斑编号写成了区间：请逐个列出")
    numbers = tuple(n for n in IDS.split(narrow) if n)
    twice = sorted({n for n in numbers if numbers.count(n) > 1})
    if twice:
        raise CellFault(f"图斑编号 {'、'.join(twice)} 重复")
    changed = set(narrow) - {",", ";", " ", "\n"} != set(found.value) - set("，；　,; \n")
    return Parsed(numbers, found.notes + (("全角字符已改为半角",) if changed else ()))


def degrees(raw, axis: str) -> Parsed:
    """Decimal degrees with 6 decimals from a number or from degrees, minutes and seconds.

    >>> degrees("102度15分30秒", "lon").value
    102.258333
    """
    if raw is None or str(raw).strip() in ("", "—", "-", "/", "无"):
        raise CellFault(f"缺少{AXES[axis]}")
    if isinstance(raw, time | timedelta):
        return _clock_degrees(raw)
    if isinstance(raw, bool | date | datetime):
        raise CellFault(f"不是{AXES[axis]}，单元格被识别为日期或逻辑值：请改为文本格式后重填")
    if isinstance(raw, int | float):
        return _rounded(float(raw), ())
    said = str(raw).strip()
    narrow = half_width(said)
    notes = ("全角字符已改为半角",) if narrow != said else ()
    narrow = narrow.translate(DEGREE_SIGNS).replace("′′", "″")
    if PLAIN.fullmatch(narrow):
        return _rounded(float(narrow.rstrip("°")), notes)
    value = _dms(narrow, axis)
    how = "度分秒换算为" if re.search(r"[′″分秒:]|[\d.][\s.-]\d+[\s.-]", narrow) else "读作"
    return Parsed(round(value, LONLAT_DECIMALS), (*notes, f"{how}{value:.6f}度"))


def _clock_degrees(raw: time | timedelta) -> Parsed:
    """What a workbook makes of 102:15:30: a length of time."""
    if isinstance(raw, time):
        raw = timedelta(
            hours=raw.hour, minutes=raw.minute, seconds=raw.second, microseconds=raw.microsecond
        )
    value = round(raw.total_seconds() / 3600, LONLAT_DECIMALS)
    return Parsed(value, (f"单元格被识别为时间，按度分秒换算为{value:.6f}度",))


def _rounded(value: float, notes: tuple[str, ...]) -> Parsed:
    """A coordinate with 6 decimals; digits beyond them are said."""
    made = round(value, LONLAT_DECIMALS)
    if abs(made - value) > 1e-12 * max(1.0, abs(value)):
        notes = (*notes, "小数多于6位，已四舍五入")
    return Parsed(made, notes)


def _dms(narrow: str, axis: str) -> float:
    """Degrees from 102:15:30, 102 15 30, 102.15.30 or the forms that `parse_dms` reads."""
    bare = re.sub(r"^(东经|北纬|[EN])\s*", "", narrow, flags=re.IGNORECASE)
    parts = PARTS.fullmatch(bare.strip()) or DOTTED.fullmatch(bare.strip())
    if parts:
        whole, minutes, seconds = (float(p) for p in parts.groups())
        if minutes >= 60 or seconds >= 60:
            raise CellFault(f"不是{AXES[axis]}：分、秒应小于60")
        return whole + minutes / 60 + seconds / 3600
    try:
        return parse_dms(narrow)
    except InputError:
        raise CellFault(
            f"读不出{AXES[axis]}：请写十进制度（101.718700）或度分秒（101°43′07.3″）"
        ) from None


def both_degrees(raw) -> tuple[Parsed, Parsed]:
    """Longitude and latitude that stand in one cell.

    >>> [p.value for p in both_degrees("101.5，26.9")]
    [101.5, 26.9]
    """
    narrow = half_width(as_text(raw).value)
    for pattern in (r"\s*[,;、/\n]\s*", r"\s*(?=北纬|[Nn]\s*\d)", r"\s+"):
        parts = [p for p in re.split(pattern, narrow) if p]
        if len(parts) == 2:
            return degrees(parts[0], "lon"), degrees(parts[1], "lat")
    raise CellFault("读不出经度和纬度两个数：请分两列填写")


def place_fault(lon: float, lat: float) -> str:
    """Why a place cannot be in China, with the likely mend; blank when it can.

    >>> place_fault(26.58, 101.7)
    '经纬度疑似写反：建议经度改为101.7、纬度改为26.58'
    """
    if _inside(lon, "lon") and _inside(lat, "lat"):
        return ""
    if _inside(lat, "lon") and _inside(lon, "lat"):
        return f"经纬度疑似写反：建议经度改为{lat:g}、纬度改为{lon:g}"
    if max(abs(lon), abs(lat)) > 1000:
        return "疑似投影坐标（米），应为CGCS2000经纬度：请先换算为度"
    axis, value = ("lon", lon) if not _inside(lon, "lon") else ("lat", lat)
    low, high = CHINA[axis]
    return f"{AXES[axis]}{value:g}不在我国范围内（{low:g}至{high:g}度），请核对"


def _inside(value: float, axis: str) -> bool:
    low, high = CHINA[axis]
    return low <= value <= high


@cache
def area_units() -> dict[str, str]:
    """Unit words, lower case, as code of `area_units`."""
    words = {}
    for code, row in code_list("area_units").items():
        for word in (row["zh"], *row["aliases"].split(";")):
            if word:
                words[word.casefold()] = code
    return words


def unit_of(said: str) -> str:
    """The area unit that a word is; blank when it is none.

    >>> unit_of("hm²"), unit_of("亩"), unit_of("个")
    ('ha', 'mu', '')
    """
    return area_units().get(half_width(said).strip("() ").casefold(), "")


def area_ha(raw, unit: str = "ha") -> Parsed:
    """Hectares with 4 decimals from a number in `unit`, or from text that names its own.

    >>> area_ha("1,500亩").value, area_ha(3, "km2").value
    (Decimal('100.0000'), Decimal('300.0000'))
    """
    if raw is None or str(raw).strip() in ("", "—", "-", "/", "无"):
        raise CellFault("缺少面积")
    if isinstance(raw, bool | date | datetime | time | timedelta):
        raise CellFault("不是面积，单元格被识别为日期、时间或逻辑值：请改为数值")
    said = str(raw).strip() if isinstance(raw, str) else format(Decimal(repr(raw)), "f")
    narrow = re.sub(r"\s+", "", half_width(said))
    found = AMOUNT.fullmatch(narrow)
    own = unit_of(found[2]) if found and found[2] else unit
    if not found or not own:
        raise CellFault("读不出面积：请只写数字，如 1234.5678")
    notes = [] if narrow == said else ["全角字符或空格已规整"]
    notes += ["千位分隔符已去掉"] if "," in found[1] else []
    return _hectares(Decimal(found[1].replace(",", "")), own, notes)


def _hectares(amount: Decimal, unit: str, notes: list[str]) -> Parsed:
    """An amount in a unit as hectares, exactly, then rounded half up to 4 decimals."""
    row = code_list("area_units")[unit]
    exact = Fraction(amount) * Fraction(row["square_metres"]) / 10000
    step = Fraction(1, 10**AREA_DECIMALS)
    made = Decimal(int(abs(exact) / step + Fraction(1, 2))).scaleb(-AREA_DECIMALS)
    made = made.quantize(Decimal(1).scaleb(-AREA_DECIMALS), ROUND_HALF_UP)
    if exact < 0:
        raise CellFault("面积为负数")
    if made > MOST_HA:
        raise CellFault(f"折合{made}公顷，大得不合理：请核对单位")
    if unit != "ha":
        notes.append(f"{amount}{row['zh']}折合{made}公顷")
    elif Fraction(made) != exact:
        notes.append("小数多于4位，已四舍五入")
    return Parsed(made, (*notes, *(["面积为0"] if not made else [])))


@cache
def _names(list_name: str) -> dict[str, str]:
    """Every name of a list's codes, squeezed, as code."""
    names = {}
    for row in code_list("reading_aliases").values():
        if row["list"] == list_name:
            names |= {_squeezed(n): row["value"] for n in (row["zh"], *row["aliases"].split(";"))}
    for code, row in code_list(list_name).items():
        for name in (row["zh"], row.get("short_zh") or row["zh"], row["zh"].split("（")[0], code):
            names[_squeezed(name)] = code
    return names


def _squeezed(said: str) -> str:
    return re.sub(r"[\s()、,。.;:]", "", half_width(said)).casefold()


def types(raw, list_name: str) -> Parsed:
    """Codes of `activity_types` or `problem_types`, joined by ;, from names, numbers or short names.

    >>> types("(1)采石", "activity_types").value, types("占用生态空间、破坏植被", "problem_types").value
    ('1', 'space;vegetation')
    """
    found = as_text(raw)
    said = found.value
    if not said or said in ("—", "-", "/"):
        return Parsed("")
    parts = [said]
    if not _code_of(said, list_name):
        parts = [p for p in re.split(r"[、,，;；/\n]+", said) if p.strip()]
    codes = [_code_of(part, list_name) for part in parts]
    if "" in codes or not codes:
        known = "、".join(row.get("short_zh") or row["zh"] for row in code_list(list_name).values())
        raise CellFault(f"不是所列的类型：应为{known}")
    codes = list(dict.fromkeys(codes))
    official = "、".join(code_list(list_name)[code]["zh"] for code in codes)
    notes = found.notes if found.value != said else ()
    return Parsed(";".join(codes), notes if said == official else (*notes, f"读作“{official}”"))


@lru_cache(maxsize=20_000)
def _code_of(said: str, list_name: str) -> str:
    """The code that one name means; blank when it means none or two different ones."""
    names, narrow = _names(list_name), half_width(said).strip()
    if code := names.get(_squeezed(narrow)):
        return code
    ordinal = ORDINAL.fullmatch(re.sub(r"\s+", "", narrow))
    codes = list(code_list(list_name))
    if ordinal:
        number, rest = (next(g for g in ordinal.groups()[i::2] if g is not None) for i in (0, 1))
        place = int(NUMBERS.get(number, number)) - 1
        by_number = codes[place] if place < len(codes) else ""
        by_name = _by_name(rest, names) if rest else by_number
        return by_number if by_name in ("", by_number) else ""
    return _by_name(narrow, names)


def _by_name(narrow: str, names: dict[str, str]) -> str:
    """A code by its name, what stands in brackets or after a colon left aside."""
    whole = names.get(_squeezed(narrow), "")
    return whole or names.get(_squeezed(re.split(r"[(:]", narrow)[0]), "")
