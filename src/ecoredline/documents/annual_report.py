"""The year's report as a document: figures, tables, charts, cases. Data in, DOCX out.

The chapters follow the work steps of 环办生态函〔2020〕703号 (监控发现, 移交查处, 督促整改, 移送, 上报)
and its evaluation (保护成效). The notice gives no form for the report: the form is EcoRedline's
and the cover says so.
"""

import io
from collections.abc import Sequence
from pathlib import Path

from docx.document import Document as DocumentType
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.image.exceptions import UnrecognizedImageError
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ecoredline.documents.annual_data import AnnualReport, TypicalCase, check_report
from ecoredline.documents.letter_fill import chinese_date
from ecoredline.documents.ooxml import (
    FANGSONG,
    HEI,
    KAI,
    NOTICE_RED,
    XIAOBIAOSONG,
    add_section,
    mm,
    new_document,
    notices,
    page_numbers,
    paragraph,
    set_page,
)
from ecoredline.documents.tables import add_table
from ecoredline.documents.word_charts import HEIGHT_MM, Chart, add_chart
from ecoredline.documents.words import hectares
from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

UNOFFICIAL_FORM = "本报告格式为 EcoRedline 自拟，非官方格式"
LINE_PT, TABLE_PT, CAPTION_PT = 29, 10.5, 12
CORE_MM = 156.0
PICTURE_MM, MOST_PICTURES = 72.0, 2
STANDING_COUNTIES, MOST_COUNTIES = 8, 20  # of the chart by county
NONE_YET = "本年度无此项记录。"
AFTER_OUTLINE = ("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange")
CHAPTERS = (
    "总体情况",
    "监控发现",
    "移交查处",
    "督促整改",
    "移送",
    "上报",
    "保护成效",
    "典型案例",
    "数据说明",
)


def annual_report_document(data: AnnualReport) -> DocumentType:
    """Build the report; raises `InputError` with every figure that contradicts another.

    >>> from ecoredline.documents.annual_data import StageFigure
    >>> stages = (StageFigure("suspected", "疑似问题", 2, 3), StageFigure("confirmed", "确认问题", 1, 2))
    >>> made = annual_report_document(AnnualReport(2026, "攀枝花市", "某局", "2026-12-01", stages))
    >>> [p.text for p in made.paragraphs if p.text.startswith("三、")]
    ['三、移交查处']
    """
    check_report(data)
    title = f"{data.region}{data.year}年度生态保护红线监管工作报告"
    document = new_document(title, DEMO_NOTICE if data.is_demo else "")
    _cover(document, data)
    _Writer(document, data).write()
    return document


def write_annual_report(path: Path, data: AnnualReport) -> Path:
    """Write the report; raises `InputError`, `OutputError`. It appears whole or not at all."""
    made = annual_report_document(data)
    with whole_file(path) as part:
        made.save(part)
    return Path(path)


def _cover(document: DocumentType, data: AnnualReport) -> None:
    """Title, author and date on a page without number; what the report is not."""
    section = set_page(document.sections[0], grid=False)
    section.different_first_page_header_footer = True
    page_numbers(section)
    if data.is_demo:
        notices(section, DEMO_NOTICE)
    for _ in range(5):
        paragraph(document, line_pt=LINE_PT)
    lines = (f"{data.region}", f"{data.year}年度生态保护红线监管工作报告")
    for line in lines:
        paragraph(document, line, font=XIAOBIAOSONG, size=26, align="center", line_pt=44)
    if data.is_demo:
        _red(document, f"（{DEMO_NOTICE}，不得作为执法、移交或考核依据）")
    for _ in range(9):
        paragraph(document, line_pt=LINE_PT)
    paragraph(document, data.author, align="center", line_pt=LINE_PT)
    paragraph(document, chinese_date(data.dated, "XXXX年XX月XX日"), align="center", line_pt=LINE_PT)
    paragraph(document, UNOFFICIAL_FORM, size=CAPTION_PT, align="center", line_pt=24, before_pt=12)


