"""What the report counts and says: cards, bars, screening, unseen area, quality, inputs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ecoredline.codes import code_list
from ecoredline.documents.words import (
    as_list,
    confidence,
    hectares,
    label_of,
    number,
    safe_name,
    text,
)
from ecoredline.geodesy import total_ha

TABLE_LIMIT = 1000
DROPPED_LIMIT = 200
CHANNEL_WORDS = {"suspected": "疑似问题", "protected": "保护地渠道", "outside": "红线外"}
BLANK_DIVISION = "未划定行政区"
UNDETERMINED = "待判定"
GOOD_SHIFT_PX, USABLE_SHIFT_PX = 0.5, 1.0
GOOD_CORRELATION, USABLE_CORRELATION = 0.9, 0.7
ROLES = {
    "before": "前时相影像",
    "after": "后时相影像",
    "confirm": "第三时相影像",
    "redline": "生态保护红线",
    "protected_areas": "自然保护地",
    "divisions": "行政区划",
    "places": "地名",
    "previous": "以往批次",
}
FACT_WORDS = {  # words for the keys that the record uses
    "tiles": "匹配块数",
    "reliable": "可靠块数",
    "tiles_used": "采用块数",
    "median_shift_px": "位移中位数（像素）",
    "shift_px": "位移（行、列，像素）",
    "global_shift_px": "整体位移（像素）",
    "before_px": "校正前偏移（像素）",
    "after_px": "校正后残差（像素）",
    "rms_before_px": "校正前偏移均方根（像素）",
    "rms_after_px": "校正后残差均方根（像素）",
    "residual_px": "配准残差（像素）",
    "rms_px": "配准残差均方根（像素）",
    "pixels": "参与拟合像素数",
    "gain": "增益",
    "offset": "偏移",
    "noise": "噪声",
    "correlation": "相关系数",
    "bands": "波段",
}
RESIDUAL_KEYS = ("residual_rms_px", "rms_after_px", "after_px", "residual_px", "rms_px")


def area(value) -> str:
    """Hectares with 4 decimals and thousands separated; a dash when blank."""
    found = number(value)
    return "—" if found is None else f"{hectares(found):,}"


def total(rows: Iterable[Mapping], name: str) -> float:
    """Sum of a column's rounded values."""
    return total_ha(number(r.get(name)) or 0.0 for r in rows)


def cards(rows: list[Mapping], dropped: list[Mapping], record: Mapping) -> list[dict]:
    """The five numbers at the head of the report."""
    made = []
    for channel, title in (
        ("suspected", "疑似生态破坏问题"),
        ("protected", "自然保护地渠道"),
        ("outside", "红线外（仅供参考）"),
    ):
        part = [r for r in rows if text(r.get("channel")) == channel]
        column = "area_ha" if channel == "outside" else "redline_area_ha"
        said = f"{'面积' if channel == 'outside' else '涉及红线'} {area(total(part, column))} 公顷"
        made.append(
            {"title": title, "value": len(part), "unit": "个", "said": said, "kind": channel}
        )
    reasons = screening(dropped)
    most = f"最多：{reasons[0]['reason']} {reasons[0]['count']} 个" if reasons else "没有剔除"
    made.append(
        {
            "title": "已剔除的变化",
            "value": len(dropped),
            "unit": "个",
            "said": most,
            "kind": "dropped",
        }
    )
    share, hidden = unseen_share(record)
    value = "—" if share is None else f"{share:.1%}"
    said = "未统计" if hidden is None else f"红线内不可见 {area(hidden)} 公顷"
    made.append({"title": "不可见比例", "value": value, "unit": "", "said": said, "kind": "unseen"})
    return made


def unseen_share(record: Mapping) -> tuple[float | None, float | None]:
    """Share and hectares of the redline inside the images that could not be seen."""
    rows = record.get("coverage") or []
    if not rows:
        return None, None
    hidden = total(rows, "unseen_ha")
    inside = total(rows, "redline_ha") - total(rows, "outside_image_ha")
    return (hidden / inside if inside > 0 else None), hidden


