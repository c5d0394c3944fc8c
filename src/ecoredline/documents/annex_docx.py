"""An annex as a document: landscape A4, the official table, its notes word by word."""

from docx.document import Document as DocumentType

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

NOTE_PT = 10.5
LONLAT_FORMAT = "0.000000"
DEMO_LINE = f"{DEMO_NOTICE}：图斑、红线与行政区界线均为演示而制作，不得作为执法或移交依据。"


def annex_document(table) -> DocumentType:
    """Build the document of an `AnnexTable` or a `ProblemTable`; an empty one says so.

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
    if table.caution:
        paragraph(
            document, table.caution, font=HEI, size=12, color=NOTICE_RED, align="center", line_pt=18
        )
    layout = table.layout
    paragraph(document, layout.unit_line, size=NOTE_PT, align="right", line_pt=16)
    add_table(
        document,
        layout.widths_mm,
        layout.label_lines,
        [printed(row, layout) for row in table.rows],
        aligns=layout.aligns,
        size=9,
        nothing=table.nothing,
        groups=layout.groups,
        splits_rows=layout.splits_rows,
    )
    for number, words in enumerate([*layout.notes, table.summary]):
        paragraph(
            document, words, font=FANGSONG, size=NOTE_PT, line_pt=16, before_pt=4 if number == 0 else 0
        )  # fmt: skip
    if table.is_demo:
        paragraph(document, DEMO_LINE, font=HEI, size=NOTE_PT, color=NOTICE_RED, line_pt=16)


def printed(row: tuple, layout) -> list[str]:
    """A row as text: coordinates with 6 decimals, the rest as it stands.

    >>> from ecoredline.documents.layouts import PATCH_LIST
    >>> printed(("甲", "", "", "", 101.5, None, "", 1, "", "", ""), PATCH_LIST)[4:6]
    ['101.500000', '']
    """
    degree = [i for i, pattern in layout.formats.items() if pattern == LONLAT_FORMAT]
    return [degrees(v) if i in degree else str(v) for i, v in enumerate(row)]
