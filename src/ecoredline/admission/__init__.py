"""Admission check 准入: projects against dated layers by dated rules; in doubt the answer is no."""

from ecoredline.admission.decide import CheckOptions, admit, admit_all
from ecoredline.admission.faults import Fault, TableFaults
from ecoredline.admission.layers import (
    LayerOptions,
    Layers,
    LayerState,
    layers_of,
    load_layers,
)
from ecoredline.admission.match import match_projects
from ecoredline.admission.output import write_admissions
from ecoredline.admission.project import Project, Reading, read_projects
from ecoredline.admission.result import Admission, Finding, Hit
from ecoredline.admission.rules import Rule, RuleTable, read_rules, table_of

__all__ = [
    "Admission",
    "CheckOptions",
    "Fault",
    "Finding",
    "Hit",
    "LayerOptions",
    "LayerState",
    "Layers",
    "Project",
    "Reading",
    "Rule",
    "RuleTable",
    "TableFaults",
    "admit",
    "admit_all",
    "layers_of",
    "load_layers",
    "match_projects",
    "read_projects",
    "read_rules",
    "table_of",
    "write_admissions",
]
