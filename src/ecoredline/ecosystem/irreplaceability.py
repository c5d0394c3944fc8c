"""Irreplaceability by an integer program: which planning units no plan can do without.

HJ 1173 uses Marxan (simulated annealing): counties as units, equal cost, 100 runs, times selected.
Here every run is solved to its optimum (HiGHS, in scipy) under slightly shaken costs, which tells
apart plans of equal cost; the replacement cost is exact and needs no runs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from ecoredline.errors import ComputationError, InputError

RUNS = 100
SHAKE = (
    0.01  # of the smallest cost, so that no run is dearer than the best plan by more than a trifle
)
PROVEN, STOPPED, INFEASIBLE = 0, 1, 2  # scipy's status


@dataclass(frozen=True)
class Plan:
    """A cheapest plan: chosen units (bool), its cost with the boundary's share."""

    chosen: np.ndarray
    cost: float


def cheapest_plan(
    amounts, targets, costs=None, *, borders: Sequence[tuple[int, int, float]] = (),
    border_weight: float = 0.0, without: int | None = None, seconds: float = 60.0,
) -> Plan | None:  # fmt: skip
    """Fewest or cheapest units that reach every target; None when no plan does.

    Parameters
    ----------
    amounts : (species, units), how much of each species each unit holds, 0 or more.
    targets : (species,), how much is wanted of each.
    costs : (units,), 1 each when not given.
    borders, border_weight : (unit, unit, length) of shared borders; a border between a chosen
        and an unchosen unit costs length × weight, so plans keep together.
    without : a unit that must not be chosen.

    Raises `InputError` (shapes, negative), `ComputationError` when time runs out.

    >>> cheapest_plan([[1, 1, 0], [0, 1, 1]], [1, 1]).chosen.tolist()
    [False, True, False]
    """
    amounts, targets, costs = checked(amounts, targets, costs)
    count, ties = amounts.shape[1], list(borders) if border_weight else []
    lengths = np.array([length for *_, length in ties], dtype=float) * border_weight
    rows = [LinearConstraint(sparse.hstack([sparse.csr_array(amounts), sparse.csr_array((len(targets), len(ties)))]), lb=targets)]  # fmt: skip
    rows += border_rows(ties, count)
    upper = np.ones(count + len(ties))
    if without is not None:
        upper[without] = 0
    found = milp(
        np.concatenate([costs, lengths]), constraints=rows, bounds=Bounds(0, upper),
        integrality=np.concatenate([np.ones(count), np.zeros(len(ties))]),
        options={"time_limit": seconds},
    )  # fmt: skip
    if found.status == INFEASIBLE:
        return None
    if found.status != PROVEN:
        raise ComputationError(
            f"the solver stopped ({found.message}): give it more than {seconds:g} seconds, or fewer units"
        )
    return Plan(found.x[:count] > 0.5, float(found.fun))


def checked(amounts, targets, costs):
    """Arrays of the right shape; raise `InputError` that says what is wrong."""
    amounts, targets = np.asarray(amounts, dtype=float), np.asarray(targets, dtype=float)
    if amounts.ndim != 2 or targets.shape != amounts.shape[:1]:
        raise InputError(
            f"got amounts of {amounts.shape} and targets of {targets.shape}; wanted (species, units) and (species,)"
        )
    costs = np.ones(amounts.shape[1]) if costs is None else np.asarray(costs, dtype=float)
    if costs.shape != amounts.shape[1:]:
        raise InputError(f"got {costs.shape} costs for {amounts.shape[1]} units; wanted one each")
    for name, values in (("amounts", amounts), ("targets", targets), ("costs", costs)):
        if not np.isfinite(values).all() or (values < 0).any():
            raise InputError(
                f"got {name} that are negative or missing; wanted numbers of 0 or more"
            )
    return amounts, targets, costs


def border_rows(ties, count: int) -> list[LinearConstraint]:
    """Y of a border is at least the difference of its two units' choices."""
    if not ties:
        return []
    wide, number = len(ties), np.arange(len(ties))
    one, other = (np.array([t[k] for t in ties]) for k in (0, 1))
    y = sparse.csr_array((np.ones(wide), (number, number)), (wide, wide))
    gap = sparse.csr_array(
        (np.r_[-np.ones(wide), np.ones(wide)], (np.r_[number, number], np.r_[one, other])),
        (wide, count),
    )
    return [
        LinearConstraint(sparse.hstack([gap, y]), lb=0),
        LinearConstraint(sparse.hstack([-gap, y]), lb=0),
    ]


def selection_frequency(
    amounts, targets, costs=None, *, runs: int = RUNS, seed: int = 0, **how
) -> np.ndarray:
    """How many of `runs` cheapest plans choose each unit, int (units,); the same seed, the same result.

    `how` as in `cheapest_plan`. Raises `InputError` that lists species whose target cannot be reached.

    >>> selection_frequency([[1, 0, 0], [0, 1, 1]], [1, 1], runs=20)[0]
    np.int64(20)
    """
    amounts, targets, costs = checked(amounts, targets, costs)
    short = np.flatnonzero(amounts.sum(axis=1) < targets)
    if short.size:
        raise InputError(
            f"got targets that all units together do not reach, species {short.tolist()}"
        )
    rng, times = np.random.default_rng(seed), np.zeros(amounts.shape[1], dtype=int)
    trifle = SHAKE * (costs[costs > 0].min() if (costs > 0).any() else 1.0) / max(len(costs), 1)
    for _ in range(runs):
        times += cheapest_plan(
            amounts, targets, costs + trifle * rng.random(len(costs)), **how
        ).chosen
    return times


def replacement_costs(amounts, targets, costs=None, **how) -> np.ndarray:
    """How much dearer the cheapest plan gets without each unit; inf where no plan is left.

    >>> replacement_costs([[1, 0, 0], [0, 1, 1]], [1, 1]).tolist()
    [inf, 0.0, 0.0]
    """
    best = cheapest_plan(amounts, targets, costs, **how)
    if best is None:
        raise InputError("got targets that all units together do not reach; lower them")
    dearer = np.zeros(len(best.chosen))
    for unit in np.flatnonzero(
        best.chosen
    ):  # a unit outside a cheapest plan costs nothing to leave out
        other = cheapest_plan(amounts, targets, costs, without=int(unit), **how)
        dearer[unit] = math.inf if other is None else max(0.0, other.cost - best.cost)
    return dearer


def species_richness(presence) -> np.ndarray:
    """Number of species present, (species, …) → (…); NaN counts as not seen, NaN where all are NaN.

    >>> species_richness([[1.0, 0.0], [1.0, np.nan]]).tolist()
    [2.0, 0.0]
    """
    presence = np.asarray(presence, dtype=float)
    found = (np.nan_to_num(presence) > 0).sum(axis=0).astype(float)
    return np.where(np.isnan(presence).all(axis=0), np.nan, found)
