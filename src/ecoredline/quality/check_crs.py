"""Checks of coordinate systems: what is declared, what the numbers say, whether both agree."""

import numpy as np
import shapely

from ecoredline.datum import old_datum
from ecoredline.geodesy import areas_ha
from ecoredline.quality.catalogue import NotApplicable, Place, check
from ecoredline.vector import Layer
from ecoredline.vector.crs import CHINA, METRE_KINDS, file_crs, look
from ecoredline.vector.gcj02 import against_outlines

CGCS2000 = ("china geodetic coordinate system 2000", "china 2000", "cgcs2000")
WGS84 = ("wgs 84", "wgs_1984", "world geodetic system 1984")  # decimetres away: a warning
WEB_MERCATOR = ("pseudo-mercator", "web mercator", "web_mercator", "popular visualisation")
GUESSED, CONTRADICTED = ("文件没有坐标系",), ("声明为", "没有实际含义")


def _numbers(item):
    if item.raw is None or not item.filled.any():
        raise NotApplicable("没有图形")
    return look(shapely.total_bounds(item.raw[item.filled]))


@check("crs.known")
def known(item, context):
    """No CRS and none to be deduced; a deduced one is a warning."""
    if item.crs_fault:
        yield Place("", item.crs_fault)
    for note in item.crs_notes:
        if note.startswith(GUESSED) or any(word in note for word in CONTRADICTED):
            yield Place("", note, soft=True)


@check("crs.cgcs2000")
def cgcs2000(item, context):
    """Beijing 1954, Xian 1980, Web Mercator and others that are not CGCS2000."""
    declared = file_crs(item.declared, [])
    if declared is None:
        raise NotApplicable("没有声明坐标系")
    datum = (declared.geodetic_crs.datum.name if declared.geodetic_crs else "").lower()
    name = f"{declared.name} {datum}".lower()
    if any(word in name for word in WEB_MERCATOR) or declared.to_epsg() == 3857:
        factor = _magnified(item)
        yield Place(
            "",
            f"Web 墨卡托（{declared.name}）：平面面积约为椭球面积的 {factor:.3f} 倍，不得用于量算",
        )
        return
    legacy = old_datum(declared)
    if legacy:
        notes = [n for n in item.crs_notes if n.startswith(legacy[0])]
        yield Place("", f"{legacy[0]}，须转换为 CGCS2000。{'；'.join(notes)}")
    elif not any(word in name for word in CGCS2000):
        yield Place(
            "",
            f"坐标系为 {declared.name}，应为 CGCS2000",
            soft=any(word in name for word in WGS84),
        )


def _magnified(item) -> float:
    """How many times the plane areas of a layer are larger than those on the ellipsoid."""
    if item.shapes is None:
        return float("nan")
    true_m2 = float(areas_ha(item.shapes).sum()) * 1e4
    return float(np.nansum(shapely.area(item.raw))) / true_m2 if true_m2 else float("nan")


@check("crs.axes")
def axes(item, context):
    """Latitude or northing first."""
    if _numbers(item).swapped:
        x, y = _middle(item)
        yield Place("", "坐标轴顺序颠倒：纬度或北坐标写在前面", x, y)


@check("crs.zone")
def zone(item, context):
    """A zone number in the easting that the declared CRS does not have, or the reverse."""
    numbers = _numbers(item)
    if numbers.kind not in METRE_KINDS:
        raise NotApplicable("不是投影坐标")
    if numbers.kind == "zones":
        yield Place("", "横坐标含多个带号")
    for note in item.crs_notes:
        if "带号" in note and not note.startswith(GUESSED):
            yield Place("", note)
    if "zone number" in item.crs_fault and "contradict" in item.crs_fault:
        yield Place("", item.crs_fault)


@check("crs.place")
def place(item, context):
    """Features outside China."""
    if item.shapes is None:
        raise NotApplicable("坐标系不明")
    bounds = shapely.bounds(item.shapes)
    west, south, east, north = CHINA
    away = (
        (bounds[:, 0] < west)
        | (bounds[:, 1] < south)
        | (bounds[:, 2] > east)
        | (bounds[:, 3] > north)
    )
    for row in np.flatnonzero(away):
        x, y = bounds[row, :2]
        yield Place(item.names[row], f"超出中国范围（{x:.4f}, {y:.4f}）", float(x), float(y))


@check("crs.gcj02")
def gcj02(item, context):
    """The shift against a trusted layer, in metres; without one only known divisions can tell."""
    if item.shapes is None:
        raise NotApplicable("坐标系不明")
    shapes = item.shapes[item.filled]
    if context.reference is not None:
        finding = against_outlines(shapes, context.reference.frame.geometry.to_numpy())
    elif item.role == "divisions":
        from ecoredline.vector import check_gcj02
        from ecoredline.vector.fields import take_columns

        taken = take_columns(item.frame, "divisions")
        if "code" not in taken:
            raise NotApplicable("没有行政区划代码")
        frame = item.frame[item.filled].assign(code=taken["code"][item.filled])
        frame = frame.set_geometry(list(shapes), crs=4490)
        finding = check_gcj02(Layer(frame))
    else:
        raise NotApplicable("没有给出可信的参照图层，坐标本身不能说明是否为 GCJ-02")
    if finding.likely:
        x, y = _middle(item)
        yield Place("", finding.note, x, y)


def _middle(item):
    if item.shapes is None:
        return None, None
    west, south, east, north = shapely.total_bounds(item.shapes[item.filled])
    return float((west + east) / 2), float((south + north) / 2)
