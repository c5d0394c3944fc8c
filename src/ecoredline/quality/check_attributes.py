"""Checks of attributes: fields found by their aliases, filled, unique, in the lists, true to the shape."""

import re
from datetime import date

import numpy as np
import shapely

from ecoredline.geodesy import areas_ha, distance_m
from ecoredline.quality.catalogue import NotApplicable, Place, catalogue, check
from ecoredline.quality.check_geometry import M2_PER_HA, polygons, spot
from ecoredline.vector.fields import NAME_LAYERS, aliases, as_text, plain_name, take_columns
from ecoredline.vector.roles import control_zones

REQUIRED = {"redline": ("code", "name"), "protected": ("code", "name"), "divisions": ("code", "name"),
            "places": ("name",)}  # fmt: skip
# field → square metres in one unit; a bare 面积 is tried as hectares, then square metres
AREA_FIELDS = {
    "areaha": 1e4, "面积公顷": 1e4, "面积(公顷)": 1e4, "面积（公顷）": 1e4, "mjha": 1e4, "面积": None, "mj": None,
    "area": None, "mjm2": 1.0, "面积平方米": 1.0, "aream2": 1.0, "mjkm2": 1e6, "qymj": 1e6, "面积平方千米": 1e6,
    "shapearea": None, "tbmj": None,
}  # fmt: skip
UNITS = {1e4: "公顷", 1.0: "平方米", 1e6: "平方千米", 10_000 / 15: "亩"}
CODE_FIELDS = (
    "XZQDM",
    "XZQHDM",
    "行政区代码",
    "行政区划代码",
    "区划代码",
    "adcode",
    "division_code",
    "Code_County",
)
DATE_FIELD = re.compile(r"(日期|时间|date|_on|rq|sj)$", re.I)
DATE_FORMS = re.compile(
    r"^\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2})?.*)?)?)?$|^\d{8}$|^\d{6}$|^\d{4}$"
)
MERCATOR_NEAR = 0.01


def _role(item) -> str:
    if item.role not in NAME_LAYERS:
        raise NotApplicable("没有说明图层种类，不知哪些字段必需")
    return item.role


def _columns(item, names) -> dict[str, np.ndarray]:
    """The file's own columns with one of some names, as text."""
    wanted = {plain_name(n) for n in names}
    return {
        str(c): np.array([as_text(v) for v in item.frame[c].tolist()], dtype=object)
        for c in item.frame.columns
        if plain_name(c) in wanted
    }


@check("attributes.fields")
def fields(item, context):
    """Required columns that no field can be taken for."""
    role = _role(item)
    taken = take_columns(item.frame, role)
    have = "、".join(str(c) for c in item.frame.columns if c != item.frame.geometry.name)
    for column in REQUIRED[role]:
        if column not in taken:
            names = "、".join(aliases(role)[column][:8])
            yield Place("", f"没有可作 {column} 的字段（可用名：{names}…）；现有：{have or '无'}")


@check("attributes.filled")
def filled(item, context):
    """Blank cells of required columns."""
    role = _role(item)
    taken = take_columns(item.frame, role)
    for column in (c for c in REQUIRED[role] if c in taken):
        for row in np.flatnonzero(taken[column] == ""):
            yield Place(item.names[row], f"{column} 为空", *spot(item, row))


@check("attributes.unique")
def unique(item, context):
    """Codes that stand twice."""
    taken = take_columns(item.frame, _role(item))
    if "code" not in taken:
        raise NotApplicable("没有编码字段")
    seen: dict[str, int] = {}
    for row, code in enumerate(taken["code"]):
        if code and code in seen:
            yield Place(
                item.names[row], f"编码 {code} 与第{seen[code] + 1}个要素重复", *spot(item, row)
            )
        seen.setdefault(code, row)


@check("attributes.domain")
def domain(item, context):
    """Control zones outside the list."""
    if _role(item) != "redline":
        raise NotApplicable("不是红线图层")
    words = take_columns(item.frame, "redline").get("control_zone")
    if words is None:
        raise NotApplicable("没有管控区字段")
    for row, (word, code) in enumerate(zip(words, control_zones(words, []), strict=True)):
        if word and not code:
            yield Place(item.names[row], f"管控区“{word}”不在代码表中", *spot(item, row))


@check("attributes.area")
def area(item, context):
    """A stated area that is not the shape's; the Web Mercator factor is recognised."""
    limit = catalogue()["attributes.area"].limit / 100
    rows = polygons(item)
    own = {plain_name(c): c for c in item.frame.columns}
    named = [(own[k], unit) for k, unit in AREA_FIELDS.items() if k in own]
    if not named:
        raise NotApplicable("没有面积字段")
    true_m2 = areas_ha(item.shapes[rows]) * M2_PER_HA
    names = item.names
    for column, unit in named:
        values = np.array([_number(v) for v in item.frame[column].to_numpy()[rows]])
        unit = unit or _unit(values, true_m2)
        stated = values * unit
        for k in np.flatnonzero(~np.isfinite(values)):
            text = as_text(item.frame[column].iloc[rows[k]])
            if text:
                yield Place(names[rows[k]], f"{column} 填“{text}”，不是数", *spot(item, rows[k]))
        off = np.abs(stated - true_m2) > limit * np.maximum(true_m2, 1e-9)
        for k in np.flatnonzero(off & np.isfinite(stated) & (stated > 0)):
            words = _area_words(column, unit, values[k], true_m2[k], item.shapes[rows[k]])
            yield Place(names[rows[k]], words, *spot(item, rows[k]))


