"""The assessment as a document: raw values beside scores, the mark on every page."""

import io
import math
import re
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
from ecoredline.documents.steady import steady
from ecoredline.documents.tables import add_table
from ecoredline.effectiveness.compare import Rank
from ecoredline.effectiveness.evaluate import Evaluation
from ecoredline.effectiveness.measures import MEASURES
from ecoredline.effectiveness.place_map import Outline
from ecoredline.effectiveness.report_charts import (
    Figures,
    rank_chart,
    score_charts,
    score_map,
    year_chart,
)
from ecoredline.effectiveness.rules import RuleSet
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

SMALL = 10.5
NO_DATA = "—"
NO_BASELINE = "基线年"
MOST_REFS = 40
INNER_REF = re.compile(r"(layer|task|round)-\d+")  # the platform's row numbers say nothing on paper


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
    compare_year: int | None = None, ranking: Sequence[Rank] = (),
    outlines: Sequence[Outline] = (), hashes: dict[str, str] | None = None, demo: bool = False,
):  # fmt: skip
    """Build the report of one year; `rules.mark` stands on every page until the rules are signed.

    `outlines` draw the map; without them it is left out. Charts are Word's own and carry numbers.
    """
    title = f"{found[0].year}年度{rules.zh}"
    mark = "".join(f"【{w}】" for w in (rules.mark, DEMO_NOTICE if demo else "") if w)
    document = opened(title, mark)
    figures, number = Figures(document, rules.mark), iter("一二三四五六")
    heading(document, f"{next(number)}、总体结果")
    overview(document, rules, found)
    score_charts(figures, rules, found)
    score_map(figures, rules, found, outlines)
    heading(document, f"{next(number)}、各单位：原始数据与得分")
    for one in found:
        unit_pages(document, rules, one)
    if changes:
        heading(document, f"{next(number)}、与对比年的变化")
        year_chart(figures, changes, found[0].year, compare_year)
        change_table(document, changes, found[0].year, compare_year)
    if ranking:
        heading(document, f"{next(number)}、排名对权重的敏感性")
        ranking_table(document, ranking)
        rank_chart(figures, ranking)
    rules_table(document, rules, hashes or {})
    return document


def opened(title: str, mark: str):
    """A document with its title, the mark at the head of every page and under the title."""
    document = new_document(title, mark)
    section = set_page(document.sections[0])
    page_numbers(section)
    if mark:
        notices(section, mark)
    paragraph(document, title, font=XIAOBIAOSONG, size=22, align="center", line_pt=34)
    if mark:
        paragraph(document, mark, font=HEI, size=14, bold=True, color=NOTICE_RED, align="center")
    return document


def heading(document, words: str, size: float = 16) -> None:
    """A heading in black type that stays with what follows."""
    made = paragraph(document, words, font=HEI, size=size, before_pt=8)
    made.paragraph_format.keep_with_next = True


def overview(document, rules: RuleSet, found: Sequence[Evaluation]) -> None:
    """All units: blocks, total, grade."""
    blocks = list(rules.blocks)
    rows = [
        [e.unit_zh, *(shown(e.blocks[b], 1) for b in blocks), shown(e.total, 1), e.grade]
        for e in found
    ]
    wide = [34, *[88 / len(blocks)] * len(blocks), 16, 18]
    labels = ["单位", *rules.blocks.values(), "综合", "等级"]
    add_table(document, wide, labels, rows, aligns=["left", *["center"] * (len(blocks) + 2)])


