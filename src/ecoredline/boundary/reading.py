"""A delivery of the redline as it came: every attribute, and every fault of the file at once."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.boundary.cutting import INTERIORS_MEET
from ecoredline.codes import code_list
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.vector.fields import flags, take_columns
from ecoredline.vector.layer import read_layer
from ecoredline.vector.roles import HINTS, control_zones

TEXTS = ("code", "name", "function", "sensitivity", "division", "control_zone")
LENGTHS = {"code": 60, "name": 200, "function": 200, "sensitivity": 100}
BETWEEN_WORDS = re.compile(r"[、，,;；/+＋\s]+")
OVERLAP_HA = 0.0001
MOST_FAULTS = 200


@dataclass
class DeliveryReading:
    """Polygons with code, name, function, sensitivity, division, control_zone, zone_word; notes, faults."""

    frame: gpd.GeoDataFrame
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    is_demo: bool = False


def read_delivery(path: Path | str, **options) -> DeliveryReading:
    """Read GPKG, zipped SHP or GeoJSON of redline polygons 红线斑块 in any state (EPSG:4490 after).

    `options` are those of `vector.read_layer`. What the whole file cannot be read for is raised
    (`SourceError`, `UnsuitableCRS`, `InputError`); what single polygons lack is in `faults`.
    """
    layer = read_layer(path, wanted="polygon", hints=HINTS["redline"], **options)
    taken = take_columns(layer.frame, "redline")
    blank = np.full(len(layer.frame), "", dtype=object)
    data = {c: pd.Series(taken.get(c, blank), dtype=object) for c in TEXTS}
    made = flags(taken.get("is_demo", blank))
    found = DeliveryReading(
        gpd.GeoDataFrame(data, geometry=layer.frame.geometry.to_numpy(), crs=layer.frame.crs),
        list(layer.notes),
        is_demo=bool(made.any()),
    )
    found.frame["zone_word"] = found.frame["control_zone"]
    if made.any() and not made.all():
        found.faults.append(
            f"演示数据 {int(made.sum())} 个与真实数据 {int((~made).sum())} 个斑块混在一个文件中，应分开"
        )
    if "code" not in taken:
        have = "、".join(str(c) for c in layer.frame.columns if c != "geometry") or "无"
        found.faults.append(f"没有斑块编码列；文件有：{have}。编码用于与上一版本逐斑块比对")
    check_codes(found, "code" in taken)
    check_words(found)
    check_overlaps(found)
    if len(found.faults) > MOST_FAULTS:
        more = len(found.faults) - MOST_FAULTS
        found.faults[MOST_FAULTS:] = [f"另有 {more} 处问题未列出"]
    return found


def check_codes(found: DeliveryReading, has_codes: bool) -> None:
    """Codes there, once each, not too long; division codes of six digits."""
    frame, seen = found.frame, {}
    for row, code in enumerate(frame["code"], 1):
        if has_codes and not code:
            found.faults.append(f"第{row}个斑块：编码为空")
        elif code in seen and code:
            found.faults.append(f"第{row}个斑块：编码“{code}”与第{seen[code]}个斑块重复")
        seen.setdefault(code, row)
    for column, most in LENGTHS.items():
        for row, text in enumerate(frame[column], 1):
            if len(text) > most:
                found.faults.append(
                    f"第{row}个斑块：{column} 有 {len(text)} 字，应不超过 {most} 字"
                )
    for row, code in enumerate(frame["division"], 1):
        if code and not (code.isascii() and code.isdigit() and len(code) in (6, 9, 12)):
            found.faults.append(f"第{row}个斑块：行政区划代码“{code}”应为 6 位数字")
    frame["division"] = [code[:6] for code in frame["division"]]


def check_words(found: DeliveryReading) -> None:
    """Control zones of the list (a fault otherwise); functions and sensitivities (a note)."""
    frame, unknown = found.frame, []
    frame["control_zone"] = control_zones(frame["zone_word"].to_numpy(), unknown)
    for row, (word, code) in enumerate(
        zip(frame["zone_word"], frame["control_zone"], strict=True), 1
    ):
        if word and not code:
            known = "、".join(r["zh"] for r in code_list("control_zones").values())
            found.faults.append(f"第{row}个斑块：管控区“{word}”不在代码表中，应为：{known}")
    for column, name in (
        ("function", "redline_functions"),
        ("sensitivity", "redline_sensitivities"),
    ):
        known = {w for r in code_list(name).values() for w in (r["zh"], r["code"])}
        strange = sorted({
            w for text in frame[column] for w in BETWEEN_WORDS.split(text) if w and w not in known
        })  # fmt: skip
        if strange:
            found.notes.append(
                f"{column} 中有代码表以外的写法，照原样保存：{'、'.join(strange[:8])}"
            )


def check_overlaps(found: DeliveryReading) -> None:
    """No ground in two polygons of one version."""
    shapes = np.asarray(found.frame.geometry.to_numpy(), dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    keep = first < second
    first, second = first[keep], second[keep]
    meet = shapely.relate_pattern(shapes[first], shapes[second], INTERIORS_MEET)
    first, second = first[meet], second[meet]
    areas = areas_ha(shapely.intersection(shapes[first], shapes[second])) if len(first) else []
    codes = found.frame["code"]
    for one, other, area in zip(first, second, areas, strict=True):
        if area >= OVERLAP_HA:
            found.faults.append(
                f"第{one + 1}个斑块 {codes[one]} 与第{other + 1}个斑块 {codes[other]} "
                f"重叠 {round_ha(area):.4f} 公顷，应不重叠"
            )
