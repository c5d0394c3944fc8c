"""The report of one answer: 准入核查报告, DOCX on A4 with its map."""

import io
from pathlib import Path

from docx.document import Document as DocumentType
from docx.shared import Mm

from ecoredline.admission.picture import LEGEND, map_png
from ecoredline.admission.result import AREA_METHOD, UNCHECKED_ZH, Admission, cite
from ecoredline.codes import code_list, label
from ecoredline.documents.ooxml import (
    FANGSONG,
    HEI,
    NOTICE_RED,
    XIAOBIAOSONG,
    new_document,
    notices,
    page_numbers,
    paragraph,
    set_page,
    style_run,
)
from ecoredline.documents.tables import add_table
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

TITLE = "生态保护红线准入核查报告"
MAP_MM = 118.0
BODY, SMALL, LINE = 12, 9, 20
FACTS_MM, FINDINGS_MM = (34.0, 122.0), (30.0, 24.0, 40.0, 62.0)
HITS_MM, LAYERS_MM = (32.0, 34.0, 60.0, 30.0), (34.0, 20.0, 42.0, 60.0)
MOST_HITS = 40
STATES_ZH = {
    "ok": "可用", "absent": "未提供", "missing": "缺失", "unreadable": "不可读", "stale": "不在有效期",
    "none": "声明没有",
}  # fmt: skip
FINDINGS_TITLE, HITS_TITLE, LAYERS_TITLE = "一、分区判定", "二、涉及的图层要素", "三、所用图层"
FINDINGS_HEAD = ("管控区", "面积（公顷）", "结果", "规则与依据")
HITS_HEAD = ("图层", "编码", "名称", "重叠（公顷）")
LAYERS_HEAD = ("图层", "状态", "版本", "文件与 SHA-256")
FACTS_ALIGNS, FINDINGS_ALIGNS = ("center", "left"), ("center", "right", "center", "left")
HITS_ALIGNS, LAYERS_ALIGNS = (
    ("center", "left", "left", "right"),
    ("center", "center", "center", "left"),
)
NO_HITS = "没有涉及的要素"
UNCHECKED_WORDS = f"标注“{UNCHECKED_ZH}”的规则未与原文核对，使用前须由有关部门核实。"
HEX = "{:02X}{:02X}{:02X}"
STATEMENT = (
    "数据说明：本报告由软件按所列图层和规则计算，供审查参考，不替代有关部门的认定和审批；"
    "边界以批准发布的成果为准。地图仅供内部审查，未经审核不得公开。"
)


def report_document(admission: Admission, indexes, made_on: str = "") -> DocumentType:
    """Build the report; `made_on` is the date on the map (default: the day of the judgement)."""
    document = new_document(TITLE, DEMO_NOTICE if admission.is_demo else "")
    section = set_page(document.sections[0], grid=False)
    section.top_margin, section.bottom_margin = Mm(25), Mm(25)
    section.footer_distance = Mm(12)
    page_numbers(section)
    if admission.is_demo:
        notices(section, DEMO_NOTICE)
    paragraph(document, TITLE, font=XIAOBIAOSONG, size=20, align="center", line_pt=32)
    _verdict(document, admission)
    add_table(document, FACTS_MM, (), facts_rows(admission), aligns=FACTS_ALIGNS, size=10)
    _map(document, admission, indexes, made_on)
    _findings(document, admission)
    _hits(document, admission)
    _layers(document, admission)
    for words in closing_words(admission):
        paragraph(document, words, size=SMALL, line_pt=14, before_pt=3)
    return document


def closing_words(admission: Admission) -> tuple[str, ...]:
    """How areas were measured, the sliver rule, what the paper is worth."""
    return AREA_METHOD + "。", f"碎片规则：{admission.sliver_rule}。", STATEMENT


def write_report(path: Path, admission: Admission, indexes, made_on: str = "") -> Path:
    """Write the DOCX; whole or not at all."""
    with whole_file(path) as part:
        report_document(admission, indexes, made_on).save(part)
    return path


def _verdict(document, admission: Admission) -> None:
    paragraph(document, f"结论：{admission.outcome_zh}", font=HEI, size=15, line_pt=26,
              color=None if admission.admitted else NOTICE_RED)  # fmt: skip
    for words in verdict_lines(admission):
        paragraph(document, words, size=BODY, line_pt=LINE)


def verdict_lines(admission: Admission) -> list[str]:
    """What stands under the verdict: scenario, reasons, what is missing, warnings, what was not checked."""
    lines = []
    if admission.scenario:
        lines.append(f"用地审查情形：{'①②③④'[admission.scenario - 1]} {admission.scenario_zh}")
    lines += [f"原因：{reason}" for reason in admission.reasons]
    if admission.missing:
        lines.append(f"尚缺：{'、'.join(admission.missing)}；取得之前不得视为准入")
    lines += [f"注意：{warning}" for warning in admission.warnings]
    if admission.unchecked:
        lines.append(f"未提供、未核查：{'、'.join(admission.unchecked)}")
    return lines


