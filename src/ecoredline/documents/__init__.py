"""What leaves the house: annexes, letters, evidence sheets, reports (layout and words only).

Reading annexes back is in `documents.readback`, the annual report in `documents.annual_report`.
"""

from ecoredline.documents.annex import annex_table, write_annexes
from ecoredline.documents.bundle import write_documents
from ecoredline.documents.chips import chip_pair, chip_window
from ecoredline.documents.evidence import write_evidence
from ecoredline.documents.letter import LetterParties, letter_document, save_letter, write_letter
from ecoredline.documents.letter_template import (
    LetterTemplate,
    TemplateFaults,
    shipped_template,
    shipped_templates,
)
from ecoredline.documents.problems import (
    CaseRow,
    ProblemTable,
    problem_table,
    write_problem_docx,
    write_problem_xlsx,
)
from ecoredline.documents.report import report_html

__all__ = [
    "CaseRow",
    "LetterParties",
    "LetterTemplate",
    "ProblemTable",
    "TemplateFaults",
    "annex_table",
    "chip_pair",
    "chip_window",
    "letter_document",
    "problem_table",
    "report_html",
    "save_letter",
    "shipped_template",
    "shipped_templates",
    "write_annexes",
    "write_documents",
    "write_evidence",
    "write_letter",
    "write_problem_docx",
    "write_problem_xlsx",
]
