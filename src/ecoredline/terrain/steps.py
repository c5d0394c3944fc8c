"""The eight ways from a cell and the codes of D8.

Codes are those of ESRI and pyflwdir: 1 E, 2 SE, 4 S, 8 SW, 16 W, 32 NW, 64 N, 128 NE, 0 leaves the map, 247 nodata.
"""

import numpy as np

NODATA_DIRECTION = 247
FLAT = 246  # nothing lower: the way out is still to be found
STEPS = np.array(
    [
        (0, 1, 1),
        (1, 1, 2),
        (1, 0, 4),
        (1, -1, 8),
        (0, -1, 16),
        (-1, -1, 32),
        (-1, 0, 64),
        (-1, 1, 128),
    ],
    dtype=np.int64,
)  # fmt: skip  (rows down, cols right, code)