def facts_rows(admission: Admission) -> list[tuple[str, str]]:
    """What was asked, as pairs."""
    p = admission.project
    rows = [
        ("项目", f"{p.name}（{p.code}）"),
        ("人为活动类型", admission.activity_zh or "未给出"),
        (
            "准入途径",
            label("admission_paths", p.path) if p.path in code_list("admission_paths") else p.path,
        ),
        ("项目面积", f"{admission.area_ha:.4f} 公顷"),
        ("占用红线", admission.redline_zh),
        ("认定意见文号", p.opinion or "无"),
        ("项目文件", f"{p.source}（SHA-256 {p.sha256[:16]}…）"),
        ("坐标系", p.crs),
        ("判定日期", admission.as_of),
        ("规则表版本", admission.rule_version),
    ]
    if admission.documents:
        rows.append(("应提交材料", "；".join(admission.documents)))
    return rows + [("读取说明", note) for note in p.notes]


def _map(document, admission: Admission, indexes, made_on: str) -> None:
    picture, shown = map_png(admission, indexes, made_on)
    made = paragraph(document, align="center", size=10, before_pt=6)
    made.add_run().add_picture(io.BytesIO(picture), width=Mm(MAP_MM))
    legend = paragraph(document, "图例：", size=10, align="center", line_pt=16)
    for key in shown:
        name, fill, _ = LEGEND[key]
        style_run(legend.add_run("■"), size=12, color=HEX.format(*fill))
        style_run(legend.add_run(f"{name}　"), font=FANGSONG, size=10)


def _head(document, words: str) -> None:
    made = paragraph(document, words, font=HEI, size=BODY, line_pt=LINE, before_pt=6)
    made.paragraph_format.keep_with_next = True


def finding_rows(admission: Admission) -> list[tuple]:
    """Zone, hectares, result and the rule it stands on."""
    rows = []
    for f in admission.findings:
        if f.zone == "outside" and not f.decides:
            rows.append((f.zone_zh, f"{f.area_ha:.4f}", "—", "不作判定依据"))
            continue
        said = code_list("admission_outcomes")[f.outcome]["zh"]
        rule = f"{f.rule.zh}。{cite(f.rule)}" if f.rule else f.reason
        if f.rule and f.rule.opinion:
            level = label("approving_levels", f.rule.level)
            rule += f" 需：{f.rule.opinion}（{level}）"
        if not f.decides:
            rule = f"碎片，不作判定依据。{rule}"
        rows.append((f.zone_zh, f"{f.area_ha:.4f}", said, rule))
    return rows


def _findings(document, admission: Admission) -> None:
    _head(document, FINDINGS_TITLE)
    add_table(document, FINDINGS_MM, FINDINGS_HEAD, finding_rows(admission), aligns=FINDINGS_ALIGNS, size=SMALL)  # fmt: skip
    if any(not r.checked for r in admission.rules):
        paragraph(document, UNCHECKED_WORDS, size=SMALL, line_pt=14, color=NOTICE_RED)


def hit_rows(admission: Admission) -> list[tuple]:
    """What is touched, the first of it."""
    roles = code_list("admission_layers")
    rows = [
        (
            roles[role]["zh"],
            h.code,
            h.name,
            f"{h.area_ha:.4f}" if h.shape is not None else "（点、线）",
        )
        for role in roles
        for h in admission.hits_of(role)
    ]
    more = len(rows) - MOST_HITS
    return rows[:MOST_HITS] + (
        [("…", "", f"另有 {more} 个，见 GeoPackage", "")] if more > 0 else []
    )


def _hits(document, admission: Admission) -> None:
    _head(document, HITS_TITLE)
    add_table(document, HITS_MM, HITS_HEAD, hit_rows(admission), aligns=HITS_ALIGNS, size=SMALL,
              nothing=NO_HITS)  # fmt: skip


def layer_rows(admission: Admission) -> list[tuple]:
    """The layers used: state, version, file and hash."""
    return [
        (s.zh, STATES_ZH[s.state], s.version or s.dated or "—",
         f"{s.file}（{s.sha256[:16]}…，{s.features} 个要素）" if s.sha256 else (s.reason or "—"))
        for s in admission.layers.values()
    ]  # fmt: skip


def _layers(document, admission: Admission) -> None:
    _head(document, LAYERS_TITLE)
    add_table(document, LAYERS_MM, LAYERS_HEAD, layer_rows(admission), aligns=LAYERS_ALIGNS, size=SMALL)  # fmt: skip
    for state in admission.layers.values():
        for note in state.notes:
            paragraph(document, f"{state.zh}读取说明：{note}", size=SMALL, line_pt=14)