def screening(dropped: list[Mapping]) -> list[dict]:
    """Dropped patches by reason, most frequent first."""
    groups = defaultdict(list)
    for row in dropped:
        groups[text(row.get("reason"))].append(row)
    made = [
        {
            "reason": label_of("drop_reasons", reason) or "未注明",
            "count": len(rows),
            "area": area(total(rows, "area_ha")),
            "redline": area(total(rows, "redline_area_ha")),
        }
        for reason, rows in groups.items()
    ]
    return sorted(made, key=lambda r: (-r["count"], r["reason"]))


def dropped_rows(dropped: list[Mapping]) -> list[dict]:
    """The first dropped patches one by one, with the figures of their reason."""
    return [
        {
            "id": text(r.get("patch_id")),
            "reason": label_of("drop_reasons", r.get("reason")),
            "detail": text(r.get("reason_detail")),
            "county": text(r.get("county")) or BLANK_DIVISION,
            "area": area(r.get("area_ha")),
        }
        for r in dropped[:DROPPED_LIMIT]
    ]


def bars(rows: list[Mapping], key) -> list[dict]:
    """Redline areas of the listed patches by `key`, suspected and protected apart.

    >>> bars([{"channel": "suspected", "redline_area_ha": 2.0}], lambda r: "甲")[0]["suspected"]
    100.0
    """
    groups = defaultdict(lambda: {"suspected": [], "protected": []})
    for row in rows:
        if text(row.get("channel")) in ("suspected", "protected"):
            groups[key(row)][text(row["channel"])].append(row)
    sums = {
        name: {c: total(part, "redline_area_ha") for c, part in parts.items()}
        for name, parts in groups.items()
    }
    longest = max((sum(s.values()) for s in sums.values()), default=0.0) or 1.0
    made = [
        {
            "name": name,
            "count": sum(len(part) for part in groups[name].values()),
            "area": area(sum(parts.values())),
            "suspected": round(100 * parts["suspected"] / longest, 2),
            "protected": round(100 * parts["protected"] / longest, 2),
            "sum": sum(parts.values()),
        }
        for name, parts in sums.items()
    ]
    return sorted(made, key=lambda b: (-b["sum"], b["name"]))


def activity_of(row: Mapping) -> str:
    """Short name of the activity type; blank is still to be judged."""
    return label_of("activity_types", row.get("activity_type"), "short_zh") or UNDETERMINED


def county_of(row: Mapping) -> str:
    """Name of the county, or the words for none."""
    return text(row.get("county")) or BLANK_DIVISION


def patch_rows(rows: list[Mapping], evidence) -> list[dict]:
    """The table of patches: suspected first, then protected, then outside; larger first."""
    order = {code: place for place, code in enumerate(code_list("channels"))}
    rows = sorted(
        rows,
        key=lambda r: (
            order.get(text(r.get("channel")), 9),
            -(number(r.get("redline_area_ha")) or 0.0),
        ),
    )
    return [_patch_row(r, evidence) for r in rows[:TABLE_LIMIT]]


def _patch_row(row: Mapping, evidence) -> dict:
    patch_id = text(row.get("patch_id"))
    sure = number(row.get("confidence"))
    return {
        "id": patch_id,
        "link": f"evidence/{safe_name(patch_id)}.html" if patch_id in evidence.written else "",
        "thumbnails": evidence.thumbnails.get(patch_id),
        "kind": text(row.get("channel")),
        "channel": CHANNEL_WORDS.get(text(row.get("channel")), text(row.get("channel"))),
        "county": county_of(row),
        "position": text(row.get("position")),
        "redline_area": area(row.get("redline_area_ha")),
        "redline_value": number(row.get("redline_area_ha")) or 0.0,
        "area": area(row.get("area_ha")),
        "area_value": number(row.get("area_ha")) or 0.0,
        "activity": activity_of(row),
        "problem": label_of("problem_types", row.get("problem_type")) or UNDETERMINED,
        "confidence": confidence(sure)[:4] or "—",
        "confidence_value": -1.0 if sure is None else sure,
        "reasons": as_list(row.get("reasons")),
    }


