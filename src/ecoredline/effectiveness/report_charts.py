"""Charts and the map of the report; every number in them stands in a table beside."""

import io
import math
from collections.abc import Sequence

from ecoredline.documents.ooxml import HEI, mm, paragraph
from ecoredline.documents.tables import add_table
from ecoredline.documents.word_charts import HEIGHT_MM, Chart, add_chart
from ecoredline.effectiveness.compare import UNLIKE_EFFORT, Rank
from ecoredline.effectiveness.evaluate import Evaluation
from ecoredline.effectiveness.place_map import STEP_COLOURS, Outline, place_map
from ecoredline.effectiveness.rules import RuleSet, grade_steps

MOST_BARS, MOST_GROUPS, LEAST_MM, MOST_MM, MAP_MM = 40, 8, 45.0, 200.0, 118.0
BAR_MM, THIN_BAR_MM, LONG_NAME = 6.5, 4.2, 5
BLOCK_COLOURS = ("2F6B4F", "C77C2E", "3E6FA3", "6B4FA3", "8A8A8A", "A51D1D")
RANK_RAMP = ("0E4D35", "3E8E5F", "7FA84A", "D9B312", "D0752C", "A51D1D", "6A736C", "B5B5B5")
CAPTION_PT, TABLE_PT = 10.5, 9
MAP_WORDS = "评估单位按等级着色的分布图，编号与下表一致"


class Figures:
    """Puts charts and maps into a document and counts them."""

    def __init__(self, document, mark: str):
        self.document, self.mark, self.count = document, mark, 0

    def chart(self, chart: Chart) -> None:
        """A chart as high as it has bars, with its caption."""
        many = chart.form == "bar" and len(chart.series) > 1
        bars = len(chart.categories) * (len(chart.series) if many else 1)
        high = max(LEAST_MM, 20 + bars * (THIN_BAR_MM if many else BAR_MM))
        add_chart(self.document, chart, height_mm=HEIGHT_MM if chart.form == "column" else min(high, MOST_MM))  # fmt: skip
        self.caption(chart.title)

    def caption(self, words: str) -> None:
        """A numbered caption that carries the mark: a chart may be copied out of the page."""
        self.count += 1
        mark = f"（{self.mark}）" if self.mark else ""
        paragraph(self.document, f"图 {self.count} {words}{mark}", font=HEI, size=CAPTION_PT, align="center", line_pt=18)  # fmt: skip

    def map(self, png: bytes) -> None:
        """A picture as wide as the text."""
        made = paragraph(self.document, align="center", size=CAPTION_PT)
        made.paragraph_format.keep_with_next = True
        shape = made.add_run().add_picture(io.BytesIO(png), width=mm(MAP_MM))
        shape._inline.docPr.set("descr", MAP_WORDS)
        self.caption("等级分布")


def steps_of(rules: RuleSet) -> dict[str, int]:
    """Grade → colour step, 0 for what has no grade."""
    return {g["zh"]: g["step"] for g in grade_steps(rules)}


def best_first(found: Sequence[Evaluation]) -> list[Evaluation]:
    """Places with a total, the best first."""
    whole = [e for e in found if not math.isnan(e.total)]
    return sorted(whole, key=lambda e: (-e.total, e.unit))


def standing(names: Sequence[str]) -> str:
    """Bars that stand, where few short names have room below them; else bars that lie."""
    short = max(map(len, names), default=0) <= LONG_NAME
    return "column" if short and len(names) <= MOST_GROUPS else "bar"


def score_charts(figures: Figures, rules: RuleSet, found: Sequence[Evaluation]) -> None:
    """Totals of all places, and the blocks of the first few."""
    steps, known = steps_of(rules), best_first(found)[:MOST_BARS]
    if not known:
        return
    names = tuple(e.unit_zh for e in known)
    colours = tuple(STEP_COLOURS[steps.get(e.grade, 0)] for e in known)
    totals = tuple(round(e.total, 1) for e in known)
    figures.chart(Chart("bar", "综合得分（颜色为等级）", names, (("综合得分", totals),), colours=colours, most=100))  # fmt: skip
    few = known[:MOST_GROUPS]
    series = tuple(
        (zh, tuple(round(e.blocks[b], 1) for e in few)) for b, zh in rules.blocks.items()
    )
    figures.chart(Chart(standing([e.unit_zh for e in few]), "各方面得分", tuple(e.unit_zh for e in few), series, "得分", BLOCK_COLOURS, 100))  # fmt: skip


