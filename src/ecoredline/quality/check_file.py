"""Checks of files: whole, complete, of the asked format, text in a stated encoding."""

import json

from ecoredline.quality.catalogue import NotApplicable, Place, catalogue, check
from ecoredline.vector.encoding import BOM, sibling, stated_encoding
from ecoredline.vector.source import TEXT_SUFFIXES

FORMATS = (
    ".shp",
    ".dbf",
    ".tif",
    ".tiff",
    ".xls",
    ".xlsx",
    ".doc",
    ".docx",
    ".jpg",
    ".jpeg",
    ".zip",
)
PARTS = (".shx", ".dbf", ".prj", ".cpg")
NEEDED = {
    ".shx": "读不出图形位置",
    ".dbf": "没有属性",
    ".prj": "没有坐标系",
    ".cpg": "没有声明属性编码",
}
HEAD_BYTES = 4096
GLOBE = (360.0, 90.0)


@check("file.readable")
def readable(item, context):
    """A damaged or absent part, in the reader's words."""
    if item.fault:
        yield Place("", item.fault.replace(str(item.path), item.path.name))


@check("file.planar")
def planar(item, context):
    """TopoJSON whose arcs are picture units, and any layer whose numbers fit no system."""
    if item.kind != "vector" or item.path.suffix.lower() not in (".json", ".topojson", ".geojson"):
        raise NotApplicable("不是 JSON 矢量")
    with item.path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if b'"Topology"' not in head:
        return
    x, y = _extent(item.path)
    if x > GLOBE[0] or y > GLOBE[1]:
        words = (
            f"TopoJSON 的坐标是图像单位（最大 {x:.6g}, {y:.6g}），不是经纬度或投影坐标，不能入库"
        )
        yield Place("", words)
    else:
        yield Place("", "TopoJSON 是显示格式，坐标经量化，请改交原始矢量", soft=True)


def _extent(path) -> tuple[float, float]:
    """Largest absolute x and y of a TopoJSON's arcs, its transform applied."""
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
        arcs, change = data["arcs"], data.get("transform")
        scale = change["scale"] if change else (1.0, 1.0)
        shift = change["translate"] if change else (0.0, 0.0)
        largest = [0.0, 0.0]
        for arc in arcs:
            x = y = 0.0
            for point in arc:
                x, y = (x + point[0], y + point[1]) if change else point[:2]
                for k, value in enumerate((x, y)):
                    largest[k] = max(largest[k], abs(value * scale[k] + shift[k]))
        return largest[0], largest[1]
    except (ValueError, KeyError, TypeError, IndexError):
        return float("inf"), float("inf")


@check("file.parts")
def parts(item, context):
    """Missing siblings of a shapefile."""
    if item.path.suffix.lower() != ".shp":
        raise NotApplicable("不是 Shapefile")
    for suffix in PARTS:
        if sibling(item.path, suffix) is None:
            yield Place("", f"缺少 {suffix}：{NEEDED[suffix]}")


@check("file.encoding")
def encoding(item, context):
    """A .cpg that is not there or that the bytes contradict; text that is not UTF-8."""
    if item.kind != "vector":
        raise NotApplicable("不是矢量")
    if item.path.suffix.lower() == ".shp" and not item.fault:
        stated = stated_encoding(item.path)
        said = [n for n in item.notes if "属性表编码" in n]
        for words in said:
            yield Place("", words + ("" if stated else "；请附 .cpg"))
    for words in item.notes:
        if words.startswith("文件不是 UTF-8"):
            yield Place("", words)


@check("file.bom")
def bom(item, context):
    """A byte order mark at the head of a text file."""
    if item.path.suffix.lower() not in (*TEXT_SUFFIXES, ".csv", ".txt", ".topojson"):
        raise NotApplicable("不是文本文件")
    with item.path.open("rb") as stream:
        if stream.read(len(BOM)) == BOM:
            yield Place("", "文件以 UTF-8 字节顺序标记开头，部分软件会把它当作第一个字段名的一部分")


@check("file.format")
def format_(item, context):
    """Formats other than those the standard asks for."""
    if item.path.suffix.lower() not in FORMATS:
        yield Place("", f"格式 {item.path.suffix or '（无扩展名）'} 不在要求的交付格式中")


@check("file.depth")
def depth(item, context):
    """Folders nested too deep."""
    limit = int(catalogue()["file.depth"].limit)
    if item.depth > limit:
        yield Place("", f"位于第 {item.depth} 级文件夹，限 {limit} 级")
