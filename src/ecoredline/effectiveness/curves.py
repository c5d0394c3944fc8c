"""From a raw value to a score 0..100: straight lines between points, level beyond the ends."""

import numpy as np


def score(value, curve) -> float:
    """Score of a value on a curve [[value, score], …] with rising values; NaN stays NaN.

    >>> score(97.5, [[95, 0], [100, 100]]), score(120, [[95, 0], [100, 100]])
    (50.0, 100.0)
    """
    if value is None or np.isnan(value):
        return float("nan")
    points = np.asarray(curve, dtype=float)
    return float(np.interp(value, points[:, 0], points[:, 1]))
