"""What leaves the house: annexes, letters, evidence sheets, reports (layout and words only).

Reading annexes back is in `documents.readback`, the annual report in `documents.annual_report`.
Names are imported when first asked for: Word and Excel libraries cost more than a small image.
"""

from importlib import import_module

HOMES = {
    "CaseRow": "problems",
    "LetterParties": "letter_fill",
    "LetterTemplate": "letter_template",
    "ProblemTable": "problems",
    "TemplateFaults": "letter_template",
    "annex_table": "annex",
    "chip_pair": "chips",
    "chip_window": "chips",
    "letter_document": "letter",
    "problem_table": "problems",
    "report_html": "report",
    "save_letter": "letter",
    "shipped_template": "letter_template",
    "shipped_templates": "letter_template",
    "write_annexes": "annex",
    "write_documents": "bundle",
    "write_evidence": "evidence",
    "write_letter": "letter",
    "write_problem_docx": "problems",
    "write_problem_xlsx": "problems",
}

__all__ = list(HOMES)


def __getattr__(name: str):
    """A public name, from the module it lives in."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
