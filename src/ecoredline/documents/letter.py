"""The letter of annex 3 (函) in letter form, filled from the list; a draft until sealed.

Words: 环办生态函〔2020〕703号 annex 3. Layout: GB/T 9704-2012, letter form (standards 10.5).
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from docx.document import Document as DocumentType

from ecoredline.documents import official
from ecoredline.documents.annex import AnnexTable
from ecoredline.documents.annex_docx import add_annex
from ecoredline.documents.annex_xlsx import display_width
from ecoredline.documents.ooxml import (
    A4_TWIPS,
    BODY_PT,
    GRID_LINE_TWIPS,
    HEADER_MM,
    HEI,
    NOTICE_LINE_PT,
    NOTICE_RED,
    RED,
    TITLE_PT,
    TWIPS_PER_MM,
    XIAOBIAOSONG,
    add_section,
    anchored_bar,
    indent,
    new_document,
    notices,
    page_numbers,
    paragraph,
    set_page,
)
from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

LETTER_NAME = "letter.docx"
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
NOTHING_NOTE = "本期未发现疑似问题，本函无需印发"
OWN_WORDS = (  # how a letter speaks to the government it is sent to
    ("自治区人民政府", "你区"),
    ("自治州人民政府", "你州"),
    ("省人民政府", "你省"),
    ("市人民政府", "你市"),
    ("州人民政府", "你州"),
    ("县人民政府", "你县"),
    ("区人民政府", "你区"),
)


@dataclass(frozen=True)
class LetterParties:
    """Who writes to whom. What is left blank is derived from the list or stays the template's XX.

    By default the ministry's office writes to the office of the province's government, as in
    annex 3; a city writes to a county by giving `addressee`, `sender`, `our_name` (我局) and
    `your_name` (你县). `reply_by` and `dated` are ISO dates (2026-03-31) or blank.
    """

    addressee: str = ""
    sender: str = official.LETTER_SENDER
    our_name: str = "我部"
    your_name: str = ""
    contact: str = ""
    number: str = ""
    mark: str = ""
    reply_by: str = ""
    dated: str = ""


def chinese_date(value: str | date, blank: str) -> str:
    """A date in Arabic digits without leading zeros; blank stays the template's XX.

    Raises `InputError` for what is not an ISO date.

    >>> chinese_date("2026-03-05", "XX")
    '2026年3月5日'
    """
    if not value:
        return blank
    try:
        found = value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError as fault:
        raise InputError(f"got date {value!r}; wanted year-month-day, as in 2026-03-31") from fault
    return f"{found.year}年{found.month}月{found.day}日"


def addressee_of(parties: LetterParties, province: str) -> str:
    """The addressee, by default the office of the province's government."""
    return parties.addressee or official.LETTER_ADDRESSEE.format(
        province=province or official.PROVINCE_BLANK
    )


def your_name_of(parties: LetterParties, addressee: str) -> str:
    """How the addressee is spoken to: given, read from its name, or the template's words.

    >>> your_name_of(LetterParties(), "盐边县人民政府办公室")
    '你县'
    """
    if parties.your_name:
        return parties.your_name
    if official.PROVINCE_BLANK in addressee:
        return official.BLANK_YOUR
    found = (word for ending, word in OWN_WORDS if re.search(f".{ending}", addressee))
    return next(found, official.BLANK_YOUR)