def _number(value) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _unit(values, true_m2) -> float:
    """The unit under which most of a bare area column comes nearest the truth."""
    good = np.isfinite(values) & (values > 0) & (true_m2 > 0)
    if not good.any():
        return 1e4
    return min(UNITS, key=lambda u: np.median(np.abs(np.log(values[good] * u / true_m2[good]))))


def _area_words(column, unit, value, true_m2, shape) -> str:
    ratio = value * unit / true_m2
    words = f"{column} 填 {value:g} {UNITS[unit]}，椭球面积 {true_m2 / unit:.4f} {UNITS[unit]}（{(ratio - 1) * 100:+.2f} %）"
    latitude = np.radians(float(shapely.get_y(shapely.centroid(shape))))
    if abs(ratio * np.cos(latitude) ** 2 - 1) < MERCATOR_NEAR:
        words += "；与 Web 墨卡托平面面积一致，应改用椭球面积"
    return words


@check("attributes.lonlat")
def lonlat(item, context):
    """Stated coordinates far from their shape."""
    limit = catalogue()["attributes.lonlat"].limit
    if item.shapes is None:
        raise NotApplicable("坐标系不明")
    lon, lat = (
        _columns(item, n) for n in (("lon", "经度", "中心经度"), ("lat", "纬度", "中心纬度"))
    )
    if not lon or not lat:
        raise NotApplicable("没有经纬度字段")
    x = np.array([_number(v) for v in next(iter(lon.values()))])
    y = np.array([_number(v) for v in next(iter(lat.values()))])
    for row in np.flatnonzero(item.filled & np.isfinite(x) & np.isfinite(y)):
        here = shapely.Point(x[row], y[row])
        if not shapely.is_valid(item.shapes[row]) or shapely.intersects(here, item.shapes[row]):
            continue
        near = shapely.get_coordinates(shapely.shortest_line(item.shapes[row], here))[0]
        metres = distance_m(x[row], y[row], *near)
        if metres > limit:
            words = f"所填经纬度（{x[row]:.6f}, {y[row]:.6f}）在图形 {metres:.0f} 米之外"
            yield Place(item.names[row], words, *spot(item, row))


@check("attributes.dates")
def dates(item, context):
    """Dates in other forms, and days that there are not."""
    names = [
        c for c in item.frame.columns if DATE_FIELD.search(str(c)) and c != item.frame.geometry.name
    ]
    texts = [c for c in names if item.frame[c].dtype.kind not in "Mif"]
    if not texts:
        raise NotApplicable("没有文本日期字段")
    for column in texts:
        for row, value in enumerate(item.frame[column].tolist()):
            text = as_text(value)
            if text and not _is_date(text):
                yield Place(item.names[row], f"{column} 填“{text}”，应为 YYYY-MM-DD 或 YYYYMMDD")


def _is_date(text: str) -> bool:
    if not DATE_FORMS.match(text):
        return False
    digits = re.sub(r"\D", "", text)[:8]
    try:
        date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:8] or 1))
    except ValueError:
        return False
    return True


@check("attributes.division_codes")
def division_codes(item, context):
    """Codes that are abolished, no division (development zones), or unknown."""
    columns = _columns(item, CODE_FIELDS)
    if item.role == "divisions" and "code" in (taken := take_columns(item.frame, "divisions")):
        columns = {"code": taken["code"]}
    if not columns:
        raise NotApplicable("没有行政区划代码字段")
    names = item.names
    for codes in columns.values():
        for row, code in enumerate(codes):
            words, soft = _code_words(code, context)
            if words:
                yield Place(names[row], words, *spot(item, row), soft=soft)


def _code_words(code: str, context) -> tuple[str, bool]:
    """What is wrong with a code (blank: nothing), and whether that is only a warning."""
    if not code:
        return "", False
    county, known = code[:6].ljust(6, "0"), context.divisions
    if not code.isdigit() or len(code) not in (2, 4, 6, 9, 12):
        return f"“{code}”不是行政区划代码", False
    division = known.get(county)
    year = str(context.options.year or "")
    if division is not None and division.ended and not (year and year < division.ended[:4]):
        after = "、".join(division.successors) or "不明"
        return f"{county} {division.name} 已于 {division.ended} 年废止，后继代码 {after}", False
    if division is not None:
        return "", False
    if county in context.statistical or code in context.statistical:
        name = (context.statistical.get(code) or context.statistical[county]).name
        return f"{county} {name} 是统计用代码（开发区等），不是行政区划", False
    return f"{county} 不在代码表中", context.options.codes is None


@check("attributes.township_tables")
def township_tables(item, context):
    """Townships that only some of the given tables know."""
    tables = context.townships
    if len(tables) < 2:
        raise NotApplicable("没有给出两份乡级代码表")
    columns = _columns(item, CODE_FIELDS)
    if "code" in (taken := take_columns(item.frame, "divisions")) and item.role == "divisions":
        columns = {"code": taken["code"]}
    every = sorted({c[:9] for codes in columns.values() for c in codes if len(c) in (9, 12)})
    if not every:
        raise NotApplicable("没有乡级代码")
    for code in every:
        has = [name for name, table in tables.items() if code in table]
        if len(has) < len(tables):
            lacks = "、".join(n for n in tables if n not in has)
            name = next((tables[n][code].name for n in has), "")
            words = f"乡级代码 {code} {name}不见于 {lacks}" + (
                f"，只见于 {'、'.join(has)}" if has else ""
            )
            yield Place(code, words)
