"""Schematic divisions, redline, protected areas and places of a scene, in local metres.

Names and codes are real (GB/T 2260, 攀枝花市's notice of 2017); every outline is made up.
"""

import math

import geopandas as gpd
import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from ecoredline.simulate.outlines import blob, polygons_of, wavy
from ecoredline.simulate.terrain import Layout, river_line

SOURCE = "演示合成"
VERSION = "演示版 2025"
PROVINCE = ("510000", "四川省")
CITY = ("510400", "攀枝花市")
COUNTIES = {
    "510402": "东区", "510403": "西区", "510411": "仁和区", "510421": "米易县", "510422": "盐边县",
}  # fmt: skip
# Three bands from north to south; in each, townships from west to east (code, name).
TOWNSHIPS = (
    (("510422100", "桐子林镇"), ("510422101", "红格镇"),
     ("510421202", "白坡彝族乡"), ("510421100", "攀莲镇")),
    (("510403100", "格里坪镇"), ("510403003", "河门口街道"),
     ("510402001", "大渡口街道"), ("510402002", "炳草岗街道")),
    (("510411102", "大田镇"), ("510411100", "仁和镇")),
)  # fmt: skip
BAND_EDGES = (0.0, 0.35, 0.71, 1.0)
COLUMN_EDGES = ((0.25, 0.5, 0.76), (0.22, 0.47, 0.74), (0.52,))
EDGE_POINTS = 61
WIGGLE = 0.035  # of the scene's size
REDLINE_SHARE = 0.40
# name, kind of outline, x, y (shares of the scene), relative radius, function, reserve level
MEMBERS = (
    ("白坡山省级自然保护区", 0.80, 0.16, 0.150, "生物多样性维护", "省级"),
    ("攀枝花苏铁国家级自然保护区", 0.20, 0.44, 0.125, "生物多样性维护", "国家级"),
    ("二滩鸟类省级自然保护区", 0.20, 0.14, 0.120, "生物多样性维护", "省级"),
    ("石箐沟口水源地", 0.62, 0.66, 0.050, "水源涵养", ""),
    ("其他经批准划定的生态保护红线区（示范一）", 0.24, 0.84, 0.150, "水土保持", ""),
    ("其他经批准划定的生态保护红线区（示范二）", 0.80, 0.82, 0.140, "水源涵养", ""),
    ("其他经批准划定的生态保护红线区（示范三）", 0.50, 0.24, 0.100, "水土保持", ""),
    ("其他经批准划定的生态保护红线区（示范四）", 0.90, 0.46, 0.075, "水土保持", ""),
)
# name, middle and length along the river as shares of the scene's width
RIVER_MEMBERS = (
    ("金沙江格里坪水源地", 0.10, 0.09),
    ("金沙江河门口水源地", 0.34, 0.08),
    ("金沙江大渡口水源地", 0.60, 0.07),
    ("金沙江炳草岗水源地", 0.83, 0.08),
)
RIVER_MARGIN_M = 70.0
SMALLEST_PART_M2 = 0.5  # 0.00005 ha: below it a clipped area rounds to 0.0000 ha
NUMERALS = "一二三四五六七八九十"


def numeral(number: int) -> str:
    """A whole number from 1 to 99 in Chinese.

    >>> numeral(7), numeral(10), numeral(23)
    ('七', '十', '二十三')
    """
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else NUMERALS[tens - 1] + "十")
    return head + (NUMERALS[ones - 1] if ones else "")


def division_lines(width: float, height: float, rng: np.random.Generator) -> tuple[list, list]:
    """Lines from west to east, and for each band the lines from north to south between them.

    A north-south line starts and ends on a point of the lines above and below, so the
    pieces share every corner exactly.
    """
    xs = np.linspace(0.0, width, EDGE_POINTS)
    across = []
    for edge in BAND_EDGES:
        inner = 0.0 < edge < 1.0
        ys = np.full(EDGE_POINTS, edge * height)
        across.append(np.column_stack([xs, ys + inner * wavy(rng, EDGE_POINTS, WIGGLE * height)]))
    down = []
    for band, edges in enumerate(COLUMN_EDGES):
        lines = []
        for edge in edges:
            at = round(edge * (EDGE_POINTS - 1))
            top, bottom = across[band][at], across[band + 1][at]
            ys = np.linspace(top[1], bottom[1], EDGE_POINTS)
            x = top[0] + wavy(rng, EDGE_POINTS, WIGGLE * width)
            x[0], x[-1] = top[0], bottom[0]
            lines.append(np.column_stack([x, ys]))
        down.append(lines)
    return across, down


