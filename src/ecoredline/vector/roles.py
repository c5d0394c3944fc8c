"""The four layers a run knows, each with its columns: redline, protected areas, divisions, places."""

import unicodedata
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ecoredline.codes import code_list
from ecoredline.errors import InputError, UnsuitableCRS
from ecoredline.vector.fields import flags, require, take_columns
from ecoredline.vector.gcj02 import check_gcj02
from ecoredline.vector.layer import Layer, read_layer
from ecoredline.vector.shapes import MOST_NAMED

LEVELS = ("province", "city", "county", "township")
COMMERCIAL_FIELDS = {"adcode", "acroutes", "childrennum", "centroid", "subfeatureindex"}
HINTS = {
    "redline": ("redline", "生态保护红线", "红线"),
    "protected": ("protected_areas", "protected", "自然保护地", "保护地"),
    "divisions": ("divisions", "行政区划", "xzq", "county", "counties"),
    "places": ("places", "地名"),
}


def read_redline(
    path: Path | str, *, version: str = "", reference: Layer | None = None, **options
) -> Layer:
    """Redline polygons 红线斑块: code, name, control_zone, function, version, is_demo.

    `control_zone` is core, general or ''; a word not in the list `control_zones` is noted.
    `version` fills the column where the file has none. `options` are those of `read_layer`.
    Raises `InputError` when demo and real polygons are mixed.
    """
    layer, taken = _read(path, "redline", options)
    frame = _frame(layer, taken, ("code", "name", "control_zone", "function", "version"))
    frame["code"] = _codes_or_rows(frame["code"].to_numpy(), "R", layer)
    frame["control_zone"] = control_zones(frame["control_zone"].to_numpy(), layer.notes)
    frame["version"] = frame["version"].where(frame["version"] != "", version)
    if frame["is_demo"].any() and not frame["is_demo"].all():
        made = int(frame["is_demo"].sum())
        raise InputError(
            f"got {path} with {made} demo and {len(frame) - made} real polygons; "
            "demo and real redlines cannot be mixed: keep them in files of their own"
        )
    return _finish(layer, frame, path, reference, options)


def read_protected_areas(path: Path | str, *, reference: Layer | None = None, **options) -> Layer:
    """Protected areas 自然保护地: code, name, level, kind, is_demo. Options as `read_layer`."""
    layer, taken = _read(path, "protected", options)
    frame = _frame(layer, taken, ("code", "name", "level", "kind"))
    frame["code"] = _codes_or_rows(frame["code"].to_numpy(), "P", layer)
    return _finish(layer, frame, path, reference, options)


def read_divisions(path: Path | str, *, reference: Layer | None = None, **options) -> Layer:
    """Divisions 行政区划: code, name, level, province, city, is_demo; levels may be mixed.

    Codes become 6 digits (9 for townships) and decide the level; `province` and `city` hold
    the parents' names where the file gives them. A layer that lies off its known places as
    GCJ-02 would is noted with the metres. Raises `InputError` for codes that are none.
    """
    layer, taken = _read(path, "divisions", options)
    require(taken, "code", layer.frame, "divisions", path)
    frame = _frame(layer, taken, ("code", "name", "province", "city"))
    frame["code"] = division_codes(frame["code"].to_numpy(), path)
    kept = (frame["code"] != "").to_numpy() & (frame["code"].str.len() <= 9).to_numpy()
    if not kept.all():
        layer.notes.append(f"{int((~kept).sum())} 个要素没有行政区划代码或为村级，未采用")
    if not kept.any():
        raise InputError(
            f"got {path} with no code of a township or above; wanted 6, 9 or 12 digits"
        )
    frame = frame[kept].reset_index(drop=True)
    frame.insert(2, "level", [division_level(c) for c in frame["code"]])
    unnamed = frame["name"] == ""
    if unnamed.any():
        known = code_list("divisions")
        frame.loc[unnamed, "name"] = [
            known[c]["zh"] if c in known else c for c in frame["code"][unnamed]
        ]
        layer.notes.append(f"{int(unnamed.sum())} 个行政区划没有名称，以代码表名称或代码代替")
    if COMMERCIAL_FIELDS & {str(c).casefold() for c in layer.frame.columns} - {"adcode"}:
        layer.notes.append("字段与商业地图行政区划数据一致，这类数据多为 GCJ-02 坐标，请核对")
    done = _finish(layer, frame, path, reference, options)
    if reference is None and options.get("gcj02") != "ignore" and not done.is_demo:
        finding = check_gcj02(done)
        if finding.likely:
            done.notes.append(finding.note)
    return done


