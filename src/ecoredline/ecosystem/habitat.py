"""Habitat quality as InVEST has it: threats that fade with distance, land that is sensitive to them."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from ecoredline.errors import InputError
from ecoredline.formula import Clause, Input, Output, formula

SOURCE = Clause("natcap.invest 3.14.2", "habitat quality", "S")
NOTE = "与 natcap.invest 3.14.2 的计算一致"
FADED = 2.99  # natcap.invest: about 5 % of the threat is left at the greatest distance
SCALING = 2.5  # natcap.invest: exponent z
DECAYS = ("linear", "exponential")


def threat_distance(threat, cell_size: float) -> np.ndarray:
    """Distance in metres to the nearest cell that has the threat; infinite when there is none.

    >>> threat_distance([[1, 0, 0]], 30.0)
    array([[ 0., 30., 60.]])
    """
    there = np.nan_to_num(np.asarray(threat, dtype=float)) == 1
    if not there.any():
        return np.full(there.shape, np.inf)
    return distance_transform_edt(~there, sampling=cell_size)


def threat_effect(distance, greatest: float, decay: str = "linear") -> np.ndarray:
    """What is left of a threat at a distance (same unit as `greatest`): 1 at it, 0 beyond `greatest`.

    >>> threat_effect([0.0, 50.0, 101.0], 100.0)
    array([1. , 0.5, 0. ])
    """
    if greatest <= 0 or decay not in DECAYS:
        raise InputError(
            f"got greatest distance {greatest:g} and decay {decay!r}; "
            f"wanted a distance above 0 and one of {', '.join(DECAYS)}"
        )
    share = np.asarray(distance, dtype=float) / greatest
    near = np.where(share > 1, 0.0, np.minimum(share, 1.0))
    left = 1 - near if decay == "linear" else np.exp(-FADED * near)
    return np.where(share > 1, 0.0, left) + np.where(np.isnan(share), np.nan, 0.0)


def degradation(effects, sensitivities, weights, access=1.0) -> np.ndarray:
    """Sum of the threats' effects, by weight and by the land's sensitivity; shape (rows, cols).

    `effects` and `sensitivities` are (threats, rows, cols), `weights` (threats,), `access`
    0 (protected) to 1. NaN where any input is NaN.

    >>> degradation([[0.5], [1.0]], [[1.0], [0.5]], [1.0, 1.0])
    array([0.5])
    """
    shares = np.asarray(weights, dtype=float) / np.sum(weights)
    return np.tensordot(shares, np.asarray(effects) * np.asarray(sensitivities), axes=1) * access


@formula(
    zh="生境质量",
    source=SOURCE,
    inputs={
        "habitat": Input("1", "生境适宜性", 0, 1),
        "degradation": Input("1", "生境退化度", 0, 1),
        "half_saturation": Input("1", "半饱和常数", 1e-6, 10, axis="number"),
    },
    output=Output("1", "生境质量"),
    notes=NOTE,
)
def habitat_quality(habitat, degradation, half_saturation=0.5):
    r"""Quality of a habitat, 0 to 1, from its suitability and degradation.

    .. math:: Q = H (1 - \frac{D^{2.5}}{D^{2.5} + k^{2.5}})

    NaN where any input is NaN.

    >>> float(habitat_quality(0.8, 0.5, 0.5))
    0.4
    """
    worn = np.asarray(degradation, dtype=float) ** SCALING
    return habitat * (1 - worn / (worn + half_saturation**SCALING))


def habitat_rarity(baseline, cover) -> np.ndarray:
    """How rare each cell's class became since the baseline: above 0.5 rarer, 0 when it is new.

    Both maps have the same cells; NaN where either is NaN. The counts are over the whole map.

    >>> habitat_rarity([1, 1, 1, 2], [1, 2, 2, 2])
    array([0.75, 0.25, 0.25, 0.25])
    """
    baseline, cover = np.asarray(baseline, dtype=float), np.asarray(cover, dtype=float)
    cover = np.where(np.isnan(baseline), np.nan, cover)
    rarity = np.full(cover.shape, np.nan)
    for code in np.unique(cover[~np.isnan(cover)]):
        now, then = (cover == code).sum(), (baseline == code).sum()
        rarity[cover == code] = then / (then + now) if then else 0.0
    return rarity