def letter_words(table: AnnexTable, parties: LetterParties) -> dict[str, str]:
    """Every sentence of the letter with its blanks filled; count and area are the list's own.

    >>> from ecoredline.documents.official import ANNEX_1
    >>> letter_words(AnnexTable(ANNEX_1, "四川省", ()), LetterParties())["addressee"]
    '四川省人民政府办公厅：'
    """
    addressee = addressee_of(parties, table.province)
    blanks = {
        "our": parties.our_name,
        "your": your_name_of(parties, addressee),
        "count": len(table.rows),
        "area": table.area_ha,
        "reply_by": chinese_date(parties.reply_by, official.BLANK_REPLY_BY),
    }
    mark = parties.mark or (
        official.LETTER_MARK if parties.sender == official.LETTER_SENDER else parties.sender
    )
    return {
        "mark": mark,
        "number": parties.number or official.BLANK_NUMBER,
        "title": "\n".join(official.LETTER_TITLE_LINES),
        "addressee": addressee.rstrip("：:") + "：",
        "found": official.LETTER_FOUND.format(**blanks),
        "ask": official.LETTER_ASK.format(**blanks),
        "annex": official.LETTER_ANNEX,
        "contact": official.LETTER_CONTACT.format(
            contact=parties.contact or official.BLANK_CONTACT
        ),
        "sender": parties.sender,
        "dated": chinese_date(parties.dated, official.BLANK_DATED),
    }


def letter_document(table: AnnexTable, parties: LetterParties | None = None) -> DocumentType:
    """Build the letter with the list of annex 1 after it, on landscape pages.

    Count and area are those of `table`, so letter and list can never differ.
    """
    parties = parties or LetterParties()
    words = letter_words(table, parties)
    document = new_document(official.LETTER_TITLE, DEMO_NOTICE if table.is_demo else "")
    section = set_page(document.sections[0])
    section.different_first_page_header_footer = True  # no page number on page 1
    page_numbers(section)
    notices(section, draft_words(table))
    _letterhead(section, words["mark"])
    _body(document, words)
    add_section(document, landscape=True)
    title = "疑似生态破坏问题清单"
    add_annex(document, table, label="附件", title=title)
    return document


def draft_words(table: AnnexTable) -> str:
    """What stands at the head of every page of a letter that is not sealed."""
    said = [official.DRAFT_MARK]
    if table.is_demo:
        said.append(DEMO_NOTICE)
    if not table.rows:
        said.append(NOTHING_NOTE)
    return "【" + "】【".join(said) + "】"


def _letterhead(section, mark: str) -> None:
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


def _body(document: DocumentType, words: dict[str, str]) -> None:
    """Number, title, addressee, text, annex note, contact, sender and date."""
    under = rule_top_mm(words["mark"]) + THICK_MM + GAP_MM + THIN_MM + NUMBER_BELOW_RULE_MM
    # An exact line of 29 pt holds its 16 pt character in the middle.
    begin = max(CORE_TOP_MM, mark_bottom_mm(words["mark"]))
    before_pt = max(0.0, (under - begin) * PT_PER_MM - (LINE_PT - BODY_PT) / 2)
    paragraph(document, words["number"], align="right", line_pt=LINE_PT, before_pt=before_pt)
    for _ in range(2):
        paragraph(document, line_pt=LINE_PT)
    paragraph(
        document, words["title"], font=XIAOBIAOSONG, size=TITLE_PT, align="center", line_pt=35
    )
    paragraph(document, line_pt=LINE_PT)
    paragraph(document, words["addressee"], line_pt=LINE_PT)
    for name in ("found", "ask"):
        paragraph(document, words[name], align="both", first_line=2, line_pt=LINE_PT)
    paragraph(document, line_pt=LINE_PT)
    paragraph(document, words["annex"], first_line=2, line_pt=LINE_PT)
    paragraph(document, words["contact"], first_line=2, line_pt=LINE_PT)
    _signature(document, words["sender"], words["dated"])


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


def write_letter(folder: Path, table: AnnexTable, parties: LetterParties | None = None) -> Path:
    """Write letter.docx; raises `OutputError`. It appears whole or not at all."""
    path = Path(folder) / LETTER_NAME
    with whole_file(path) as part:
        letter_document(table, parties).save(part)
    return path


def page_size_mm() -> tuple[float, float]:
    """A4 as the letter sets it, millimetres.

    >>> [round(v) for v in page_size_mm()]
    [210, 297]
    """
    width, height = A4_TWIPS
    return width / TWIPS_PER_MM, height / TWIPS_PER_MM
