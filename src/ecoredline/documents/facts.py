"""What is said of one patch, as pairs of label and words; sheet and document share them."""

from collections.abc import Mapping

from ecoredline.documents.words import (
    as_list,
    confidence,
    degrees,
    dms,
    hectares,
    label_of,
    number,
    text,
)

NOT_GIVEN = "未提供"
UNDETERMINED = "待判定"


def division_words(patch: Mapping) -> str:
    """Province to township in one line, with the code and the note of a tie."""
    names = "".join(text(patch.get(n)) for n in ("province", "city", "county", "township"))
    code, note = text(patch.get("division_code")), text(patch.get("division_note"))
    said = names + (f"（{code}）" if code else "")
    return "；".join(p for p in (said, note) if p) or NOT_GIVEN


def coordinates_words(patch: Mapping) -> str:
    """Decimal degrees, then degrees, minutes and seconds; CGCS2000."""
    lon, lat = patch.get("lon"), patch.get("lat")
    if number(lon) is None or number(lat) is None:
        return NOT_GIVEN
    return f"{degrees(lon)}°，{degrees(lat)}°（{dms(lon, 'lon')}，{dms(lat, 'lat')}；CGCS2000）"


def area_words(value) -> str:
    """Hectares with 4 decimals."""
    found = number(value)
    return NOT_GIVEN if found is None else f"{hectares(found)} 公顷"


def redline_words(patch: Mapping) -> str:
    """Names and codes of the redline polygons that the patch touches."""
    names, codes = as_list(patch.get("redline_names")), as_list(patch.get("redline_ids"))
    if len(names) == len(codes):
        pairs = [f"{n}（{c}）" if c else n for n, c in zip(names, codes, strict=True)]
        return "、".join(pairs) or "不涉及"
    return "、".join(names + codes) or "不涉及"


def judged_words(patch: Mapping, name: str, labels: str, sure: str) -> str:
    """A suggested type with its confidence; a blank one is still to be judged."""
    said = label_of(labels, patch.get(name))
    if not said:
        return UNDETERMINED
    how = confidence(patch.get(sure))
    return f"{said}，置信度 {how}" if how else said


def image_words(patch: Mapping, record: Mapping, role: str) -> str:
    """Date, image id and sensor of one date."""
    facts = record.get("inputs", {}).get(role, {})
    parts = (
        text(patch.get(f"{role}_on")) or text(facts.get("acquired_on")) or "日期未知",
        text(patch.get(f"{role}_image")) or text(facts.get("name")),
        text(facts.get("sensor")),
    )
    return "，".join(p for p in parts if p)


def ndvi_words(patch: Mapping) -> str:
    """NDVI on both dates."""
    before, after = (number(patch.get(f"ndvi_{d}")) for d in ("before", "after"))
    if before is None or after is None:
        return ""
    return f"{before:.3f} → {after:.3f}"


def patch_facts(patch: Mapping, record: Mapping) -> list[tuple[str, str]]:
    """All facts of the evidence sheet, in reading order; what is blank is left out.

    >>> patch_facts({"patch_id": "a"}, {})[0]
    ('图斑编号', 'a')
    """
    protected = "、".join(as_list(patch.get("protected_names")))
    protected_ha = number(patch.get("protected_area_ha")) or 0.0
    said = f"{protected}（{protected_ha:.4f} 公顷）" if protected or protected_ha else "不涉及"
    facts = [
        ("图斑编号", text(patch.get("patch_id"))),
        ("去向", label_of("channels", patch.get("channel"))),
        ("行政区", division_words(patch)),
        ("位置描述", text(patch.get("position")) or NOT_GIVEN),
        ("中心坐标", coordinates_words(patch)),
        ("图斑面积", area_words(patch.get("area_ha"))),
        ("涉及红线面积", area_words(patch.get("redline_area_ha"))),
        ("红线斑块", redline_words(patch)),
        ("管控区", label_of("control_zones", patch.get("control_zone")) or NOT_GIVEN),
        ("红线版本", text(patch.get("redline_version")) or NOT_GIVEN),
        ("涉及自然保护地", said),
        (
            "人类活动类型",
            judged_words(patch, "activity_type", "activity_types", "activity_confidence"),
        ),
        ("疑似问题", judged_words(patch, "problem_type", "problem_types", "problem_confidence")),
        ("综合置信度", confidence(patch.get("confidence"))),
        ("植被指数（NDVI）", ndvi_words(patch)),
        ("前时相影像", image_words(patch, record, "before")),
        ("后时相影像", image_words(patch, record, "after")),
        ("备注", text(patch.get("remark"))),
    ]
    return [(label, words) for label, words in facts if words]
