"""Sand that vegetation fixes (防风固沙): the revised wind erosion equation RWEQ and its factors."""

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import NotEnoughData
from ecoredline.formula import Clause, Input, Output, formula, value_by_code

SOURCE = Clause("HJ 1173-2021", "附录A 防风固沙", "X")
FROM_MEMORY = Clause("HJ 1173-2021", "附录A 防风固沙，ρ 与 SD 非原文", "M")
SIGNS = "所据文本提取时缺负号，已按物理意义补回"
THRESHOLD_WIND_M_S = 5.0  # HJ 1173 annex A: U_t at 2 m
FEWEST_OBSERVATIONS = 500  # HJ 1173 annex A: N per period of 1 to 15 days
GRAVITY_M_S2 = 9.8
AIR_DENSITY_KG_M3 = 1.29  # second-hand
MOST_TRANSPORT = 109.8  # HJ 1173 annex A: kg/m
CRITICAL_LENGTH, LENGTH_EXPONENT = 150.71, -0.3711  # HJ 1173 annex A
T_KM2_PER_KG_M2 = 1_000.0
SEALING_CLAY, SEALING_ORGANIC = 0.0066, 0.021

WEATHER = Input("kg/m", "气候因子 WF", 0, 1e5)
ERODIBLE = Input("1", "土壤可蚀性因子 EF", 0, 1)
CRUST = Input("1", "土壤结皮因子 SCF", 0, 1)
ROUGHNESS = Input("1", "地表粗糙度因子 K′", 0, 1.2)
VEGETATION = Input("1", "植被因子 C", 0, 1)
DISTANCE = Input("m", "下风向距离 z", 0, 100_000, reach=0.5)
ORGANIC = Input("%", "有机质含量", 0, 100)
CLAY = Input("%", "黏粒含量", 0, 100, reach=1.5)


@formula(
    zh="风场强度因子 Wf",
    source=SOURCE,
    inputs={
        "wind_speed": Input("m/s", "2 m 高风速观测值", 0, 100, axis="times"),
        "days": Input("d", "时段天数", 1, 16, axis="number"),
    },
    output=Output("(m/s)³·d", "风场强度因子"),
)
def wind_strength(wind_speed, days):
    r"""Strength of the wind of a period from its observations (times, ...), at 2 m above ground.

    .. math:: W_f = \frac{N_d}{N} \sum_i U_i (U_i - U_t)^2,\ U_t = 5,\ \text{0 below } U_t

    NaN in one observation makes the cell NaN. Fewer than 500 observations raise `NotEnoughData`.

    >>> float(wind_strength(np.full(500, 7.0), days=15))
    420.0
    """
    wind = np.asarray(wind_speed, dtype=float)
    if wind.shape[0] < FEWEST_OBSERVATIONS:
        raise NotEnoughData(
            f"got {wind.shape[0]} wind observations; wanted at least {FEWEST_OBSERVATIONS} "
            "in a period of 1 to 15 days: take hourly or finer records"
        )
    over = np.where(wind < THRESHOLD_WIND_M_S, 0.0, wind * (wind - THRESHOLD_WIND_M_S) ** 2)
    return over.sum(axis=0) * days / wind.shape[0]


@formula(
    zh="土壤湿度因子 SW",
    source=Clause("RWEQ", "", "M"),
    inputs={
        "potential_evaporation": Input("mm", "时段潜在蒸发量", 0, 500),
        "rain_and_irrigation": Input("mm", "时段降水与灌溉量", 0, 5_000),
        "rain_days": Input("d", "降水与灌溉天数", 0, 16),
        "days": Input("d", "时段天数", 1, 16, axis="number"),
    },
    output=Output("1", "土壤湿度因子"),
    notes="雨量大于蒸发时为负，不作截断",
)
def soil_wetness(potential_evaporation, rain_and_irrigation, rain_days, days):
    r"""How dry the soil lies in a period.

    .. math:: SW = \frac{ET_p - (R + I) R_d / N_d}{ET_p}

    NaN where any input is NaN, and without evaporation. Negative in wet periods, and kept so.

    >>> float(soil_wetness(60.0, 30.0, 5.0, 15.0))
    0.8333333333333334
    """
    potential = np.asarray(potential_evaporation, dtype=float)
    wet = np.asarray(rain_and_irrigation, dtype=float) * rain_days / days
    return (potential - wet) / np.where(potential == 0, np.nan, potential)


