"""GB/T 9704-2012, letter form (standards 10.5): red mark, double rules, text, signature."""

import re

from docx.document import Document as DocumentType

from ecoredline.documents import official
from ecoredline.documents.annex_xlsx import display_width
from ecoredline.documents.letter_fill import LetterText
from ecoredline.documents.ooxml import (
    A4_TWIPS,
    BODY_PT,
    FANGSONG,
    GRID_LINE_TWIPS,
    HEADER_MM,
    HEI,
    KAI,
    NOTICE_LINE_PT,
    NOTICE_RED,
    RED,
    TITLE_PT,
    TWIPS_PER_MM,
    XIAOBIAOSONG,
    anchored_bar,
    indent,
    paragraph,
)

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
CORE_TOP_MM, CORE_WIDTH_MM = 37.0, 156.0
PT_PER_MM = 72 / 25.4
MARK_TOP_MM = 30.0  # upper edge of the agency mark, from the page's top
MARK_PT = 36
RULE_BELOW_MARK_MM = 4.0
RULE_LENGTH_MM = 170.0
BOTTOM_RULE_MM = 20.0  # from the page's bottom
THICK_MM, GAP_MM, THIN_MM = 0.9, 0.5, 0.35
NUMBER_BELOW_RULE_MM = 5.6 * 7 / 8  # seven eighths of a 3号 character
LINE_PT = GRID_LINE_TWIPS / 20
DATE_RIGHT_CHARACTERS = 4
HEADINGS = (
    (re.compile("[一二三四五六七八九十]+、"), HEI),
    (re.compile("（[一二三四五六七八九十]+）"), KAI),
)
HEADING_CHARACTERS = 28  # a heading is one line without a full stop


def letterhead(section, mark: str) -> None:
    """Red mark and double rules of page 1, fixed to the paper."""
    header = section.first_page_header
    size = mark_size(mark)
    notice_end_mm = HEADER_MM + NOTICE_LINE_PT / PT_PER_MM
    paragraph(
        header, mark, font=XIAOBIAOSONG, size=size, color=RED, align="center", line_pt=size,
        before_pt=(MARK_TOP_MM - notice_end_mm) * PT_PER_MM,
    )  # fmt: skip
    made, left = header.paragraphs[0], (PAGE_WIDTH_MM - RULE_LENGTH_MM) / 2
    top = rule_top_mm(mark)
    anchored_bar(made, 102, left, top, RULE_LENGTH_MM, THICK_MM)
    anchored_bar(made, 103, left, top + THICK_MM + GAP_MM, RULE_LENGTH_MM, THIN_MM)
    bottom = PAGE_HEIGHT_MM - BOTTOM_RULE_MM
    anchored_bar(made, 104, left, bottom - THICK_MM - GAP_MM - THIN_MM, RULE_LENGTH_MM, THIN_MM)
    anchored_bar(made, 105, left, bottom - THICK_MM, RULE_LENGTH_MM, THICK_MM)


def mark_size(mark: str) -> int:
    """Size of the agency mark in points: one line as wide as the core at most."""
    fits = CORE_WIDTH_MM * PT_PER_MM / (display_width(mark) / 2 or 1)
    return int(min(MARK_PT, fits))


def rule_top_mm(mark: str) -> float:
    """Upper edge of the first red rule, from the page's top."""
    return mark_bottom_mm(mark) + RULE_BELOW_MARK_MM


def mark_bottom_mm(mark: str) -> float:
    """Lower edge of the agency mark; the text of page 1 begins here, or at the core if lower."""
    return MARK_TOP_MM + mark_size(mark) / PT_PER_MM


def letter_body(document: DocumentType, words: LetterText) -> None:
    """Number, title, addressee, text, annex note, contact, sender and date."""
    under = rule_top_mm(words.mark) + THICK_MM + GAP_MM + THIN_MM + NUMBER_BELOW_RULE_MM
    # An exact line of 29 pt holds its 16 pt character in the middle.
    begin = max(CORE_TOP_MM, mark_bottom_mm(words.mark))
    before_pt = max(0.0, (under - begin) * PT_PER_MM - (LINE_PT - BODY_PT) / 2)
    paragraph(document, words.number, align="right", line_pt=LINE_PT, before_pt=before_pt)
    for _ in range(2):
        paragraph(document, line_pt=LINE_PT)
    paragraph(
        document,
        "\n".join(words.title),
        font=XIAOBIAOSONG,
        size=TITLE_PT,
        align="center",
        line_pt=35,
    )
    paragraph(document, line_pt=LINE_PT)
    paragraph(document, words.addressee, line_pt=LINE_PT)
    made = [
        paragraph(
            document, said, font=heading_font(said), align="both", first_line=2, line_pt=LINE_PT
        )
        for said in words.paragraphs
    ]
    made = [*made[-1:], paragraph(document, line_pt=LINE_PT)]
    for said in filter(None, (words.annex, words.contact)):
        made.append(paragraph(document, said, first_line=2, line_pt=LINE_PT))
    for line in made:  # a signature never stands on a page without text
        line.paragraph_format.keep_with_next = True
    _signature(document, words.sender, words.dated)


def _signature(document: DocumentType, sender: str, dated: str) -> None:
    """Sender centred over the date; the date four characters from the right; the draft mark."""
    mark = paragraph(
        document, f"（{official.DRAFT_MARK}）", font=HEI, size=14, bold=True, color=NOTICE_RED,
        align="right", line_pt=LINE_PT,
    )  # fmt: skip
    indent(mark, right=DATE_RIGHT_CHARACTERS)
    half_difference = (display_width(dated) - display_width(sender)) / 4
    right = max(0.0, DATE_RIGHT_CHARACTERS + half_difference)
    signed = paragraph(document, sender, align="right", right_characters=right, line_pt=LINE_PT)
    paragraph(
        document, dated, align="right", right_characters=DATE_RIGHT_CHARACTERS, line_pt=LINE_PT
    )
    for made in (mark, signed):
        made.paragraph_format.keep_with_next = True


def heading_font(said: str) -> str:
    """Font of a paragraph: headings of the first and the second level have their own.

    >>> heading_font("一、总体情况"), heading_font("一、某县完成整改。") == FANGSONG
    ('黑体', True)
    """
    if len(said) > HEADING_CHARACTERS or said.endswith(("。", "；", "：")):
        return FANGSONG
    return next((font for pattern, font in HEADINGS if pattern.match(said)), FANGSONG)


def page_size_mm() -> tuple[float, float]:
    """A4 as the letter sets it, millimetres.

    >>> [round(v) for v in page_size_mm()]
    [210, 297]
    """
    width, height = A4_TWIPS
    return width / TWIPS_PER_MM, height / TWIPS_PER_MM