def unit_pages(document, rules: RuleSet, one: Evaluation) -> None:
    """One unit: every indicator with its raw numbers, value, score, and the records behind them."""
    graded = one.grade if math.isnan(one.total) else f"{shown(one.total, 1)} 分，{one.grade}"
    code = "" if one.unit in one.unit_zh else f"（{one.unit}）"
    heading(document, f"{one.unit_zh}{code}：{graded}", size=13)
    rows = [
        [
            rules.blocks[f.block], f.zh, numbers_text(f.numbers, rules.names), f"{shown(f.value)} {f.unit}",
            shown(f.score, 1), shown(f.weight), missing_text(f.missing, rules.names),
        ]
        for f in one.findings
    ]  # fmt: skip
    labels = ["方面", "指标", "原始数据", "指标值", "得分", "权重", "说明"]
    add_table(document, [16, 28, 48, 22, 12, 12, 18], labels, rows, aligns=["left"] * 3 + ["right"] * 3 + ["left"])  # fmt: skip
    for words in behind(rules, one):
        paragraph(document, words, size=SMALL, line_pt=16)


def behind(rules: RuleSet, one: Evaluation) -> list[str]:
    """The sources, each with what came from it; then the codes of what a number is made of."""
    sources: dict[str, dict] = {}
    codes: dict[str, str] = {}
    for f in one.findings:
        for name, source in f.sources.items():
            zh = rules.names.get(name, name)
            sources.setdefault(source, {})[zh] = None
            refs = [r for r in f.refs.get(name, ()) if not INNER_REF.fullmatch(r)]
            if refs:
                more = f" 等 {len(refs)} 条" if len(refs) > MOST_REFS else ""
                codes.setdefault("、".join(refs[:MOST_REFS]) + more, zh)
    came = "；".join(f"{source}——{'、'.join(names)}" for source, names in sources.items())
    return [*([f"数据来源：{came}。"] if came else []), *(f"{zh}：{c}" for c, zh in codes.items())]


def numbers_text(numbers: dict[str, float], names: dict[str, str]) -> str:
    """Raw numbers in words; the baseline's carry their year."""
    said = []
    for key, value in numbers.items():
        name, _, year = key.partition(" ")
        said.append(f"{names.get(name, name)}{year} {shown(value, 4)}")
    return "；".join(said)


def missing_text(missing: Sequence[str], names: dict[str, str]) -> str:
    """What an indicator lacks, by the ledger's own words.

    >>> missing_text(("natural_ha (2024)", "duties = 0"), {"natural_ha": "自然用地", "duties": "制度数"})
    '缺：自然用地 (2024)、制度数 = 0'
    >>> missing_text(("part > whole",), {"part": "自然用地", "whole": "红线"})
    '缺：自然用地 > 红线'
    """
    said = []
    for words in missing:
        name, space, rest = words.partition(" ")
        rest = " ".join(names.get(word, word) for word in rest.split(" "))
        said.append(NO_BASELINE if rest == "baseline" else f"{names.get(name, name)}{space}{rest}")
    return f"缺：{'、'.join(said)}" if said else ""


def change_table(document, changes: Sequence[dict], year: int, compare_year: int | None) -> None:
    """The comparison with another year, with how much of each was seen."""
    rows = [
        [
            c["unit_zh"], c["zh"], shown(c["before"]), shown(c["after"]), shown(c["score_change"], 1),
            f"{shown(c['seen_before'], 0)} → {shown(c['seen_after'], 0)}", c["remark"],
        ]
        for c in changes
    ]  # fmt: skip
    labels = ["单位", "指标", f"{compare_year or '对比年'}", f"{year}", "得分变化", "观测比例（%）", "说明"]  # fmt: skip
    add_table(document, [24, 40, 18, 18, 16, 20, 20], labels, rows, aligns=["left"] * 2 + ["right"] * 3 + ["center", "left"])  # fmt: skip


def ranking_table(document, ranking: Sequence[Rank]) -> None:
    """How much the ranking hangs on the weights."""
    words = (
        "以规则权重为中心随机扰动权重（Dirichlet），统计名次；名次范围宽的单位，排名取决于权重。"
    )
    paragraph(document, words, size=SMALL, line_pt=16)
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
    with whole_file(path) as part:
        part.write_bytes(steady(held.getvalue(), timeless=True))
    return path