def read_places(path: Path | str, **options) -> Layer:
    """Named places 地名 as points: name, kind, is_demo; the unnamed are left out and noted."""
    layer, taken = _read(path, "places", options, wanted="point")
    require(taken, "name", layer.frame, "places", path)
    frame = _frame(layer, taken, ("name", "kind"))
    unnamed = (frame["name"] == "").to_numpy()
    if unnamed.all():
        raise InputError(f"got {path} with no named place; wanted a name for each point")
    if unnamed.any():
        layer.notes.append(f"{int(unnamed.sum())} 个地名点没有名称，未采用")
    return _finish(layer, frame[~unnamed].reset_index(drop=True), path, None, options)


def control_zones(words: np.ndarray, notes: list[str]) -> list[str]:
    """Words for the control zone → codes of the list `control_zones`; unknown words are noted.

    Zones of older schemes keep codes of their own: they are not today's zones.

    >>> control_zones(np.array(["核心保护区", "实验区", "一类", ""], dtype=object), [])
    ['core', 'experimental', 'class_1', '']
    """
    known = {}
    for code, row in code_list("control_zones").items():
        for word in filter(None, (code, row["zh"], row["en"], *row["legacy"].split(";"))):
            known[_plain(word)] = code
    zones, unknown = [], {}
    for word in words:
        if word and _plain(word) not in known:
            unknown[word] = unknown.get(word, 0) + 1
        zones.append(known.get(_plain(word), ""))
    for word, count in list(unknown.items())[:MOST_NAMED]:
        notes.append(f"管控区“{word}”不在代码表中（{count} 个斑块），管控区留空")
    return zones


def division_codes(codes: np.ndarray, path="the layer") -> list[str]:
    """Codes as 6 digits (9 for townships, 12 for villages); blank stays blank.

    Short codes of provinces and cities (2, 4 digits) and filled-up ones (510402000000) are
    brought to 6 digits. Raises `InputError` naming what is no code.

    >>> division_codes(["51", "5104", "510402000000", "510402001000", ""])
    ['510000', '510400', '510402', '510402001', '']
    """
    done, wrong = [], []
    for row, code in enumerate(codes, 1):
        code = unicodedata.normalize("NFKC", code).strip()
        if code and not (code.isascii() and code.isdigit() and len(code) in (2, 4, 6, 9, 12)):
            wrong.append(f"feature {row}: {code!r}")
            continue
        if len(code) in (2, 4):
            code = code.ljust(6, "0")
        if len(code) == 12 and code.endswith("000"):
            code = code[:9]
        if len(code) == 9 and code.endswith("000"):
            code = code[:6]
        done.append(code)
    if wrong:
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise InputError(
            f"got {path} with division codes that are none ({', '.join(wrong[:MOST_NAMED])}{more}); "
            "wanted 6, 9 or 12 digits of GB/T 2260: mend the code column"
        )
    return done


def division_level(code: str) -> str:
    """Level of a code of 6 or 9 digits.

    >>> [division_level(c) for c in ("510000", "510400", "510402", "510402001")]
    ['province', 'city', 'county', 'township']
    """
    if len(code) > 6:
        return "township"
    if code.endswith("0000"):
        return "province"
    return "city" if code.endswith("00") else "county"


def _read(path, role: str, options: dict, wanted: str = "polygon"):
    layer = read_layer(path, wanted=wanted, hints=HINTS[role], **options)
    return layer, take_columns(layer.frame, role)


def _frame(layer: Layer, taken: dict, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """The standard columns, blank where the file has none, with is_demo and the shapes."""
    count = len(layer.frame)
    blank = np.full(count, "", dtype=object)
    data = {c: pd.Series(taken.get(c, blank), dtype=object) for c in columns}
    data["is_demo"] = flags(taken.get("is_demo", blank))
    return gpd.GeoDataFrame(data, geometry=layer.frame.geometry.to_numpy(), crs=layer.frame.crs)


def _codes_or_rows(codes: np.ndarray, letter: str, layer: Layer) -> list[str]:
    """Codes as they are; a feature without one gets its row number, which is noted."""
    blank = sum(code == "" for code in codes)
    if blank:
        layer.notes.append(f"{blank} 个要素没有编码，以行号代替（{letter}1、{letter}2…）")
    return [code or f"{letter}{row}" for row, code in enumerate(codes, 1)]


def _finish(layer: Layer, frame, path, reference: Layer | None, options: dict) -> Layer:
    """Check against a trusted reference layer if there is one; raise or note what it shows."""
    done = Layer(frame, layer.notes, bool(frame["is_demo"].any()))
    if reference is None or options.get("gcj02") == "ignore":
        return done
    finding = check_gcj02(done, reference)
    if finding.likely and options.get("gcj02") == "refuse":
        raise UnsuitableCRS(
            f"got {path}, which fits its reference only when taken for GCJ-02 ({finding.shift_m:.0f} m off); "
            "wanted CGCS2000: say gcj02='convert' if that is so, or 'ignore'"
        )
    if finding.likely:
        done.notes.append(finding.note)
    return done


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).replace(" ", "").casefold()