def townships(width: float, height: float, rng: np.random.Generator) -> dict[str, BaseGeometry]:
    """Township code → polygon; together they are the scene, without gap or overlap."""
    across, down = division_lines(width, height, rng)
    lines = [shapely.LineString(line) for line in across]
    lines += [shapely.LineString(line) for band in down for line in band]
    for x, side in ((0.0, 0), (width, -1)):
        ys = [line[side][1] for line in across]
        lines.append(shapely.LineString([(x, y) for y in ys]))
    faces = shapely.get_parts(shapely.polygonize([shapely.unary_union(lines)]))
    found: dict[str, list] = {}
    for face in faces:
        at = shapely.point_on_surface(face)
        band = sum(at.y > np.interp(at.x, line[:, 0], line[:, 1]) for line in across[1:-1])
        column = sum(at.x > np.interp(at.y, line[:, 1], line[:, 0]) for line in down[band])
        found.setdefault(TOWNSHIPS[band][column][0], []).append(face)
    return {code: shapely.unary_union(parts) for code, parts in found.items()}


def make_divisions(width: float, height: float, seed: int) -> gpd.GeoDataFrame:
    """Province, city, counties and townships; columns code, name, level, parent, geometry."""
    pieces = townships(width, height, np.random.default_rng([seed, 11]))
    names = dict(town for band in TOWNSHIPS for town in band)
    counties = {
        code: shapely.unary_union([g for town, g in pieces.items() if town.startswith(code)])
        for code in COUNTIES
    }
    whole = shapely.unary_union(list(counties.values()))
    rows = [(*PROVINCE, "province", "", whole), (*CITY, "city", PROVINCE[0], whole)]
    rows += [(code, COUNTIES[code], "county", CITY[0], g) for code, g in counties.items()]
    rows += [(code, names[code], "township", code[:6], pieces[code]) for code in sorted(pieces)]
    return gpd.GeoDataFrame(rows, columns=["code", "name", "level", "parent", "geometry"])


def river_reach(
    layout: Layout, width: float, height: float, at: float, length: float
) -> BaseGeometry:
    """A water-source member: a stretch of the river with its banks."""
    west = 0.5 * height * layout.axis_sin
    us = np.linspace((at - length / 2) * width + west, (at + length / 2) * width + west, 40)
    vs = np.array([river_line(u, 0, layout) for u in us])
    xs = us * layout.axis_cos - vs * layout.axis_sin
    ys = vs * layout.axis_cos + us * layout.axis_sin
    margin = layout.river_half_width + RIVER_MARGIN_M * layout.scale**0.5
    return shapely.LineString(np.column_stack([xs, ys])).buffer(margin, cap_style="flat")


def outlines(layout: Layout, width: float, height: float, factor: float) -> list[tuple]:
    """Every redline member before overlaps are settled: (name, function, level, outline)."""
    rng = np.random.default_rng([layout.seed, 12])
    scene = shapely.box(0, 0, width, height)
    found = []
    for name, at, length in RIVER_MEMBERS:
        found.append((name, "水源涵养", "", river_reach(layout, width, height, at, length)))
    size = math.sqrt(width * height)
    for k, (name, x, y, radius, function, level) in enumerate(MEMBERS):
        area = math.pi * (radius * size * factor) ** 2
        outline = blob(rng, area, aspect=rng.uniform(1.1, 1.7), rough=0.33, points=160)
        outline = affinity.scale(outline, width / size, height / size, origin=(0, 0))
        if k == 2:  # a member of two parts
            island = blob(rng, area * 0.12, rough=0.3, points=60)
            outline = outline.union(affinity.translate(island, 1.9 * math.sqrt(area / math.pi), 0))
        if k == 4:  # a member with land left out of its middle
            gap = affinity.translate(blob(rng, area * 0.05, points=60), 0.15 * math.sqrt(area), 0)
            outline = outline.difference(gap)
        jitter = rng.uniform(-0.015, 0.015, 2) * size
        placed = affinity.translate(outline, x * width + jitter[0], y * height + jitter[1])
        found.append((name, function, level, placed))
    clean = []
    taken = shapely.Polygon()
    for name, function, level, outline in found:
        whole = shapely.make_valid(outline).intersection(scene)
        own = polygons_of(whole.difference(taken), 0.0004 * width * height)
        taken = taken.union(own)
        if not own.is_empty:
            clean.append((name, function, level, own))
    return clean


