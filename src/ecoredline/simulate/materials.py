"""What shapes are painted with: reflectance in four bands, grain and pattern."""

from typing import NamedTuple

import numpy as np

PLAIN, ROWS, RINGS, PATCHY = 0.0, 1.0, 2.0, 3.0


class Material(NamedTuple):
    """Reflectance in blue, green, red, near infrared; grain; pattern; how level it is made.

    `grain` is the relative strength of texture, `grain_m` its size, `period_m` and
    `duty` the stripe width of ROWS or RINGS and the share of the first colour, `other`
    the second colour, `level` 1 where building work levels the ground.
    """

    colour: tuple[float, float, float, float]
    grain: float = 0.08
    grain_m: float = 6.0
    pattern: float = PLAIN
    period_m: float = 1.0
    duty: float = 0.5
    other: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    level: float = 1.0


SOIL = (0.095, 0.135, 0.180, 0.250)
LAWN = (0.040, 0.090, 0.045, 0.420)
MATERIALS = {
    "shadow": Material((0.45, 0.45, 0.45, 0.45)),  # a factor, not a colour
    "quarry": Material(
        (0.270, 0.315, 0.350, 0.405), 0.16, 9.0, RINGS, 17.0, 0.74, (0.150, 0.178, 0.200, 0.235), 0.6
    ),
    "spoil": Material((0.205, 0.245, 0.285, 0.340), 0.22, 7.0, level=0.5),
    "sand": Material((0.200, 0.250, 0.285, 0.345), 0.14, 6.0),
    "sand_pile": Material((0.290, 0.340, 0.375, 0.430), 0.10, 5.0),
    "pond": Material((0.075, 0.105, 0.090, 0.050), 0.03, 9.0),
    "yard": Material((0.225, 0.245, 0.260, 0.290), 0.07, 14.0),
    "roof_blue": Material((0.300, 0.235, 0.150, 0.225), 0.04, 8.0, ROWS, 8.0, 0.8, (0.27, 0.21, 0.135, 0.2)),
    "roof_white": Material((0.470, 0.480, 0.480, 0.500), 0.03, 8.0, ROWS, 10.0, 0.8, (0.42, 0.43, 0.43, 0.45)),
    "roof_grey": Material((0.170, 0.182, 0.192, 0.215), 0.05, 7.0),
    "roof_red": Material((0.090, 0.105, 0.195, 0.260), 0.06, 5.0),
    "soil": Material(SOIL, 0.14, 8.0, level=0.5),
    "soil_patchy": Material(SOIL, 0.12, 8.0, PATCHY, 22.0, 0.75, (0.060, 0.088, 0.092, 0.215), 0.3),
    "track": Material((0.150, 0.185, 0.218, 0.270), 0.07, 5.0),
    "gravel": Material((0.215, 0.245, 0.270, 0.310), 0.08, 5.0),
    "solar": Material((0.060, 0.046, 0.036, 0.042), 0.03, 12.0, ROWS, 10.0, 0.66, (0.105, 0.130, 0.150, 0.215), 0.4),
    "turbine": Material((0.520, 0.530, 0.530, 0.540), 0.0, 5.0),
    "dam": Material((0.270, 0.285, 0.295, 0.320), 0.04, 5.0),
    "water": Material((0.052, 0.075, 0.055, 0.026), 0.03, 11.0),
    "park": Material(LAWN, 0.10, 9.0, PATCHY, 26.0, 0.55, (0.120, 0.155, 0.185, 0.250), 0.7),
    "fairway": Material(LAWN, 0.03, 14.0, ROWS, 16.0, 0.5, (0.046, 0.100, 0.052, 0.445), 0.8),
    "rough": Material((0.060, 0.092, 0.070, 0.290), 0.10, 9.0, level=0.7),
    "bunker": Material((0.330, 0.380, 0.410, 0.460), 0.04, 4.0),
    "path": Material((0.260, 0.280, 0.295, 0.330), 0.04, 4.0),
    "asphalt": Material((0.085, 0.090, 0.096, 0.112), 0.05, 6.0),
    "new_road": Material((0.170, 0.185, 0.198, 0.225), 0.06, 7.0),
    "cut_slope": Material((0.175, 0.215, 0.260, 0.320), 0.16, 7.0, level=0.4),
    "felled": Material((0.105, 0.138, 0.170, 0.235), 0.16, 5.0, ROWS, 14.0, 0.7, (0.080, 0.110, 0.120, 0.215), 0.0),
    "fill": Material((0.185, 0.220, 0.255, 0.305), 0.12, 10.0),
    "slide": Material((0.165, 0.200, 0.240, 0.300), 0.18, 9.0, level=0.0),
}  # fmt: skip
NAMES = tuple(MATERIALS)
SHADOW_INDEX = NAMES.index("shadow")


def material_table() -> np.ndarray:
    """The materials as numbers for the kernels, one row a material, in the order of NAMES.

    >>> material_table().shape == (len(NAMES), 14)
    True
    """
    return np.array(
        [[*m.colour, m.grain, m.grain_m, m.pattern, m.period_m, m.duty, *m.other, m.level]
         for m in MATERIALS.values()]
    )  # fmt: skip
