"""The score maps themselves, for whoever ranks or learns on top of them (`score_layers`)."""

import numpy as np

from ecoredline.change.detect import (
    hide,
    look_over,
    prepare,
    scored_bands,
    search_radius,
    smooth_width,
)
from ecoredline.change.detectors import GATED
from ecoredline.change.pair import Pair, Window
from ecoredline.change.parameters import DetectionParameters
from ecoredline.grid import Grid
from ecoredline.raster import Scene, common_bands
from ecoredline.record import Job

EVERYTHING = {"fused": -1e9}  # a sum of standardised maps goes below 0, the others do not


def score_layers(
    before: Scene, after: Scene, grid: Grid, detectors=(GATED,), window: Window | None = None,
    **settings,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Score float32 (rows, cols) by detector name of a window (None: the whole grid); NaN = unseen.

    The same values as `detect` compares with its thresholds, but exact below them too, and
    with both dates registered and normalised as there. What is learnt from the scene is learnt
    from the whole of it, so windows fit together. Memory follows the window. `settings` are
    fields of `DetectionParameters` (`register=False`).
    Raises `InputError` on a name that is not in `METHODS`, `NotComparable`, `SourceError`.

    >>> from ecoredline.change.detectors import METHODS
    >>> sorted(METHODS)
    ['fused', 'gated', 'robust']
    """
    return {name: layer(before, after, grid, name, window, **settings) for name in detectors}


def layer(
    before: Scene, after: Scene, grid: Grid, name: str, window: Window | None, **settings
) -> np.ndarray:
    """The score of one detector on a window; NaN = unseen."""
    bands = scored_bands(common_bands(before, after))
    parameters = DetectionParameters.of(name, **settings)
    window = window or Window(0, 0, grid.rows, grid.cols)
    radius, smooth = search_radius(grid, parameters), smooth_width(grid, parameters)
    with Pair(before, after, grid, bands, parameters.cache_mb << 20) as pair:
        overview, unseen = look_over(before, after, grid, bands, parameters)
        _, _, scorer = prepare(pair, overview, unseen, parameters, Job())
        halo = max(scorer.halo_px, radius) + smooth
        sides = pair.block(window, halo, whiten=True)
    place = np.array([window.row - halo, window.col - halo, unseen.factor], np.int64)
    hide(sides[0], unseen.before, unseen.after, place)
    low = np.float32(EVERYTHING.get(name, 0))
    return scorer.score(*sides, radius, smooth, low)[halo:-halo, halo:-halo]