def _red(document: DocumentType, words: str) -> None:
    paragraph(
        document, words, font=HEI, size=14, bold=True, color=NOTICE_RED, align="center", line_pt=24
    )


def share(part: float, whole: float) -> str:
    """A share as text with one decimal; a stroke where there is nothing to share.

    >>> share(1, 3), share(0, 0)
    ('33.3%', '—')
    """
    return f"{part / whole:.1%}" if whole else "—"


class _Writer:
    """Writes the chapters one after another, counting tables and charts."""

    def __init__(self, document: DocumentType, data: AnnualReport):
        self.document, self.data = document, data
        self.tables = self.charts = 0

    def write(self) -> None:
        """All chapters, each with its number."""
        section = add_section(self.document)
        section.different_first_page_header_footer = False
        writers = (
            self._summary, self._detection, self._handover, self._rectification, self._referral,
            self._upward, self._effectiveness, self._cases, self._statements,
        )  # fmt: skip
        for number, (name, write) in enumerate(zip(CHAPTERS, writers, strict=True)):
            self._heading(f"{'一二三四五六七八九'[number]}、{name}")
            write()

    # What stands in the chapters.

    def _summary(self) -> None:
        data = self.data
        if data.redline_km2:
            seen = (
                f"，影像观测{data.observed_km2:.2f}平方千米，占{share(data.observed_km2, data.redline_km2)}"
                if data.observed_km2 is not None
                else ""
            )
            self._text(f"{data.region}生态保护红线面积{data.redline_km2:.2f}平方千米{seen}。")
        suspected, confirmed = (data.stage(code) for code in ("suspected", "confirmed"))
        said = [
            f"{data.year}年，发现疑似生态破坏问题{suspected.count}个，涉及生态保护红线面积"
            f"{hectares(suspected.area_ha)}公顷；经核实，确认生态破坏问题{confirmed.count}处，涉及生态保护"
            f"红线面积{hectares(confirmed.area_ha)}公顷"
        ]
        if data.has("closed"):
            closed = data.stage("closed").count
            said.append(f"销号{closed}处，销号率{share(closed, confirmed.count)}")
        said += self._counted(("reopened", "重新立案"))
        self._text("；".join([*said, f"逾期未办结{data.overdue}处。"]))
        self._table(
            "各环节数量", ("环节", "数量", "面积（公顷）"), (60, 40, 56),
            [(s.zh, str(s.count), str(hectares(s.area_ha))) for s in data.stages],
        )  # fmt: skip
        chart = Chart(
            "bar",
            "各环节数量",
            tuple(s.zh for s in data.stages),
            (("数量", tuple(s.count for s in data.stages)),),
        )
        self._chart(chart)

    def _counted(self, *stages: tuple[str, str]) -> list[str]:
        """How many came to each stage; a stage nobody counted is left unsaid, not called none."""
        known = [(code, words) for code, words in stages if self.data.has(code)]
        return [f"{words}{self.data.stage(code).count}处" for code, words in known]

    def _detection(self) -> None:
        data = self.data
        suspected = data.stage("suspected")
        self._text(f"全年形成疑似生态破坏问题{suspected.count}个。")
        if data.sources:
            rows = [(s.name, str(s.count), s.remark) for s in data.sources]
            self._table("疑似问题线索来源", ("来源", "个数", "说明"), (60, 30, 66), rows)
        if data.months:
            series = (
                ("疑似问题", [m.suspected for m in data.months]),
                ("确认问题", [m.confirmed for m in data.months]),
                ("销号", [m.closed for m in data.months]),
            )
            months = tuple(f"{int(m.month[-2:])}月" for m in data.months)
            self._chart(
                Chart("line", "逐月数量", months, tuple((n, tuple(v)) for n, v in series), "个")
            )

    def _handover(self) -> None:
        data = self.data
        self._text(
            f"全年确认生态破坏问题{data.stage('confirmed').count}处，分县、分类型情况见下表。"
        )
        self._counties()
        self._types("人类活动类型", data.activity_types)
        self._types("问题类型", data.problem_types)
        if sum(f.count for f in data.problem_types) > data.stage("confirmed").count:
            self._text("一处问题可涉及多种问题类型，各类型处数、面积之和大于总数。")
        if data.handovers:
            rows = [
                (h.department, str(h.letters), str(h.problems), str(hectares(h.area_ha)), str(h.replied))
                for h in data.handovers
            ]  # fmt: skip
            heads = ("部门", "移交函（件）", "问题（处）", "面积（公顷）", "已反馈（件）")
            self._table("向有关部门移交情况", heads, (52, 26, 24, 30, 24), rows)

    def _counties(self) -> None:
        """Every county's year; rates are per observed area, so that a larger county is not worse."""
        rows = [
            (
                c.name, str(c.suspected), str(c.confirmed), str(hectares(c.area_ha)), str(c.rectified),
                str(c.closed), str(c.reopened), str(c.overdue),
                "—" if c.per_100_km2 is None else f"{c.per_100_km2:.2f}",
            )
            for c in self.data.counties
        ]  # fmt: skip
        if not rows:
            return
        heads = (
            "县（区）",
            "疑似",
            "确认",
            "面积\n（公顷）",
            "整改",
            "销号",
            "重新\n立案",
            "逾期",
            "每百平方千米\n问题数",
        )
        self._table("分县情况", heads, (26, 13, 13, 24, 13, 13, 14, 13, 27), rows)
        self._county_chart()

    def _county_chart(self) -> None:
        """Confirmed and closed by county; a long list lies on its side and shows the most only."""
        most = sorted(self.data.counties, key=lambda c: -c.confirmed)[:MOST_COUNTIES]
        shown = [c for c in self.data.counties if c in most]
        series = (
            ("确认问题", tuple(c.confirmed for c in shown)),
            ("销号", tuple(c.closed for c in shown)),
        )
        few = len(shown) <= STANDING_COUNTIES
        cut = f"（确认问题最多的{len(shown)}个）" if len(shown) < len(self.data.counties) else ""
        names = tuple(c.name for c in shown)
        chart = Chart("column" if few else "bar", f"分县确认与销号数量{cut}", names, series, "处")
        self._chart(chart, HEIGHT_MM if few else 24 + 8.5 * len(shown))

    def _types(self, what: str, figures: Sequence) -> None:
        if figures:
            total = self.data.stage("confirmed").count
            rows = [
                (f.name, str(f.count), share(f.count, total), str(hectares(f.area_ha)))
                for f in figures
            ]
            self._table(
                f"确认问题按{what}分",
                (what, "处数", "占比", "面积（公顷）"),
                (80, 20, 24, 32),
                rows,
            )

    def _rectification(self) -> None:
        data = self.data
        said = self._counted(
            ("rectified", "完成整改"), ("rechecked", "实地复核"), ("closed", "销号")
        )
        self._text("全年" + "，".join([*said, f"逾期未办结{data.overdue}处。"]))
        self._named("督促整改措施", data.measures)

    def _referral(self) -> None:
        self._named("移送情况", self.data.referrals)

    def _upward(self) -> None:
        self._named("上报情况", self.data.upward)

    def _effectiveness(self) -> None:
        data = self.data
        self._text(
            data.effectiveness
            or ("本年度保护成效评估尚未形成结果。" if not data.indicators else "")
        )
        if data.indicators:
            rows = [(i.name, i.value, i.unit, i.source) for i in data.indicators]
            self._table("保护成效指标", ("指标", "数值", "单位", "依据"), (52, 28, 24, 52), rows)

    def _cases(self) -> None:
        if not self.data.cases:
            self._text("本年度未选取典型案例。")
        for number, case in enumerate(self.data.cases, start=1):
            self._case(number, case)

    def _case(self, number: int, case: TypicalCase) -> None:
        self._text(
            f"（{'一二三四五六七八九十'[number - 1] if number <= 10 else number}）{case.title}",
            font=KAI,
        )
        for words in case.paragraphs:
            self._text(words)
        if case.pictures:
            self._pictures(case)

    def _pictures(self, case: TypicalCase) -> None:
        """Up to two pictures side by side, their captions under them."""
        if len(case.pictures) > MOST_PICTURES:
            raise InputError(
                f"got {len(case.pictures)} pictures for {case.title!r}; wanted {MOST_PICTURES} at most"
            )
        table = self.document.add_table(rows=2, cols=len(case.pictures))  # without lines
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for column, (picture, caption) in enumerate(case.pictures):
            place, under = (table.cell(row, column) for row in (0, 1))
            shown = paragraph(place, size=TABLE_PT, align="center")
            shown.paragraph_format.keep_with_next = True
            self._picture(shown.add_run(), picture, case.title)
            paragraph(under, caption, font=HEI, size=CAPTION_PT, align="center", line_pt=20)
            for cell in (place, under):  # the empty paragraph that every new cell holds
                cell._element.remove(cell.paragraphs[0]._element)

    def _picture(self, run, picture: bytes | Path, title: str) -> None:
        """One picture at its width; raises `InputError` for what is no picture."""
        stream = io.BytesIO(picture) if isinstance(picture, bytes) else str(picture)
        try:
            run.add_picture(stream, width=mm(PICTURE_MM))
        except (UnrecognizedImageError, OSError, ZeroDivisionError) as fault:
            raise InputError(
                f"a picture of {title!r} cannot be read; wanted PNG or JPEG"
            ) from fault

    def _statements(self) -> None:
        if self.data.is_demo:
            self._text(
                f"本报告所用数据为{DEMO_NOTICE}，图斑、红线、行政区界线和办理记录均为演示而制作。",
                font=HEI,
            )
        for words in self.data.statements:
            self._text(words)
        self._text(
            "面积为图斑在生态保护红线内的部分，在CGCS2000椭球面上计算，单位公顷，保留4位小数；"
            "各表面积合计为所列各项保留4位小数后之和。分县比率以影像实际观测到的红线面积为分母。"
        )

    # How it stands on the page.

    def _heading(self, words: str) -> None:
        made = paragraph(self.document, words, font=HEI, first_line=2, line_pt=LINE_PT, before_pt=6)
        made.paragraph_format.keep_with_next = True
        level = parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>')
        made._element.get_or_add_pPr().insert_element_before(level, *AFTER_OUTLINE)

    def _text(self, words: str, *, font: str = FANGSONG) -> None:
        if words:
            paragraph(self.document, words, font=font, align="both", first_line=2, line_pt=LINE_PT)

    def _named(self, title: str, counts: Sequence) -> None:
        """A table of named counts, or that there are none."""
        if not counts:
            self._text(NONE_YET)
            return
        rows = [(c.name, str(c.count), c.remark) for c in counts]
        self._table(title, ("事项", "数量", "说明"), (56, 24, 76), rows)

    def _table(self, title: str, heads, widths, rows) -> None:
        self.tables += 1
        assert abs(sum(widths) - CORE_MM) < 0.01, "a table is as wide as the text"
        self._caption(f"表{self.tables}　{title}", above=True)
        aligns = ["left", *["center"] * (len(widths) - 1)]
        add_table(
            self.document, widths, heads, rows, aligns=aligns, size=TABLE_PT, nothing=NONE_YET
        )
        paragraph(self.document, size=6, line_pt=8)

    def _chart(self, chart: Chart, height_mm: float = HEIGHT_MM) -> None:
        self.charts += 1
        add_chart(self.document, chart, height_mm=height_mm)
        self._caption(f"图{self.charts}　{chart.title}")

    def _caption(self, words: str, *, above: bool = False) -> None:
        made = paragraph(
            self.document, words, font=HEI, size=CAPTION_PT, align="center", line_pt=20,
            before_pt=6 if above else 0,
        )  # fmt: skip
        made.paragraph_format.keep_with_next = above
