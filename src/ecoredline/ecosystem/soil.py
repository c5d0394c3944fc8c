"""Soil kept on the slope (土壤保持): RUSLE and CSLE products and their simpler factors."""

import numpy as np

from ecoredline.formula import Clause, Input, Output, formula

T_KM2_PER_T_HM2 = 100.0  # one hm² is a hundredth of a km²
M2_PER_HM2 = 10_000.0
SOURCE = Clause("HJ 1173-2021", "附录A 土壤保持", "X")
FROM_MEMORY = Clause("RUSLE / CSLE", "", "M")

EROSIVITY = Input("MJ·mm/(hm²·h·a)", "降雨侵蚀力因子 R", 0, 60_000, reach=20)
ERODIBILITY = Input("t·hm²·h/(hm²·MJ·mm)", "土壤可蚀性因子 K", 0, 0.1, reach=1e-4)
LENGTH = Input("1", "坡长因子 L", 0, 50)
STEEPNESS = Input("1", "坡度因子 S", 0, 25)
COVER = Input("1", "植被覆盖因子 C", 0, 1)
LOSS = Input("t/(hm²·a)", "土壤流失模数", 0, 1e6)


@formula(
    zh="潜在土壤侵蚀模数",
    source=SOURCE,
    inputs={
        "erosivity": EROSIVITY,
        "erodibility": ERODIBILITY,
        "slope_length": LENGTH,
        "steepness": STEEPNESS,
    },
    output=Output("t/(hm²·a)", "潜在土壤侵蚀模数"),
)
def potential_soil_loss(erosivity, erodibility, slope_length, steepness):
    r"""Soil that would be lost in a year from bare ground.

    .. math:: A_p = R K L S

    NaN where any input is NaN.

    >>> round(float(potential_soil_loss(3000.0, 0.02, 1.5, 2.0)), 9)
    180.0
    """
    return np.asarray(erosivity, dtype=float) * erodibility * slope_length * steepness


@formula(
    zh="土壤侵蚀模数（RUSLE）",
    source=FROM_MEMORY,
    inputs={
        "erosivity": EROSIVITY,
        "erodibility": ERODIBILITY,
        "slope_length": LENGTH,
        "steepness": STEEPNESS,
        "cover": COVER,
        "practice": Input("1", "水土保持措施因子 P", 0, 1),
    },
    output=Output("t/(hm²·a)", "土壤侵蚀模数"),
)
def soil_loss(erosivity, erodibility, slope_length, steepness, cover, practice=1.0):
    r"""Soil lost in a year under its cover and practice.

    .. math:: A = R K L S C P

    NaN where any input is NaN.

    >>> round(float(soil_loss(3000.0, 0.02, 1.5, 2.0, 0.1, 0.5)), 9)
    9.0
    """
    bare = potential_soil_loss(erosivity, erodibility, slope_length, steepness)
    return bare * cover * practice


@formula(
    zh="土壤侵蚀模数（CSLE）",
    source=FROM_MEMORY,
    inputs={
        "erosivity": EROSIVITY,
        "erodibility": ERODIBILITY,
        "slope_length": LENGTH,
        "steepness": STEEPNESS,
        "biological": Input("1", "生物措施因子 B", 0, 1),
        "engineering": Input("1", "工程措施因子 E", 0, 1),
        "tillage": Input("1", "耕作措施因子 T", 0, 1),
    },
    output=Output("t/(hm²·a)", "土壤侵蚀模数"),
)
def soil_loss_csle(
    erosivity, erodibility, slope_length, steepness, biological, engineering, tillage
):
    r"""Soil lost in a year by the Chinese equation: measures of three kinds.

    .. math:: A = R K L S B E T

    NaN where any input is NaN.

    >>> round(float(soil_loss_csle(3000.0, 0.02, 1.5, 2.0, 0.5, 0.5, 0.4)), 9)
    18.0
    """
    bare = potential_soil_loss(erosivity, erodibility, slope_length, steepness)
    return bare * biological * engineering * tillage


@formula(
    zh="土壤保持量",
    source=SOURCE,
    inputs={
        "erosivity": EROSIVITY,
        "erodibility": ERODIBILITY,
        "slope_length": LENGTH,
        "steepness": STEEPNESS,
        "cover": COVER,
    },
    output=Output("t/(hm²·a)", "土壤保持量"),
)
def soil_retention(erosivity, erodibility, slope_length, steepness, cover):
    r"""Soil that the cover keeps in a year: potential loss less actual loss.

    .. math:: Q_{sr} = R K L S (1 - C)

    NaN where any input is NaN.

    >>> round(float(soil_retention(3000.0, 0.02, 1.5, 2.0, 0.1)), 9)
    162.0
    """
    return potential_soil_loss(erosivity, erodibility, slope_length, steepness) * (1 - cover)


@formula(
    zh="土壤侵蚀模数（每平方公里）",
    source=Clause("", "1 t/(hm²·a) = 100 t/(km²·a)", "C"),
    inputs={"loss": LOSS},
    output=Output("t/(km²·a)", "土壤侵蚀模数"),
)
def modulus_per_km2(loss):
    r"""A loss per hectare as the modulus per square kilometre that the grades are written in.

    .. math:: M = 100 A

    NaN where the input is NaN.

    >>> modulus_per_km2(5.0)
    500.0
    """
    return loss * T_KM2_PER_T_HM2


@formula(
    zh="像元土壤流失量",
    source=Clause("", "1 hm² = 10 000 m²", "C"),
    inputs={"loss": LOSS, "cell_area": Input("m²", "像元面积", 0, 1e9, reach=0.01)},
    output=Output("t/a", "像元土壤流失量"),
)
def mass_per_cell(loss, cell_area):
    r"""Tonnes a cell loses (or keeps) in a year; these, not the moduli, add up over areas.

    .. math:: m = A \cdot a / 10\,000

    NaN where any input is NaN.

    >>> float(mass_per_cell(10.0, 900.0))
    0.9
    """
    return np.asarray(loss, dtype=float) * cell_area / M2_PER_HM2
