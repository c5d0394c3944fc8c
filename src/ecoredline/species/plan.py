"""Irreplaceability from tables: units with what they hold, targets, and what the integer program says."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecoredline.ecosystem.irreplaceability import (
    RUNS,
    cheapest_plan,
    replacement_costs,
    selection_frequency,
)
from ecoredline.errors import InputError
from ecoredline.species.sightings import degrees, fail_on, read_rows

LARGEST = 1e15


class Amounts(NamedTuple):
    """Units in rows: names, costs (1 each without a column `cost`), species, amounts (species, units)."""

    units: list[str]
    costs: np.ndarray
    species: list[str]
    amounts: np.ndarray


def read_amounts(path: Path | str) -> Amounts:
    """A table with the column unit, cost if there is one, and a column a species; all faults at once."""
    rows, names = read_rows(path)
    species = [n for n in names if n not in ("unit", "cost")]
    if "unit" not in names or not species or not rows:
        raise InputError(
            f"got {path} with {', '.join(names)}; wanted unit, cost if units differ, and a column a species"
        )
    faults: list[str] = []
    units = [(row["unit"] or "").strip() for row in rows]
    faults += [f"row {i}, unit: empty" for i, u in enumerate(units, 2) if not u]
    faults += [f"row {i}, unit: {u} comes twice" for i, u in enumerate(units, 2) if u and units.index(u) < i - 2]  # fmt: skip
    amounts = [[degrees(row[s], i, s, 0, LARGEST, faults) for i, row in enumerate(rows, 2)] for s in species]  # fmt: skip
    costs = [degrees(row.get("cost", 1), i, "cost", 0, LARGEST, faults) for i, row in enumerate(rows, 2)]  # fmt: skip
    fail_on(path, faults)
    return Amounts(units, np.array(costs), species, np.array(amounts))


def read_targets(path: Path | str, table: Amounts) -> np.ndarray:
    """How much of each species is wanted: columns species, and target (an amount) or share (0..1 of all there is)."""
    rows, names = read_rows(path)
    kind = next((k for k in ("target", "share") if k in names), None)
    if "species" not in names or kind is None:
        raise InputError(f"got {path} with {', '.join(names)}; wanted species, and target or share")
    faults: list[str] = []
    wanted = {
        row["species"]: degrees(row[kind], i, kind, 0, 1 if kind == "share" else LARGEST, faults)
        for i, row in enumerate(rows, 2)
    }
    faults += [f"species {s}: no row" for s in table.species if s not in wanted]
    faults += [f"species {s}: not in the amounts" for s in wanted if s not in table.species]
    names_seen = [row["species"] for row in rows]
    faults += [f"row {i}, species: {s} comes twice" for i, s in enumerate(names_seen, 2) if names_seen.index(s) < i - 2]  # fmt: skip
    fail_on(path, faults)
    found = np.array([wanted[s] for s in table.species])
    return found * table.amounts.sum(axis=1) if kind == "share" else found


def plan_table(
    table: Amounts, targets: np.ndarray, *, runs: int = RUNS, seed: int = 0, seconds: float = 60.0
) -> pd.DataFrame:
    """One row a unit: in the cheapest plan, irreplaceability 0..100, replacement cost (inf: no plan without it).

    Raises `InputError` (targets out of reach), `ComputationError` when a plan takes too long.

    >>> table = Amounts(["a", "b", "c"], np.ones(3), ["x", "y"], np.array([[1.0, 0, 0], [0, 1, 1]]))
    >>> plan_table(table, np.array([1.0, 1.0]), runs=10)["irreplaceability"].tolist()[0]
    100.0
    """
    if runs < 1:
        raise InputError(f"got {runs} runs; wanted 1 or more")
    given = (table.amounts, targets, table.costs)
    times = selection_frequency(*given, runs=runs, seed=seed, seconds=seconds)
    best = cheapest_plan(*given, seconds=seconds)
    return pd.DataFrame({
        "unit": table.units, "cost": table.costs, "chosen": best.chosen,
        "irreplaceability": times / runs * 100,
        "replacement_cost": replacement_costs(*given, seconds=seconds),
    })  # fmt: skip
