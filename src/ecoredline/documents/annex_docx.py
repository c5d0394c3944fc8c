"""An annex as a document: landscape A4, the official table, its notes word by word."""

from docx.document import Document as DocumentType

from ecoredline.documents.official import ANNEX_LABEL_LINES, ANNEX_NOTES
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
)
from ecoredline.documents.tables import add_table
from ecoredline.documents.words import degrees
from ecoredline.record import DEMO_NOTICE

WIDTHS_MM = (25, 14, 15, 15, 22, 20, 27, 17, 26, 17, 27)  # 225 mm: the core of a turned A4
ALIGNS = (
    "center", "center", "center", "center", "center", "center",
    "left", "center", "left", "center", "left",
)  # fmt: skip
NOTE_PT = 10.5
UNIT_LINE = "单位：面积，公顷；经纬度，度（CGCS2000）"
DEMO_LINE = f"{DEMO_NOTICE}：图斑、红线与行政区界线均为演示而制作，不得作为执法或移交依据。"


def annex_document(table) -> DocumentType:
    """Build the document of an `AnnexTable`; an empty one says that nothing was found.

    >>> from ecoredline.documents.annex import ANNEX_1, AnnexTable
    >>> document = annex_document(AnnexTable(ANNEX_1, "四川省", ()))
    >>> len(document.tables[0].columns)
    11
    """
    document = new_document(table.title, DEMO_NOTICE if table.is_demo else "")
    section = set_page(document.sections[0], landscape=True)
    page_numbers(section)
    if table.is_demo:
        notices(section, DEMO_NOTICE)
    add_annex(document, table, label=table.annex.label, title=table.title)
    return document


def add_annex(document: DocumentType, table, *, label: str, title: str) -> None:
    """Add label, title, table, notes and totals to a section that is already landscape."""
    paragraph(document, label, font=HEI, line_pt=22)
    paragraph(document, title, font=XIAOBIAOSONG, size=22, align="center", line_pt=34)
    if table.is_demo:
        paragraph(
            document, f"（{DEMO_NOTICE}）", font=HEI, size=12, bold=True, color=NOTICE_RED,
            align="center", line_pt=18,
        )  # fmt: skip
    if table.extract:
        paragraph(document, table.extract_line, font=HEI, size=12, align="center", line_pt=18)
    paragraph(document, UNIT_LINE, size=NOTE_PT, align="right", line_pt=16)
    rows = [[degrees(v) if i in (4, 5) else str(v) for i, v in enumerate(r)] for r in table.rows]
    add_table(
        document,
        WIDTHS_MM,
        ANNEX_LABEL_LINES,
        rows,
        aligns=ALIGNS,
        size=9,
        nothing=table.nothing,
    )
    for number, words in enumerate([*ANNEX_NOTES, table.summary]):
        paragraph(
            document, words, font=FANGSONG, size=NOTE_PT, line_pt=16, before_pt=4 if number == 0 else 0
        )  # fmt: skip
    if table.is_demo:
        paragraph(document, DEMO_LINE, font=HEI, size=NOTE_PT, color=NOTICE_RED, line_pt=16)