def make_redline(layout: Layout, width: float, height: float) -> gpd.GeoDataFrame:
    """Redline polygons covering about REDLINE_SHARE of the scene; a reserve has a core and a rim.

    Columns code, name, control_zone, function, version, level, geometry.
    """
    low, high = 0.4, 2.2
    for _ in range(12):
        factor = 0.5 * (low + high)
        members = outlines(layout, width, height, factor)
        share = sum(m[3].area for m in members) / (width * height)
        low, high = (factor, high) if share < REDLINE_SHARE else (low, factor)
    rows = []
    for name, function, level, outline in members:
        parts = [("general", outline)]
        if level:
            core = polygons_of(outline.buffer(-0.28 * math.sqrt(outline.area / math.pi)))
            if not core.is_empty:
                parts = [("core", core), ("general", polygons_of(outline.difference(core)))]
        rows += [(name, zone, function, level, part) for zone, part in parts]
    return gpd.GeoDataFrame(
        [(f"DEMO-{k:03d}", name, zone, function, VERSION, level, g)
         for k, (name, zone, function, level, g) in enumerate(rows, 1)],
        columns=["code", "name", "control_zone", "function", "version", "level", "geometry"],
    )  # fmt: skip


def make_protected_areas(redline: gpd.GeoDataFrame, layout: Layout) -> gpd.GeoDataFrame:
    """The three reserves with outlines of their own; columns code, name, level, kind, geometry."""
    rng = np.random.default_rng([layout.seed, 13])
    rows = []
    reserves = redline[redline["level"] != ""]
    for k, (name, parts) in enumerate(reserves.groupby("name", sort=False), 1):
        whole = shapely.unary_union(parts.geometry.to_numpy())
        main = max(shapely.get_parts(whole), key=lambda p: p.area)
        reach = math.sqrt(main.area / math.pi)
        shifted = affinity.translate(main, *(0.10 * reach * rng.uniform(-1.0, 1.0, 2)))
        factor = float(rng.uniform(0.86, 0.98))
        outline = affinity.scale(shifted, factor, factor).simplify(0.02 * reach)
        rows.append((f"DEMO-BH{k:02d}", name, parts["level"].iloc[0], "自然保护区", outline))
    return gpd.GeoDataFrame(rows, columns=["code", "name", "level", "kind", "geometry"])


def make_places(layout: Layout, width: float, height: float) -> gpd.GeoDataFrame:
    """Some 25 named points: columns name, kind, geometry. Names are plainly made up."""
    rng = np.random.default_rng([layout.seed, 14])
    towns = [
        (f"示范社区{numeral(k)}", "community", s) for k, s in enumerate(layout.settlements[:5], 1)
    ]
    villages = layout.settlements[5:45]
    towns += [(f"示范村{numeral(k)}", "village", s) for k, s in enumerate(villages, 1)]
    towns += [(f"示范水库{numeral(k)}", "reservoir", s) for k, s in enumerate(layout.lakes[:9], 1)]
    rows = [(name, kind, shapely.Point(s[0], s[1])) for name, kind, s in towns]
    hills = max(5, 25 - len(rows))
    for k in range(1, hills + 1):
        at = shapely.Point(*(rng.uniform(0.05, 0.95, 2) * (width, height)))
        rows.append((f"示范山{numeral(k)}", "hill", at))
    return gpd.GeoDataFrame(rows, columns=["name", "kind", "geometry"])


def where_of(outline: BaseGeometry, redline: BaseGeometry, reserves: BaseGeometry) -> str:
    """'outside' the redline, 'protected' when most of the part inside is in a reserve, or 'inside'."""
    clipped = outline.intersection(redline)
    if clipped.area < SMALLEST_PART_M2:
        return "outside"
    return "protected" if clipped.intersection(reserves).area > 0.5 * clipped.area else "inside"
