"""Are the inputs of a formula in the units it declares? Judged by range and magnitude."""

import math
from collections.abc import Mapping

import numpy as np

from ecoredline.errors import InputError
from ecoredline.formula.declare import Formula, Input

SHARES = {
    0.01: "a percentage where a fraction is declared",
    100.0: "a fraction where a percentage is declared",
    1e-4: "whole numbers scaled by 10 000",
}
ERODIBILITY = {0.1317: "the US unit of K"}
SIZES = {
    1000.0: "metres for millimetres, or kilometres for metres",
    0.001: "millimetres for metres, or metres for kilometres",
    1e4: "hectares for square metres",
    1e-4: "square metres for hectares, or whole numbers scaled by 10 000",
    1e6: "square kilometres for square metres",
    1e-6: "square metres for square kilometres",
}


class UnitMismatch(InputError):
    """Numbers that cannot be in the declared unit."""


def check_inputs(formula: Formula, values: Mapping[str, object]) -> None:
    """Raise `InputError` for missing and unknown inputs, `UnitMismatch` for values out of range.

    All faults are said at once. NaN (nodata) is no fault; arrays are not changed.
    """
    check_names(formula, values)
    faults = []
    for name, value in values.items():
        low, high = extremes(value)
        faults += out_of_range(name, formula.inputs[name], low, high)
        faults += too_small(name, formula.inputs[name], low, high)
    if faults:
        raise UnitMismatch(f"{formula.name} ({formula.zh}): " + "; ".join(faults))


def check_names(formula: Formula, values: Mapping[str, object]) -> None:
    """Raise `InputError` that names every missing and every unknown input."""
    missing = [n for n in formula.required if n not in values]
    unknown = [n for n in values if n not in formula.inputs]
    if missing or unknown:
        said = [f"missing: {', '.join(f'{n} ({formula.inputs[n].zh})' for n in missing)}"] * bool(
            missing
        ) + [f"unknown: {', '.join(unknown)}"] * bool(unknown)
        raise InputError(f"{formula.name} takes {', '.join(formula.inputs)}; " + "; ".join(said))


def extremes(value) -> tuple[float, float]:
    """Lowest and highest value that is not NaN; NaN, NaN when there is none.

    >>> extremes([1.0, np.nan, 3.0])
    (1.0, 3.0)
    """
    values = np.asarray(value, dtype=float)
    if not values.size or np.isnan(values).all():
        return math.nan, math.nan
    return float(np.nanmin(values)), float(np.nanmax(values))


def out_of_range(name: str, declared: Input, low: float, high: float) -> list[str]:
    """One sentence when low..high leaves the declared range, with the likely slip of units."""
    if math.isnan(low) or (declared.low <= low and high <= declared.high):
        return []
    return [
        f"got {name} ({declared.zh}) from {low:g} to {high:g}; wanted {declared.unit} between "
        f"{declared.low:g} and {declared.high:g}{likely(declared, low, high)}"
    ]


def too_small(name: str, declared: Input, low: float, high: float) -> list[str]:
    """One sentence when even the largest magnitude stays below what the unit would give."""
    largest = max(abs(low), abs(high))
    if math.isnan(low) or largest == 0 or largest >= declared.reach:
        return []
    return [
        f"got {name} ({declared.zh}) of at most {largest:g}; in {declared.unit} it would reach "
        f"{declared.reach:g}{likely(declared, low, high)}"
    ]


def likely(declared: Input, low: float, high: float) -> str:
    """Which slip of units would explain these numbers, in words; empty when none would."""
    if declared.unit == "°" and low >= 0:
        return ": is it slope in per cent? degrees = arctan(per cent / 100)"
    for factor, said in slips_of(declared.unit).items():
        a, b = low * factor, high * factor
        if declared.low <= a and b <= declared.high and max(abs(a), abs(b)) >= declared.reach:
            return f": times {factor:g} it would fit, so it may be {said}"
    return ""


def slips_of(unit: str) -> dict[float, str]:
    """Factor → the slip it would undo, for a unit: shares, sizes, and K of its own."""
    if unit in ("1", "%"):
        return SHARES
    return (ERODIBILITY if "MJ·mm)" in unit and unit.startswith("t·") else {}) | SIZES


def clamp(values, declared: Input) -> tuple[np.ndarray, int]:
    """Values brought into the declared range, and how many were moved; for a caller who says so.

    >>> clamp(np.array([0.5, 1.02, np.nan]), Input("1", "植被覆盖度", 0, 1))
    (array([0.5, 1. , nan]), 1)
    """
    values = np.asarray(values, dtype=float)
    moved = int(((values < declared.low) | (values > declared.high)).sum())
    return np.clip(values, declared.low, declared.high), moved