@formula(
    zh="气候因子 WF",
    source=FROM_MEMORY,
    inputs={
        "wind_strength": Input("(m/s)³·d", "风场强度因子 Wf", 0, 1e7),
        "soil_wetness": Input("1", "土壤湿度因子 SW", 0, 1),
        "snow_share": Input("1", "雪深大于 25.4 mm 的概率", 0, 1),
    },
    output=Output("kg/m", "气候因子"),
    notes="WF = Wf·(ρ/g)·SW·SD 见 HJ 1173-2021 附录A；空气密度 1.29 kg/m³ 与积雪因子 SD = 1 − P 未经原文核对",
)
def weather_factor(wind_strength, soil_wetness, snow_share):
    r"""Weather factor of a period: wind, on dry soil, without snow.

    .. math:: WF = W_f \frac{\rho}{g} SW (1 - P_{snow})

    NaN where any input is NaN.

    >>> round(weather_factor(98.0, 0.5, 0.0), 9)
    6.45
    """
    return wind_strength * AIR_DENSITY_KG_M3 / GRAVITY_M_S2 * soil_wetness * (1 - snow_share)


@formula(
    zh="土壤可蚀性因子 EF",
    source=SOURCE,
    inputs={
        "sand": Input("%", "砂粒含量", 0, 100, reach=1.5),
        "silt": Input("%", "粉粒含量", 0, 100, reach=1.5),
        "clay": CLAY,
        "organic_matter": ORGANIC,
        "calcium_carbonate": Input("%", "碳酸钙含量", 0, 100),
    },
    output=Output("1", "土壤可蚀性因子"),
    notes=SIGNS + "；碳酸钙可缺省为 0",
)
def erodible_fraction(sand, silt, clay, organic_matter, calcium_carbonate=0.0):
    r"""Share of the surface soil that the wind can carry; contents in per cent.

    .. math:: EF = \frac{29.09 + 0.31 sa + 0.17 si + 0.33 sa/cl - 2.59 OM - 0.95 CaCO_3}{100}

    NaN where any input is NaN, and without clay, where the equation has no value.

    >>> round(float(erodible_fraction(50.0, 30.0, 20.0, 1.0)), 6)
    0.47925
    """
    clay = np.asarray(clay, dtype=float)
    ratio = sand / np.where(clay == 0, np.nan, clay)
    less = 2.59 * organic_matter + 0.95 * calcium_carbonate
    return (29.09 + 0.31 * sand + 0.17 * silt + 0.33 * ratio - less) / 100


@formula(
    zh="土壤结皮因子 SCF",
    source=SOURCE,
    inputs={"clay": CLAY, "organic_matter": ORGANIC},
    output=Output("1", "土壤结皮因子"),
)
def crust_factor(clay, organic_matter):
    r"""Factor of the soil's crust; contents in per cent.

    .. math:: SCF = \frac{1}{1 + 0.0066 cl^2 + 0.021 OM^2}

    NaN where any input is NaN.

    >>> round(float(crust_factor(20.0, 1.0)), 6)
    0.273149
    """
    clay, organic_matter = np.asarray(clay, dtype=float), np.asarray(organic_matter, dtype=float)
    return 1 / (1 + SEALING_CLAY * clay**2 + SEALING_ORGANIC * organic_matter**2)


@formula(
    zh="地表粗糙度因子 K′",
    source=SOURCE,
    inputs={
        "relief": Input("m", "高差 ΔH", 0, 9_000),
        "length": Input("m", "地势起伏参照长度 L", 0.1, 100_000),
        "random_roughness": Input("cm", "随机糙度 C_rr", 0, 100),
    },
    output=Output("1", "地表粗糙度因子"),
    notes=SIGNS + "；K_r 大于约 50 时 K′ 大于 1，方程已失去意义，不作截断",
)
def roughness_factor(relief, length, random_roughness=0.0):
    r"""Factor of the ground's roughness, from the relief over a length.

    .. math:: K' = e^{1.86 K_r - 2.41 K_r^{0.934} - 0.127 C_{rr}},\ K_r = 0.2 (\Delta H)^2 / L

    NaN where any input is NaN. Beyond a K_r of about 50 it passes 1 and means nothing more;
    it is kept, and `wind_erosion` refuses it.

    >>> round(float(roughness_factor(10.0, 1000.0)), 6)
    0.975116
    """
    ridges = ridge_roughness(relief, length)
    return np.exp(1.86 * ridges - 2.41 * ridges**0.934 - 0.127 * random_roughness)


