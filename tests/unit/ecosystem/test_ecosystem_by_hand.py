"""Numbers worked out by hand from the text of the formulas (standards.md 4 and 5.3), none of them a vector of 4.9."""

import math

import numpy as np
import pytest

from ecoredline.formula import FORMULAS
from ecoredline.formula_rasters import DECLARING

assert DECLARING  # the formulas are known once these are imported
SINE = math.sin(math.radians(12.5))
BETA = (SINE / 0.089) / (3 * SINE**0.8 + 0.56)
K_R = 0.2 * 15**2 / 800
ROUGH = math.exp(1.86 * K_R - 2.41 * K_R**0.934)
COVER = math.exp(-0.0438 * 45)
FACTOR = 9 * 0.45 * 0.4 * ROUGH


def blown(x, z):
    """RWEQ of the product of its factors at a distance."""
    length = 150.71 * x**-0.3711
    return 2 * z / length**2 * 109.8 * x * math.exp(-((z / length) ** 2))


BY_HAND = [
    ("slope_length_factor", (73.0, 12.5), (73 / 22.13) ** (BETA / (1 + BETA))),
    ("steepness_factor", (12.5,), 21.9 * SINE - 0.96),
    ("steepness_factor", (5.14,), 16.8 * math.sin(math.radians(5.14)) - 0.5),
    ("steepness_factor", (10.20,), 21.9 * math.sin(math.radians(10.2)) - 0.96),
    ("rainfall_erosivity", ([25.0, 11.99, 12.0], [3, 3, 3], 1), 0.3101 * (25**1.7265 + 12**1.7265)),
    ("rainfall_erosivity", ([40.0, 40.0], [18, 19], 2), (0.3937 + 0.3101) * 40**1.7265 / 2),
    ("dry_field_cover_factor", (0.62,), 0.221 - 0.595 * math.log10(0.62)),
    ("water_retention", (1034.0, 211.0, 655.0, 900.0), 151.2),
    ("wind_strength", (np.tile([4.0, 6.0, 9.0, 5.0], 125), 15.0), 15 / 500 * 125 * (6 + 9 * 16)),
    ("weather_factor", (112.5, 0.7, 0.1), 112.5 * 1.29 / 9.8 * 0.7 * 0.9),
    ("erodible_fraction", (62.0, 24.0, 14.0, 0.8, 3.0), 0.4892942857142857),
    ("crust_factor", (14.0, 0.8), 1 / (1 + 0.0066 * 196 + 0.021 * 0.64)),
    ("roughness_factor", (15.0, 800.0), ROUGH),
    ("wind_cover_factor", (6, 45.0), COVER),
    ("sand_fixation", (9.0, 0.45, 0.4, ROUGH, COVER, 80.0), blown(FACTOR, 80) - blown(FACTOR * COVER, 80)),
    ("quality_index", (0.31, 0.72, 0.55), 158 / 3),
    ("trophic_state", (25.0, 0.08, 1.6, 5.0), 55.38793952583544),
    ("monthly_evaporation", (14.0, 0.62), 0.19 * 34**2 * 0.38),
    ("transfer_intensity", (30.0, 240.0, 90.0, 1800.0), 2.5),
    ("single_dynamic_degree", (240.0, 210.0, 4), -3.125),
    ("project_water_retention", (26_000.0, 1100.0, 0.55, 0.42, 0.13), 4561.7),
    ("erosion_sensitivity", (100.0, 8, 300.0, 0.6), 45**0.25),
    ("salinization_sensitivity", (3.0, 5.0, 5.0, 3.0), 3**0.25),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "wanted"), BY_HAND, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_formula_gives_what_the_hand_gives(name, given, wanted):
    assert float(FORMULAS[name].function(*given)) == pytest.approx(wanted, rel=1e-9)
