"""Formulas that know their units: declared once, checked, looked up in tables kept as data."""

from ecoredline.formula.check import UnitMismatch, check_inputs, clamp, out_of_range
from ecoredline.formula.declare import (
    FORMULAS,
    NOT_CHECKED_ZH,
    Clause,
    Formula,
    Input,
    Output,
    formula,
    named,
)
from ecoredline.formula.lookup import Interval, intervals, value_by_code, value_by_interval

__all__ = [
    "FORMULAS",
    "NOT_CHECKED_ZH",
    "Clause",
    "Formula",
    "Input",
    "Interval",
    "Output",
    "UnitMismatch",
    "check_inputs",
    "clamp",
    "formula",
    "intervals",
    "named",
    "out_of_range",
    "value_by_code",
    "value_by_interval",
]
