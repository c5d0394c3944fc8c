"""The assessment as a document: raw values beside scores, the mark on every page."""

import io
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ecoredline.documents.ooxml import (
    HEI,
    NOTICE_RED,
    XIAOBIAOSONG,
    new_document,
    notices,
    page_numbers,
    paragraph,
    set_page,
)
from ecoredline.documents.tables import add_table
from ecoredline.effectiveness.compare import Rank
from ecoredline.effectiveness.evaluate import Evaluation
from ecoredline.effectiveness.measures import MEASURES
from ecoredline.effectiveness.rules import RuleSet
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

STAMP = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # a document must not say when it was zipped: a rerun gives the same bytes
BAR, BAR_POINTS = "█", 5
SMALL = 10.5
NO_DATA = "—"
MOST_REFS = 40


def shown(value: float, decimals: int = 2) -> str:
    """A number as printed; nothing known is a dash.

    >>> shown(97.5), shown(float("nan"))
    ('97.5', '—')
    """
    if value is None or math.isnan(value):
        return NO_DATA
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"


def report_document(
    rules: RuleSet, found: Sequence[Evaluation], *, changes: Sequence[dict] = (),
    ranking: Sequence[Rank] = (), hashes: dict[str, str] | None = None, demo: bool = False,
):  # fmt: skip
    """Build the report of one year; `rules.mark` stands on every page until the rules are signed."""
    year = found[0].year
    title = f"{year}年度{rules.zh}"
    mark = "".join(f"【{w}】" for w in (rules.mark, DEMO_NOTICE if demo else "") if w)
    document = new_document(title, mark)
    section = set_page(document.sections[0])
    page_numbers(section)
    if mark:
        notices(section, mark)
    paragraph(document, title, font=XIAOBIAOSONG, size=22, align="center", line_pt=34)
    if mark:
        paragraph(document, mark, font=HEI, size=14, bold=True, color=NOTICE_RED, align="center")
    overview(document, rules, found)
    for one in found:
        unit_pages(document, rules, one)
    if changes:
        change_table(document, changes)
    if ranking:
        ranking_table(document, ranking)
    rules_table(document, rules, hashes or {})
    return document


def heading(document, words: str) -> None:
    """A heading in black type."""
    paragraph(document, words, font=HEI, before_pt=8)


def overview(document, rules: RuleSet, found: Sequence[Evaluation]) -> None:
    """All units: blocks, total, grade, a bar."""
    heading(document, "一、总体结果")
    blocks = list(rules.blocks)
    rows = [
        [e.unit_zh, *(shown(e.blocks[b], 1) for b in blocks), shown(e.total, 1), e.grade, bar(e.total)]
        for e in found
    ]  # fmt: skip
    wide = [24, *[84 / len(blocks)] * len(blocks), 14, 16, 18]
    labels = ["单位", *rules.blocks.values(), "综合", "等级", "图示"]
    add_table(document, wide, labels, rows, aligns=["left", *["center"] * (len(blocks) + 2), "left"])  # fmt: skip


def bar(total: float) -> str:
    """A total as a bar of five."""
    return "" if math.isnan(total) else BAR * round(total / 100 * BAR_POINTS)


def unit_pages(document, rules: RuleSet, one: Evaluation) -> None:
    """One unit: every indicator with its raw numbers, value, score, and the records behind them."""
    heading(document, f"{one.unit_zh}（{one.unit}）：{shown(one.total, 1)} 分，{one.grade}")
    rows = [
        [
            rules.blocks[f.block], f.zh, numbers_text(f.numbers, rules.names), f"{shown(f.value)} {f.unit}",
            shown(f.score, 1), shown(f.weight), f"缺：{'、'.join(f.missing)}" if f.missing else "",
        ]
        for f in one.findings
    ]  # fmt: skip
    labels = ["方面", "指标", "原始数据", "指标值", "得分", "权重", "说明"]
    add_table(document, [16, 28, 48, 22, 12, 12, 18], labels, rows, aligns=["left"] * 3 + ["right"] * 3 + ["left"])  # fmt: skip
    refs = [f"{rules.names.get(name, name)}：{'、'.join(r[:MOST_REFS])}{'等' if len(r) > MOST_REFS else ''}" for f in one.findings for name, r in f.refs.items()]  # fmt: skip
    for words in dict.fromkeys(refs):
        paragraph(document, words, size=SMALL, line_pt=16)


def numbers_text(numbers: dict[str, float], names: dict[str, str]) -> str:
    """Raw numbers in words; the baseline's carry their year."""
    said = []
    for key, value in numbers.items():
        name, _, year = key.partition(" ")
        said.append(f"{names.get(name, name)}{year} {shown(value, 4)}")
    return "；".join(said)


def change_table(document, changes: Sequence[dict]) -> None:
    """The comparison with another year."""
    heading(document, "二、与对比年的变化")
    rows = [
        [c["unit_zh"], c["zh"], shown(c["before"]), shown(c["after"]), shown(c["score_change"], 1), c["remark"]]
        for c in changes
    ]  # fmt: skip
    labels = ["单位", "指标", "对比年", "本年", "得分变化", "说明"]
    add_table(document, [26, 44, 20, 20, 18, 28], labels, rows, aligns=["left"] * 2 + ["right"] * 3 + ["left"])  # fmt: skip


def ranking_table(document, ranking: Sequence[Rank]) -> None:
    """How much the ranking hangs on the weights."""
    heading(document, "三、排名对权重的敏感性")
    paragraph(
        document, "以规则权重为中心随机扰动权重（Dirichlet），统计名次。", size=SMALL, line_pt=16
    )
    rows = [
        [r.unit_zh, str(r.place), f"{r.best}—{r.worst}", shown(r.mean), f"{max(r.shares):.0%}"]
        for r in ranking
    ]
    labels = ["单位", "名次", "名次范围", "平均名次", "最常见名次的占比"]
    add_table(document, [46, 20, 30, 30, 30], labels, rows, aligns=["left"] + ["center"] * 4)


def rules_table(document, rules: RuleSet, hashes: dict[str, str]) -> None:
    """The rules themselves, who verified them, the hashes of what went in."""
    heading(document, "附：评价规则与数据")
    rows = [
        [i.zh, f"{MEASURES[i.measure].zh}", i.unit, shown(i.weight), i.basis]
        for i in rules.indicators
    ]
    add_table(document, [36, 46, 16, 14, 44], ["指标", "算法", "单位", "权重", "依据"], rows, aligns=["left", "left", "center", "right", "left"])  # fmt: skip
    verified = f"{rules.verified_by}，{rules.verified_on}" if rules.is_signed else f"未核定（{rules.mark}）"  # fmt: skip
    lines = [f"规则集：{rules.id}，依据：{rules.basis}", f"核定：{verified}", rules.notes]
    lines += [f"{name} SHA-256：{value}" for name, value in hashes.items()]
    for words in filter(None, lines):
        paragraph(document, words, size=SMALL, line_pt=16)


def write_report(path: Path, document) -> Path:
    """Save a document so that the same content gives the same bytes."""
    held = io.BytesIO()
    document.save(held)
    with whole_file(path) as part, zipfile.ZipFile(held) as old, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as new:  # fmt: skip
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, STAMP), old.read(name), zipfile.ZIP_DEFLATED)
    return path
