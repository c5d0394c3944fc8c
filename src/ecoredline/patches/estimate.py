"""Area-adjusted accuracy from a stratified sample, and agreement between two reviewers.

Estimators of Olofsson et al. 2014 (Remote Sensing of Environment 148, 42–57), equations 1–11.
"""

from dataclasses import dataclass

import numpy as np

from ecoredline.errors import InputError, NotEnoughData

Z95 = 1.96
LEAST_IN_STRATUM = 2


@dataclass(frozen=True)
class Estimate:
    """A value and the half width of its 95 % interval."""

    value: float
    half_width: float

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end."""
        return self.value - self.half_width, self.value + self.half_width


@dataclass(frozen=True)
class AreaEstimates:
    """By class: `area` (units of the strata's areas), `users` and `producers` accuracy; `overall`."""

    area: list[Estimate]
    users: list[Estimate]
    producers: list[Estimate]
    overall: Estimate


def area_estimates(matrix, areas, class_of=None) -> AreaEstimates:
    """Estimates from counts `matrix` (strata, reference classes) and the mapped `areas` (strata).

    `class_of` says which reference class each stratum was mapped as; by default stratum i is
    class i. Several strata may be of one class. Raises `InputError`, `NotEnoughData`.

    >>> found = area_estimates([[9, 1], [1, 9]], [10, 90])
    >>> round(found.area[0].value, 1), round(found.users[0].value, 2)
    (18.0, 0.9)
    """
    n, area = np.asarray(matrix, float), np.asarray(areas, float)
    mapped = np.arange(len(n)) if class_of is None else np.asarray(class_of, int)
    if n.ndim != 2 or len(n) != len(area) or len(mapped) != len(n) or (area < 0).any():
        raise InputError(f"got counts {n.shape}, {len(area)} areas; wanted one area ≥ 0 a stratum")
    total = n.sum(axis=1)
    if (total < LEAST_IN_STRATUM).any():
        raise NotEnoughData(f"got {total.tolist()} samples by stratum; wanted 2 or more in each")
    weight = area / area.sum()
    share = n / total[:, None]  # of the reference classes in each stratum
    spread = weight[:, None] ** 2 * share * (1 - share) / (total[:, None] - 1)
    p = (weight[:, None] * share).sum(axis=0)
    right = share[np.arange(len(n)), mapped]
    overall = Estimate(
        float((weight * right).sum()),
        Z95 * float(np.sqrt((weight**2 * right * (1 - right) / (total - 1)).sum())),
    )
    return AreaEstimates(
        area=[
            Estimate(
                float(p[j] * area.sum()), Z95 * float(np.sqrt(spread[:, j].sum()) * area.sum())
            )
            for j in range(n.shape[1])
        ],
        users=[users(weight, share, total, mapped == j, j) for j in range(n.shape[1])],
        producers=[producers(weight, share, total, mapped == j, j) for j in range(n.shape[1])],
        overall=overall,
    )


def users(weight, share, total, mapped, j: int) -> Estimate:
    """Share of what was mapped as class j that is class j (1 − commission)."""
    whole = weight[mapped].sum()
    if not whole:
        return Estimate(float("nan"), float("nan"))
    part = weight[mapped] / whole
    value = (part * share[mapped, j]).sum()
    variance = (part**2 * share[mapped, j] * (1 - share[mapped, j]) / (total[mapped] - 1)).sum()
    return Estimate(float(value), Z95 * float(np.sqrt(variance)))


def producers(weight, share, total, mapped, j: int) -> Estimate:
    """Share of class j that was mapped as such (1 − omission)."""
    whole = (weight * share[:, j]).sum()
    if not whole:
        return Estimate(float("nan"), float("nan"))
    value = (weight * share[:, j])[mapped].sum() / whole
    each = weight**2 * share[:, j] * (1 - share[:, j]) / (total - 1)
    variance = ((1 - value) ** 2 * each[mapped].sum() + value**2 * each[~mapped].sum()) / whole**2
    return Estimate(float(value), Z95 * float(np.sqrt(variance)))


def agreement(one, other) -> tuple[float, float]:
    """Share of samples two reviewers call alike, and Cohen's kappa (1 when both say one thing only).

    >>> share, kappa = agreement([1, 1, 0, 0], [1, 0, 0, 0])
    >>> share, round(kappa, 2)
    (0.75, 0.5)
    """
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or not len(one):
        raise NotEnoughData(f"got {len(one)} and {len(other)} answers; wanted the same samples")
    same = float((one == other).mean())
    chance = sum(float((one == k).mean() * (other == k).mean()) for k in np.union1d(one, other))
    return same, 1.0 if chance == 1 else (same - chance) / (1 - chance)
