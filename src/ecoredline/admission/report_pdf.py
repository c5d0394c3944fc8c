"""The same report as PDF, with its map; nothing but fpdf2 and a Chinese font is needed."""

from pathlib import Path

from ecoredline.admission import report
from ecoredline.admission.picture import LEGEND, map_png
from ecoredline.admission.result import Admission
from ecoredline.documents.pdf import FACE, Paper
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

RED = (192, 0, 0)


def report_pdf(admission: Admission, indexes, made_on: str = "") -> bytes:
    """Build the report; `made_on` is the date on the map (default: the day of the judgement).

    Raises `SourceError` when the machine has no Chinese font.
    """
    paper = Paper(report.TITLE, DEMO_NOTICE if admission.is_demo else "")
    paper.words(report.TITLE, size=18, align="C", after=2)
    paper.words(
        f"结论：{admission.outcome_zh}", size=14, color=(0, 0, 0) if admission.admitted else RED
    )
    for words in report.verdict_lines(admission):
        paper.words(words, size=11)
    paper.ln(2)
    paper.rows(report.FACTS_MM, (), report.facts_rows(admission), aligns=report.FACTS_ALIGNS)
    _map(paper, admission, indexes, made_on)
    for title, widths, head, rows, aligns, nothing in (
        (report.FINDINGS_TITLE, report.FINDINGS_MM, report.FINDINGS_HEAD, report.finding_rows, report.FINDINGS_ALIGNS, ""),
        (report.HITS_TITLE, report.HITS_MM, report.HITS_HEAD, report.hit_rows, report.HITS_ALIGNS, report.NO_HITS),
        (report.LAYERS_TITLE, report.LAYERS_MM, report.LAYERS_HEAD, report.layer_rows, report.LAYERS_ALIGNS, ""),
    ):  # fmt: skip
        paper.words(title, size=12, after=1)
        paper.rows(widths, head, rows(admission), aligns=aligns, nothing=nothing)
        if rows is report.finding_rows and any(not r.checked for r in admission.rules):
            paper.words(report.UNCHECKED_WORDS, size=9, color=RED, after=1)
    for state in admission.layers.values():
        for note in state.notes:
            paper.words(f"{state.zh}读取说明：{note}", size=9)
    for words in report.closing_words(admission):
        paper.words(words, size=9, after=0.5)
    return bytes(paper.output())


def write_pdf(path: Path, admission: Admission, indexes, made_on: str = "") -> Path:
    """Write the PDF; whole or not at all."""
    with whole_file(path) as part:
        part.write_bytes(report_pdf(admission, indexes, made_on))
    return path


def _map(paper: Paper, admission: Admission, indexes, made_on: str) -> None:
    picture, shown = map_png(admission, indexes, made_on)
    paper.picture(picture, report.MAP_MM)
    paper.set_font(FACE, size=9)
    paper.write(5, "图例：")
    for key in shown:
        name, fill, _ = LEGEND[key]
        paper.set_text_color(*fill)
        paper.write(5, "■")
        paper.set_text_color(0, 0, 0)
        paper.write(5, f"{name}　")
    paper.ln(7)
