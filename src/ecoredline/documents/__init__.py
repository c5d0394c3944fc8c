"""What leaves the house: annexes, letter, evidence sheets, the report (layout and words only)."""

from ecoredline.documents.annex import annex_table, write_annexes
from ecoredline.documents.bundle import write_documents
from ecoredline.documents.chips import chip_pair, chip_window
from ecoredline.documents.evidence import write_evidence
from ecoredline.documents.letter import LetterParties, write_letter
from ecoredline.documents.report import report_html

__all__ = [
    "LetterParties",
    "annex_table",
    "chip_pair",
    "chip_window",
    "report_html",
    "write_annexes",
    "write_documents",
    "write_evidence",
    "write_letter",
]