def score_map(figures: Figures, rules: RuleSet, found: Sequence[Evaluation], outlines: Sequence[Outline]) -> None:  # fmt: skip
    """Places coloured by grade and numbered, with the table that names them."""
    steps, ranked = steps_of(rules), [*best_first(found), *(e for e in found if math.isnan(e.total))]  # fmt: skip
    shown = {e.unit: (n, steps.get(e.grade, 0)) for n, e in enumerate(ranked, 1)}
    if not any(o.code in shown and not o.is_border for o in outlines):
        return
    figures.map(place_map(outlines, shown))
    legend = "；".join(f"{g['zh']} {g['low']:g}—{g['high']:g}" for g in reversed(grade_steps(rules)))  # fmt: skip
    paragraph(figures.document, f"由绿到红：{legend}；灰：未评级。线为县（区）界。", size=CAPTION_PT, line_pt=16)  # fmt: skip
    cells = [(str(n), e.unit_zh, "—" if math.isnan(e.total) else f"{e.total:.1f}", e.grade) for n, e in enumerate(ranked, 1)]  # fmt: skip
    half = -(-len(cells) // 2)
    left, right = cells[:half], [*cells[half:], *[("", "", "", "")] * (2 * half - len(cells))]
    rows = [[*a, *b] for a, b in zip(left, right, strict=True)]
    labels = ["编号", "单位", "得分", "等级"] * 2
    add_table(figures.document, [10, 40, 12, 16] * 2, labels, rows, aligns=["center", "left", "center", "center"] * 2)  # fmt: skip


def year_chart(figures: Figures, changes: Sequence[dict], year: int, compare_year: int) -> None:
    """Totals of both years, of the places that were looked at with like effort in both."""
    totals = [c for c in changes if c["indicator"] == "total" and c["remark"] != UNLIKE_EFFORT]
    totals = [c for c in totals if not math.isnan(c["before"]) and not math.isnan(c["after"])]
    left_out = sum(c["remark"] == UNLIKE_EFFORT for c in changes if c["indicator"] == "total")
    if totals:
        names = tuple(c["unit_zh"] for c in totals[:MOST_BARS])
        series = (
            (str(compare_year), tuple(round(c["before"], 1) for c in totals[:MOST_BARS])),
            (str(year), tuple(round(c["after"], 1) for c in totals[:MOST_BARS])),
        )
        figures.chart(Chart(standing(names), "两年综合得分（观测力度相当的单位）", names, series, "得分", ("8A8A8A", "2F6B4F"), 100))  # fmt: skip
    if left_out:
        paragraph(figures.document, f"{left_out} 个单位两年影像观测比例相差超过 10 个百分点，未列入上图；数字仍列于下表。", size=CAPTION_PT, line_pt=16)  # fmt: skip


def rank_chart(figures: Figures, ranking: Sequence[Rank]) -> None:
    """How often each place stood where, as parts of a whole bar."""
    shown = list(ranking)[:MOST_BARS]
    last = max((k for r in shown for k, s in enumerate(r.shares, 1) if s), default=0)
    last = min(last, len(RANK_RAMP))
    names = tuple(r.unit_zh for r in shown)
    series = [(f"第 {k} 名", tuple(r.shares[k - 1] for r in shown)) for k in range(1, last)]
    more = f"第 {last} 名" if last == len(ranking) else f"第 {last} 名及以后"
    series.append((more, tuple(round(math.fsum(r.shares[last - 1 :]), 4) for r in shown)))
    figures.chart(Chart("stacked", "权重扰动下各名次所占比例", names, tuple(series), colours=RANK_RAMP))  # fmt: skip