def unseen_table(record: Mapping) -> dict:
    """Redline area and what hid it, by county; reasons as columns."""
    rows = record.get("coverage") or []
    reasons = sorted(
        {
            k[7:-3]
            for r in rows
            for k in r
            if k.startswith("unseen_") and k.endswith("_ha") and k[7:-3]
        }
    )
    made = []
    for row in rows:
        share = number(row.get("unseen_share"))
        made.append(
            {
                "name": text(row.get("name")) or "全部红线",
                "code": text(row.get("code")),
                "redline": area(row.get("redline_ha")),
                "outside": area(row.get("outside_image_ha")),
                "hidden": area(row.get("unseen_ha")),
                "by_reason": [area(row.get(f"unseen_{r}_ha") or 0.0) for r in reasons],
                "share": "—" if share is None else f"{share:.1%}",
                "high": (share or 0.0) > 0.2,
            }
        )
    return {"reasons": [label_of("unseen_reasons", r) for r in reasons], "rows": made}


def quality_words(record: Mapping) -> list[str]:
    """How well the two images fit, in sentences a reader can judge by."""
    said = []
    registration = record.get("registration") or {}
    residual = next((registration[k] for k in RESIDUAL_KEYS if k in registration), None)
    if isinstance(residual, int | float):
        grade = (
            "配准良好"
            if residual <= GOOD_SHIFT_PX
            else "配准可用，线状地物边缘须留意"
            if residual <= USABLE_SHIFT_PX
            else "配准残差偏大，图斑边缘可能由错位引起"
        )
        said.append(f"两期影像配准残差 {residual:.2f} 像素：{grade}。")
    elif not registration:
        said.append("本次运行未记录配准结果。")
    bands = (record.get("normalisation") or {}).get("bands") or {}
    correlations = [number(b.get("correlation")) for b in bands.values() if isinstance(b, Mapping)]
    correlations = [c for c in correlations if c is not None]
    if correlations:
        lowest = min(correlations)
        grade = (
            "两期辐射高度一致"
            if lowest >= GOOD_CORRELATION
            else "两期辐射基本一致"
            if lowest >= USABLE_CORRELATION
            else "两期辐射差异较大，误报可能增多"
        )
        said.append(f"相对辐射归一化后各波段相关系数最低 {lowest:.2f}：{grade}。")
    elif not bands:
        said.append("本次运行未记录辐射归一化结果。")
    if method := text(record.get("method")):
        thresholds = (number(record.get(k)) for k in ("threshold", "low_threshold"))
        high, low = ("—" if t is None else f"{t:g}" for t in thresholds)
        said.append(
            f"变化检测方法：{method}；高阈值 {high}，低阈值 {low}（以本景安静地物噪声为单位）。"
        )
    return said


def facts_table(value, path: str = "") -> list[tuple[str, str]]:
    """Nested settings as flat pairs of name and words.

    >>> facts_table({"detection": {"threshold": 6.0, "register": True}})
    [('detection.threshold', '6.0'), ('detection.register', '是')]
    """
    if isinstance(value, Mapping):
        pairs = (facts_table(v, f"{path}.{k}" if path else str(k)) for k, v in value.items())
        return [pair for part in pairs for pair in part]
    if value is None or value == "":
        return [(path, "默认")]
    if isinstance(value, bool):
        return [(path, "是" if value else "否")]
    if isinstance(value, list | tuple):
        return [(path, "、".join(str(v) for v in value) or "默认")]
    return [(path, text(value))]


def quality_table(record: Mapping) -> list[tuple[str, str]]:
    """The figures behind the quality sentences."""
    pairs = []
    for section, words in (("registration", "配准"), ("normalisation", "辐射归一化")):
        for name, value in facts_table(record.get(section) or {}):
            said = "·".join(
                FACT_WORDS.get(part, part) for part in name.split(".") if part != "bands"
            )
            if name:
                pairs.append((f"{words}·{said}", value))
    return pairs


def input_rows(record: Mapping) -> list[dict]:
    """The input files by name, size and hash; never their place on the machine."""
    return [
        {
            "role": ROLES.get(role, role),
            "name": text(facts.get("name")),
            "size": f"{(number(facts.get('bytes')) or 0) / 1e6:,.2f} MB",
            "sha256": text(facts.get("sha256")),
            "facts": "；".join(
                text(facts.get(k)) for k in ("acquired_on", "sensor", "crs") if text(facts.get(k))
            ),
        }
        for role, facts in record.get("inputs", {}).items()
    ]
