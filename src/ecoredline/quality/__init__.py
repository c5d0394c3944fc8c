"""Data quality 数据质量: a catalogue of checks declared as data, run over any delivery."""

from ecoredline.quality.catalogue import Check, CheckResult, Place, catalogue
from ecoredline.quality.context import CheckOptions
from ecoredline.quality.repair import Change, repair_delivery
from ecoredline.quality.report import changes_workbook, report_html, report_workbook, write_reports
from ecoredline.quality.run import QualityReport, check_delivery

__all__ = [
    "Change",
    "Check",
    "CheckOptions",
    "CheckResult",
    "Place",
    "QualityReport",
    "catalogue",
    "changes_workbook",
    "check_delivery",
    "repair_delivery",
    "report_html",
    "report_workbook",
    "write_reports",
]
