"""A textured landscape for tests: made, not real."""

import numpy as np
from scipy import ndimage


def ground(rows, cols, seed=0, bands=4):
    """Reflectance float32 (bands, rows, cols)."""
    rng = np.random.default_rng(seed)
    rough = [ndimage.gaussian_filter(rng.standard_normal((rows, cols)), s) * s for s in (1, 4, 16)]
    tones = [0.06 + 0.02 * k + (0.012 + 0.004 * k) * sum(rough) for k in range(bands)]
    grain = [0.006 * ndimage.gaussian_filter(rng.standard_normal((rows, cols)), 1) for _ in tones]
    return np.clip(np.stack(tones) + np.stack(grain), 0.005, 1).astype(np.float32)