def ridge_roughness(relief, length):
    """K_r, the roughness of ridges, as HJ 1173 annex A writes it."""
    return 0.2 * np.asarray(relief, dtype=float) ** 2 / length


@formula(
    zh="植被因子 C（风蚀）",
    source=SOURCE,
    inputs={
        "cover_type": Input("code", "覆盖类型", codes="wind_cover_factors"),
        "cover_percent": Input("%", "植被覆盖度", 0, 100, reach=1.5),
    },
    output=Output("1", "植被因子"),
    notes=SIGNS,
)
def wind_cover_factor(cover_type, cover_percent):
    r"""Factor of the plant cover, by its kind and its cover in per cent.

    .. math:: C = e^{-a \cdot SC}

    NaN where any input is NaN; `UnknownCode` lists the types without a row.

    >>> round(float(wind_cover_factor(2, 30.0)), 7)
    0.0316505
    """
    table = {float(c): float(r["value"]) for c, r in code_list("wind_cover_factors").items()}
    return np.exp(-value_by_code(cover_type, table, "cover type") * cover_percent)


@formula(
    zh="土壤风蚀量",
    source=SOURCE,
    inputs={
        "weather": WEATHER,
        "erodible": ERODIBLE,
        "crust": CRUST,
        "roughness": ROUGHNESS,
        "vegetation": VEGETATION,
        "distance": DISTANCE,
    },
    output=Output("kg/m²", "土壤风蚀量"),
    notes=SIGNS,
)
def wind_erosion(weather, erodible, crust, roughness, vegetation, distance):
    r"""Soil the wind carries off; with `vegetation` 1 the potential loss of bare ground.

    .. math:: S_L = \frac{2z}{S^2} Q_{max} e^{-(z/S)^2},\ Q_{max} = 109.8\,x,\
        S = 150.71\,x^{-0.3711},\ x = WF \cdot EF \cdot SCF \cdot K' \cdot C

    0 where any factor is 0; NaN where any input is NaN.

    >>> round(float(wind_erosion(20.0, 0.47925, 0.273149, 0.975116, 1.0, 50.0)), 4)
    1.9844
    """
    product = np.asarray(weather * erodible * crust * roughness * vegetation, dtype=float)
    with np.errstate(divide="ignore"):
        critical = CRITICAL_LENGTH * product**LENGTH_EXPONENT
    reached = np.asarray(distance, dtype=float) / critical
    return 2 * reached / critical * MOST_TRANSPORT * product * np.exp(-(reached**2))


@formula(
    zh="防风固沙量",
    source=SOURCE,
    inputs={
        "weather": WEATHER,
        "erodible": ERODIBLE,
        "crust": CRUST,
        "roughness": ROUGHNESS,
        "vegetation": VEGETATION,
        "distance": DISTANCE,
    },
    output=Output("kg/m²", "防风固沙量"),
    notes=SIGNS + "；距离很大时可为负（方程非单调），不作截断",
)
def sand_fixation(weather, erodible, crust, roughness, vegetation, distance):
    r"""Soil that the plants keep from the wind: potential loss less actual loss.

    .. math:: SR = S_L(C = 1) - S_L(C)

    NaN where any input is NaN. Far downwind of the critical length it can be negative, and is kept so.

    >>> round(float(sand_fixation(20.0, 0.47925, 0.273149, 0.975116, 0.0316505, 50.0)), 4)
    1.9785
    """
    bare = wind_erosion(weather, erodible, crust, roughness, 1.0, distance)
    return bare - wind_erosion(weather, erodible, crust, roughness, vegetation, distance)


@formula(
    zh="风蚀模数（每平方公里）",
    source=Clause("", "1 kg/m² = 1000 t/km²", "C"),
    inputs={"loss": Input("kg/m²", "土壤风蚀量或防风固沙量", -1e4, 1e4)},
    output=Output("t/km²", "风蚀模数"),
)
def wind_modulus_per_km2(loss):
    r"""Wind erosion per square metre as tonnes per square kilometre.

    .. math:: M = 1000 S_L

    NaN where the input is NaN.

    >>> wind_modulus_per_km2(2.0)
    2000.0
    """
    return loss * T_KM2_PER_KG_M2
