"""A delivery of the redline as it came: every attribute, and every fault of the file at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.boundary.cutting import INTERIORS_MEET
from ecoredline.codes import code_list
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.ledger import Fault
from ecoredline.record import Job
from ecoredline.vector.fields import flags, take_columns
from ecoredline.vector.layer import read_layer
from ecoredline.vector.roles import HINTS, control_zones

TEXTS = ("code", "name", "function", "sensitivity", "division", "control_zone")
LENGTHS = {"code": 60, "name": 200, "function": 200, "sensitivity": 100}
BETWEEN_WORDS = re.compile(r"[、，,;；/+＋\s]+")
OVERLAP_HA = 0.0001
MOST_FAULTS = 200
WHOLE_FILE = 0
PAIRS_AT_ONCE = 64


@dataclass
class DeliveryReading:
    """Polygons with code, name, function, sensitivity, division, control_zone, zone_word; notes, faults.

    `rows` are their numbers in the file, from 1; each fault names its row and column.
    """

    frame: gpd.GeoDataFrame
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    is_demo: bool = False
    rows: list[int] = field(default_factory=list)

    def numbered(self, column: str) -> Iterator[tuple[int, str]]:
        """Each row's number in the file with its word in a column."""
        return zip(self.rows, self.frame[column], strict=True)

    def fault(self, row: int, column: str, value: str, reason: str) -> None:
        """Note what is wrong with a word."""
        self.faults.append(Fault(row, head(column), value[:60], reason))


def head(column: str) -> str:
    """What a column of the redline is called.

    >>> head("control_zone")
    '管控区'
    """
    return code_list("field_aliases")[f"redline.{column}"]["zh"]


def read_delivery(path: Path | str, job: Job | None = None, **options) -> DeliveryReading:
    """Read GPKG, zipped SHP or GeoJSON of redline polygons 红线斑块 in any state (EPSG:4490 after).

    `options` are those of `vector.read_layer`. What the whole file cannot be read for is raised
    (`SourceError`, `UnsuitableCRS`, `InputError`); what single polygons lack is in `faults`.
    """
    job = job or Job()
    layer = read_layer(path, wanted="polygon", hints=HINTS["redline"], job=job, **options)
    taken = take_columns(layer.frame, "redline")
    blank = np.full(len(layer.frame), "", dtype=object)
    data = {c: pd.Series(taken.get(c, blank), dtype=object) for c in TEXTS}
    made = flags(taken.get("is_demo", blank))
    found = DeliveryReading(
        gpd.GeoDataFrame(data, geometry=layer.frame.geometry.to_numpy(), crs=layer.frame.crs),
        list(layer.notes), is_demo=bool(made.any()), rows=layer.rows.tolist(),
    )  # fmt: skip
    found.frame["zone_word"] = found.frame["control_zone"]
    if made.any() and not made.all():
        said = f"演示数据 {int(made.sum())} 个与真实数据 {int((~made).sum())} 个斑块混在一个文件中，应分开"
        found.fault(WHOLE_FILE, "is_demo", "", said)
    if "code" not in taken:
        have = "、".join(str(c) for c in layer.frame.columns if c != "geometry") or "无"
        said = f"没有斑块编码列；文件有：{have}。编码用于与上一版本逐斑块比对"
        found.fault(WHOLE_FILE, "code", "", said)
    check_codes(found, "code" in taken)
    check_words(found)
    check_overlaps(found, job)
    if len(found.faults) > MOST_FAULTS:
        more = len(found.faults) - MOST_FAULTS
        del found.faults[MOST_FAULTS:]
        found.fault(WHOLE_FILE, "code", "", f"另有 {more} 处问题未列出")
    return found


def check_codes(found: DeliveryReading, has_codes: bool) -> None:
    """Codes there, once each, not too long; division codes of six digits."""
    frame, seen = found.frame, {}
    for row, code in found.numbered("code"):
        if has_codes and not code:
            found.fault(row, "code", "", "未填写")
        elif code in seen and code:
            found.fault(row, "code", code, f"与第{seen[code]}行重复")
        seen.setdefault(code, row)
    for column, most in LENGTHS.items():
        for row, text in found.numbered(column):
            if len(text) > most:
                found.fault(row, column, text, f"有 {len(text)} 字，应不超过 {most} 字")
    for row, code in found.numbered("division"):
        if code and not (code.isascii() and code.isdigit() and len(code) in (6, 9, 12)):
            found.fault(row, "division", code, "应为 6 位数字")
    frame["division"] = [code[:6] for code in frame["division"]]


def check_words(found: DeliveryReading) -> None:
    """Control zones of the list (a fault otherwise); functions and sensitivities (a note)."""
    frame, unknown = found.frame, []
    frame["control_zone"] = control_zones(frame["zone_word"].to_numpy(), unknown)
    known = "、".join(r["zh"] for r in code_list("control_zones").values())
    for (row, word), code in zip(found.numbered("zone_word"), frame["control_zone"], strict=True):
        if word and not code:
            found.fault(row, "control_zone", word, f"不在代码表中，应为：{known}")
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


def check_overlaps(found: DeliveryReading, job: Job) -> None:
    """No ground in two polygons of one version; a pair of large ones takes a while."""
    shapes = np.asarray(found.frame.geometry.to_numpy(), dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes)
    keep = first < second
    first, second = first[keep], second[keep]
    codes = found.frame["code"]
    for start in range(0, len(first), PAIRS_AT_ONCE):
        job.at("overlaps", start / len(first))
        one, other = first[start : start + PAIRS_AT_ONCE], second[start : start + PAIRS_AT_ONCE]
        meet = shapely.relate_pattern(shapes[one], shapes[other], INTERIORS_MEET)
        one, other = one[meet], other[meet]
        areas = areas_ha(shapely.intersection(shapes[one], shapes[other])) if len(one) else []
        for i, k, area in zip(one, other, areas, strict=True):
            if area >= OVERLAP_HA:
                said = f"与第{found.rows[k]}行 {codes[k]} 重叠 {round_ha(area):.4f} 公顷，应不重叠"
                found.fault(found.rows[i], "code", codes[i], said)
