"""Letters (函) made from a template, the list behind them; a draft until sealed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from docx.document import Document as DocumentType

from ecoredline.documents import official
from ecoredline.documents.annex import AnnexTable
from ecoredline.documents.annex_docx import add_annex
from ecoredline.documents.letter_fill import LetterParties, LetterText, chinese_date, fill
from ecoredline.documents.letter_layout import letter_body, letterhead, mark_size
from ecoredline.documents.letter_template import UNOFFICIAL, LetterTemplate, shipped_template
from ecoredline.documents.ooxml import add_section, new_document, notices, page_numbers, set_page
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

__all__ = ["LetterParties", "LetterTemplate", "chinese_date", "mark_size", "shipped_template"]

LETTER_NAME = "letter.docx"
RUN_TEMPLATE = "annex-3"
NOTHING_NOTE = "本期未发现疑似问题，本函无需印发"
NO_ROWS_NOTE = "清单为空，本函无需印发"


def letter_document(
    template: LetterTemplate,
    parties: LetterParties | None = None,
    values: Mapping | None = None,
    tables: Sequence = (),
    *,
    demo: bool = False,
) -> DocumentType:
    """Build a letter in letter form with its lists after it, on landscape pages.

    Count and area are those of `tables`, so letter and list can never differ. What no template
    of the ministry covers is marked 非官方模板 on every page; a letter about made data is marked
    as such (`demo`, or a table that says so).

    >>> made = letter_document(shipped_template("reminder"), LetterParties("盐边县人民政府"))
    >>> made.paragraphs[5].text
    '盐边县人民政府：'
    """
    words = fill(template, parties, values, tables)
    is_demo = demo or any(t.is_demo for t in tables)
    document = new_document("".join(words.title), DEMO_NOTICE if is_demo else "")
    section = set_page(document.sections[0])
    section.different_first_page_header_footer = True  # no page number on page 1
    page_numbers(section)
    notices(section, draft_words(template, tables, is_demo=is_demo))
    letterhead(section, words.mark)
    letter_body(document, words)
    for number, table in enumerate(tables, start=1):
        add_section(document, landscape=True)
        label = "附件" if len(tables) == 1 else f"附件{number}"
        title = template.list_title if len(tables) == 1 else table.title
        add_annex(document, table, label=label, title=title or table.title)
    return document


def draft_words(template: LetterTemplate, tables: Sequence, *, is_demo: bool = False) -> str:
    """What stands at the head of every page of a letter that is not sealed.

    >>> draft_words(shipped_template("reminder"), ())
    '【未用印草稿】【EcoRedline（非官方模板）】'
    """
    said = [official.DRAFT_MARK]
    if not template.is_official:
        said.append(UNOFFICIAL)
    if is_demo:
        said.append(DEMO_NOTICE)
    if tables and not any(t.rows for t in tables):
        said.append(NOTHING_NOTE if template.kind == "verify" else NO_ROWS_NOTE)
    return "【" + "】【".join(said) + "】"


def run_letter(table: AnnexTable, parties: LetterParties | None = None) -> DocumentType:
    """The letter of annex 3 of a run, its list of annex 1 after it."""
    return letter_document(shipped_template(RUN_TEMPLATE), parties, tables=[table])


def letter_words(table: AnnexTable, parties: LetterParties | None = None) -> LetterText:
    """Every sentence of a run's letter; count and area are the list's own.

    >>> from ecoredline.documents.official import ANNEX_1
    >>> letter_words(AnnexTable(ANNEX_1, "四川省", ())).addressee
    '四川省人民政府办公厅：'
    """
    return fill(shipped_template(RUN_TEMPLATE), parties, tables=[table])


def write_letter(folder: Path, table: AnnexTable, parties: LetterParties | None = None) -> Path:
    """Write letter.docx; raises `OutputError`. It appears whole or not at all."""
    return save_letter(Path(folder) / LETTER_NAME, run_letter(table, parties))


def save_letter(path: Path, document: DocumentType) -> Path:
    """Write a letter; raises `OutputError`. It appears whole or not at all."""
    with whole_file(path) as part:
        document.save(part)
    return Path(path)
