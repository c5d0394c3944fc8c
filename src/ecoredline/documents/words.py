"""Small words: how a value of the patch table is written in a document."""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from ecoredline.codes import code_list, label
from ecoredline.errors import InputError
from ecoredline.geodesy import format_dms, round_ha
from ecoredline.patches.columns import AREA_DECIMALS, LONLAT_DECIMALS

# What XML 1.0 cannot hold (section 2.2), so neither DOCX nor XLSX can.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOT_IN_FILE_NAMES = re.compile(r"[^\w-]+")
UNCALIBRATED = "规则推断，未校准"


def text(value) -> str:
    r"""A value as clean text: None and NaN are blank, lists are joined by 、, controls are dropped.

    >>> text(["甲", "乙"]), text(float("nan")), text("a\x00b")
    ('甲、乙', '', 'ab')
    """
    if isinstance(value, list | tuple):
        return "、".join(t for t in map(text, value) if t)
    if value is None or value != value:
        return ""
    return NOT_IN_XML.sub("", str(value)).strip()


def as_list(value) -> list[str]:
    """A json column as a list of texts, whether it comes as a list or as JSON text.

    >>> as_list('["甲"]'), as_list(None), as_list(["乙", ""])
    (['甲'], [], ['乙'])
    """
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip().startswith("[") else [value]
        except ValueError:
            value = [value]
    if not isinstance(value, Iterable):
        return []
    return [t for t in map(text, value) if t]


def number(value) -> float | None:
    """A finite number, or None for blank, NaN and infinity."""
    if value is None or value != value or value == "":
        return None
    value = float(value)
    return None if value in (float("inf"), float("-inf")) else value


def hectares(value, what: str = "area") -> Decimal:
    """Hectares rounded to the 4 decimals that map, list, letter and statistics share.

    Raises `InputError` where there is no number: an official list has no blank area.

    >>> hectares(1.23456)
    Decimal('1.2346')
    """
    found = number(value)
    if found is None:
        raise InputError(f"got {value!r} for {what}; wanted hectares: compute the area first")
    return Decimal(f"{round_ha(found):.{AREA_DECIMALS}f}")


def degrees(value) -> str:
    """Decimal degrees with 6 decimals; blank when there is none."""
    found = number(value)
    return "" if found is None else f"{found:.{LONLAT_DECIMALS}f}"


def dms(value, axis: str) -> str:
    """Degrees, minutes and seconds; blank when there is none. `axis` is lon or lat.

    >>> dms(101.7186999, "lon")
    'E101°43′07.32″'
    """
    found = number(value)
    return "" if found is None else format_dms(found, axis, 2)


def label_of(name: str, code, field: str = "zh") -> str:
    """The Chinese label of a code, several joined by ; allowed; a word not in the list stays itself.

    >>> label_of("control_zones", "core;general")
    '核心保护区、一般控制区'
    """
    rows = code_list(name)
    parts = [p.strip() for p in re.split("[;,、；，]", text(code)) if p.strip()]
    return "、".join(rows[p][field] if p in rows else p for p in parts)


def labels(name: str, codes) -> str:
    """Labels of one code or of several joined by ; — blank stays blank.

    Raises `UnknownCode` for a code that is not in the list.

    >>> labels("problem_types", "space;vegetation")
    '占用生态空间、破坏地表植被'
    """
    given = [c.strip() for c in text(codes).split(";") if c.strip()]
    return "、".join(label(name, code) for code in given)


def confidence(value) -> str:
    """A confidence with the words that keep it honest; blank when there is none.

    >>> confidence(0.8)
    '0.80（规则推断，未校准）'
    """
    found = number(value)
    return "" if found is None else f"{found:.2f}（{UNCALIBRATED}）"


def safe_name(patch_id) -> str:
    """A patch id as a file name that cannot leave its folder.

    >>> safe_name("../../etc/x")
    'etc-x'
    """
    return NOT_IN_FILE_NAMES.sub("-", text(patch_id)).strip("-") or "patch"


def rows_of(frame) -> list[Mapping]:
    """The rows of a patch table as mappings, in the documents' order: division, then id."""
    if frame is None or not len(frame):
        return []
    rows = frame.to_dict("records")
    return sorted(rows, key=lambda r: (text(r.get("division_code")), text(r.get("patch_id"))))


def is_demo(record: Mapping | None, *patches: Mapping) -> bool:
    """Do any of these say that they are made by the simulator?

    >>> is_demo({"is_demo": False}, {"is_demo": True}), is_demo(None)
    (True, False)
    """
    return any((told or {}).get("is_demo") in (True, 1) for told in (record, *patches))
